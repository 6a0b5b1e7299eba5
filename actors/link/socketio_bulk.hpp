// SPDX-License-Identifier: MIT
// Data that may wait (logs, figures), towards the server that we are a client of: it goes out while
// hardly anything else waits, so that what is asked of us is answered at once.
#pragma once

#include "protocol/engineio_server.hpp"

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>

namespace dockhost::actors {

/// A handle for any thread, of one connection.
class socketio_bulk {
public:
  using packet = protocol::engineio::server::shared_outgoing;

  struct state {
    std::atomic<bool> open{false};
    std::atomic<std::size_t> queued{0};     ///< bytes
    std::atomic<std::size_t> max_packet{0}; ///< what the server takes
  };

  socketio_bulk(std::shared_ptr<state> shared, std::function<void(packet)> send)
      : state_(std::move(shared)), send_(std::move(send)) {}

  /// Takes an event that was encoded for the primary namespace. False, and nothing is taken, where
  /// the connection is not open, the server would drop the link over it, or more than `budget`
  /// bytes would wait.
  bool emit(packet what, std::size_t budget) const;
  [[nodiscard]] std::size_t queued_bytes() const { return state_->queued; }
  [[nodiscard]] bool connected() const { return state_->open; }

private:
  std::shared_ptr<state> state_;
  std::function<void(packet)> send_;
};

} // namespace dockhost::actors
