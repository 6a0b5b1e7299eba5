// SPDX-License-Identifier: MIT
// Where the live view's packets go: a browser's Socket.IO client, or the connection to the main
// server.
#pragma once

#include <cstddef>
#include <memory>

namespace dockhost::protocol::engineio::server {
struct outgoing;
}

namespace dockhost::actors {

class socketio_remote;

/// One receiver, for any thread. Order is kept.
class live_outlet {
public:
  virtual ~live_outlet() = default;

  /// Takes an encoded event of namespace "/". False, and nothing is taken, where the receiver is
  /// gone or more than `budget` bytes would be under way to it.
  virtual bool emit(std::shared_ptr<const protocol::engineio::server::outgoing> packet,
                    std::size_t budget) = 0;
  /// Bytes on their way to it, as last known.
  [[nodiscard]] virtual std::size_t queued_bytes() const = 0;
  [[nodiscard]] virtual bool connected() const = 0;
};

using live_outlet_ptr = std::shared_ptr<live_outlet>;

/// A client of a Socket.IO server.
[[nodiscard]] live_outlet_ptr make_outlet(const socketio_remote& to);

} // namespace dockhost::actors
