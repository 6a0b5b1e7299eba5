// SPDX-License-Identifier: MIT
// One client WebSocket: dumb bytes, no knowledge of what runs on it.
#pragma once

#include "net/endpoint.hpp"
#include "net/error.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dockhost::net {

class io_thread;

struct websocket_options {
  std::string target = "/"; ///< path and query
  std::vector<std::pair<std::string, std::string>> headers;
  std::chrono::milliseconds connect_timeout{
      20'000}; ///< resolve, connect, TLS and WebSocket handshake together
  std::chrono::milliseconds close_timeout{3'000}; ///< hard limit on the closing handshake
  std::size_t max_message = 16 * 1024 * 1024;     ///< of a received message
  std::size_t max_queued = 16 * 1024 * 1024;      ///< bytes waiting to be written; more is refused
};

/// All run on the io thread.
struct websocket_handlers {
  std::function<void()> on_open;
  std::function<void(std::string_view)> on_text;
  std::function<void(std::string_view)> on_binary;
  std::function<void(net_error)> on_closed; ///< once, as the last: why it ended (also when it never
                                            ///< opened); `cancelled` after our own close
  std::function<void()> on_drained = {};    ///< everything that waited was written
};

/// Opens at once. One write is outstanding at a time; the rest waits in a bounded queue. Beast's
/// own keep-alive pings are off. Safe from any thread; destroying it drops the connection without a
/// closing handshake, and on the io thread no callback runs after the destructor has returned.
class websocket_client {
public:
  websocket_client(io_thread& io, endpoint where, websocket_options options,
                   websocket_handlers handlers);
  ~websocket_client();
  websocket_client(const websocket_client&) = delete;
  websocket_client& operator=(const websocket_client&) = delete;

  /// False when the queue is full or the socket is closing: nothing was taken. Frames sent before
  /// on_open wait for it.
  bool send_text(std::string message);
  bool send_binary(std::string message);
  /// Bytes taken and not yet written.
  [[nodiscard]] std::size_t queued_bytes() const;
  /// Writes what is queued, then the close frame, and waits for the peer's, at most close_timeout.
  void close();

private:
  struct impl;
  std::shared_ptr<impl> impl_;
};

} // namespace dockhost::net
