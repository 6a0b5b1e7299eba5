// SPDX-License-Identifier: MIT
// One Socket.IO connection on real sockets: carries out what the protocol's machine asks for.
#pragma once

#include "actors/link/socketio_bulk.hpp"
#include "net/endpoint.hpp"
#include "net/io_thread.hpp"
#include "protocol/socketio_client.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace dockhost::actors {

struct socketio_driver_options {
  /// Timeouts, path, namespace and auth; its max_received and max_queued bound the sockets too.
  protocol::socketio::client_options socketio;
  std::size_t max_calls = 4'096; ///< calls of the owner that wait for the io thread
};

/// All run on the io thread; none may block. A handler may destroy the driver.
struct socketio_driver_handlers {
  std::function<void(protocol::socketio::connected)> on_connected;
  std::function<void(protocol::socketio::connect_refused)> on_refused;
  std::function<void(protocol::socketio::event)> on_event;
  std::function<void()> on_upgraded; ///< from polling to a WebSocket
  /// A ping was answered (protocol::engineio::client::heartbeats); in order with `done`.
  std::function<void()> on_heartbeat;
  /// Once, as the last: also when nothing was ever reached.
  std::function<void(protocol::socketio::disconnected)> on_disconnected;
};

/// Connects at once, and is done after on_disconnected: a new connection takes a new driver. Safe
/// from any thread. Destroying it drops the connection without a word to the server; no handler and
/// no `done` begins after the destructor has returned, and one that is running on the io thread at
/// that moment is waited for (unless it is the one that destroys the driver). The io thread must
/// outlive it.
class socketio_driver {
public:
  using sent_fn = std::function<void(protocol::socketio::send_result<unit>)>;
  /// The server's answer, or why there is none ("timeout", "disconnected", or a send error's text).
  using answer_fn = std::function<void(basic_result<protocol::socketio::acked, std::string>)>;

  socketio_driver(net::io_thread& io, net::endpoint server, socketio_driver_options options,
                  socketio_driver_handlers handlers);
  ~socketio_driver();
  socketio_driver(const socketio_driver&) = delete;
  socketio_driver& operator=(const socketio_driver&) = delete;

  // All four return false, and do and call nothing, when max_calls are waiting. `done` (may be
  // empty) runs once, on the io thread: whether the packet was taken for sending.

  /// An event; placeholder(i) in `args` stands for attachments[i].
  bool emit(std::string name, json::array args, std::vector<std::string> attachments = {},
            sent_fn done = {});
  /// The same with an answer asked for, which is waited for at most `timeout`.
  bool emit_with_ack(std::string name, json::array args, std::vector<std::string> attachments,
                     std::chrono::milliseconds timeout, answer_fn answer);
  /// Answers an event that had an ack_id.
  bool acknowledge(std::uint64_t ack_id, json::array args,
                   std::vector<std::string> attachments = {}, sent_fn done = {});
  /// For data that may wait.
  [[nodiscard]] socketio_bulk bulk() const;
  /// A disconnect packet, then the close frame; on_disconnected follows within the close timeout.
  bool close();

private:
  class session;
  bool call(std::function<void(session&)> fn);

  net::io_thread& io_;
  std::size_t max_calls_;
  std::shared_ptr<session> session_;
};

} // namespace dockhost::actors
