// SPDX-License-Identifier: MIT
// A client of a live view that costs next to nothing: Socket.IO 5 over WebSocket, many in one
// thread.
#pragma once

#include "bench/peers/sockets.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace dockhost::bench {

class live_client {
public:
  /// Connects to 127.0.0.1 and waits for the end of the WebSocket's handshake; what the server says
  /// afterwards is for receive(). Throws std::runtime_error where it is refused.
  explicit live_client(std::uint16_t port);

  [[nodiscard]] int fd() const { return fd_.get(); }
  /// An Engine.IO packet as a frame of text. Throws std::runtime_error where the server is gone.
  void send(std::string_view packet);

  /// `packet` is good for the call only.
  using heard = std::function<void(std::string_view packet, std::int64_t at_ns)>;
  /// Reads once, without waiting, and gives each whole packet with the time when its last byte had
  /// been read; answers the server's pings by itself. False: the server is gone.
  [[nodiscard]] bool receive(const heard& each);

private:
  [[nodiscard]] bool take(const heard& each, std::int64_t at);

  unique_fd fd_;
  std::string pending_;
};

/// What a client was sent: its number, the packet, and when, ns.
using on_packet =
    std::function<void(std::size_t client, std::string_view packet, std::int64_t at_ns)>;

/// Runs until something can be read from `stop_fd`. Throws std::runtime_error when a server goes
/// away.
void serve(std::vector<live_client>& clients, int stop_fd, const on_packet& heard);

/// Runs until `done()`, which is asked after each turn and every two milliseconds. False: `limit`
/// has passed before. Throws as serve() does.
[[nodiscard]] bool serve_until(std::vector<live_client>& clients, const on_packet& heard,
                               const std::function<bool()>& done,
                               std::chrono::nanoseconds limit = std::chrono::hours(1));

/// Connects so many, has all of them let in, and waits until each was sent the packet that begins
/// so.
[[nodiscard]] std::vector<live_client> join(std::uint16_t port, std::size_t clients,
                                            std::string_view until);

} // namespace dockhost::bench
