// SPDX-License-Identifier: MIT
// A Socket.IO 5 server beside whatever else an HTTP server offers. An application names its
// namespaces and what is to happen in them, and hands over the requests for the path:
//
//   socketio_server server(io, options);
//   server.of("/").on_connected([](const auto& socket) { socket->emit("hello", {}); });
//   ... on_request: if (!server.handle(exchange)) something else
#pragma once

#include "actors/link/engineio_host.hpp"
#include "actors/link/socketio_namespace.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace dockhost::actors {

struct socketio_server_options {
  engineio_host_options engine; ///< path, heartbeat, limits, compression, who is welcome
  std::chrono::milliseconds connect_timeout{45'000}; ///< until the first namespace is joined
  std::size_t max_received = 4'000'000; ///< bytes of a packet, and of all its attachments together
  std::size_t max_pending_acks = 1'024; ///< of one client
};

/// The io thread (`io` is it) outlives this. The HTTP server that feeds it is destroyed before it.
class socketio_server {
public:
  socketio_server(executor& io, socketio_server_options options);
  /// Drops every client without a word. No function of the application begins after it has
  /// returned, and one that runs at that moment on the io thread is waited for (unless it is the
  /// one that destroys this).
  ~socketio_server();
  socketio_server(const socketio_server&) = delete;
  socketio_server& operator=(const socketio_server&) = delete;

  /// Creates it when it isn't there. Before the first request only; clients of others are refused.
  socketio_namespace& of(const std::string& nsp);

  /// On the io thread. False: the path is not ours, and nothing was done with the exchange.
  bool handle(const std::shared_ptr<net::http_exchange>& exchange);

  /// Tells every client that it is over and refuses new ones; on any thread. on_disconnected is
  /// told for each, and then `done` (may be empty) runs on the io thread. The WebSockets' closing
  /// handshakes are net's to finish (http_server::stop).
  void close(std::function<void()> done = {});

  /// One packet to many clients with one step to the io thread; any thread. `refused` (may be
  /// empty) runs there with the ids of those that would have more than `budget` bytes under way.
  void broadcast(std::vector<socketio_remote> to, shared_outgoing packet,
                 std::size_t budget = 16 * 1024 * 1024,
                 std::function<void(std::vector<std::string>)> refused = {});

  /// Engine.IO sessions, as last known; any thread.
  [[nodiscard]] std::size_t clients() const;

private:
  struct core;
  executor& io_;
  std::shared_ptr<core> core_;
};

} // namespace dockhost::actors
