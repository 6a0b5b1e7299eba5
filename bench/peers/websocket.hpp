// SPDX-License-Identifier: MIT
// One WebSocket (RFC 6455), either side of it: whole messages of text, without extensions.
#pragma once

#include "bench/peers/sockets.hpp"

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

namespace dockhost::bench {

class websocket {
public:
  enum class side { server, client };
  enum class heard { message, quiet, end };

  struct message {
    std::string text;
    std::int64_t at = 0; ///< when its last byte had been read, ns
  };

  /// Reads the request of the handshake and answers it; throws std::runtime_error where it is none.
  explicit websocket(unique_fd accepted);
  /// Asks for `target`; throws std::runtime_error where it is refused.
  websocket(unique_fd connected, std::string_view target);

  /// As a server: what the client asked for.
  [[nodiscard]] const std::string& target() const { return target_; }

  /// `quiet` is what receive() gives when nothing has come for so long.
  void quiet_after(std::chrono::seconds time);

  /// From any thread. Gives the time just before the bytes went to the kernel, ns; 0: closed.
  std::int64_t send(std::string_view packet);

  /// From any thread: receive() gives `end` then.
  void end();

  /// From one thread. Answers pings and the close frame by itself.
  [[nodiscard]] heard receive(message& out);

private:
  struct frame {
    bool last = false;
    int op = 0;
    std::string payload;
  };

  [[nodiscard]] std::string head();
  [[nodiscard]] bool take_frame(frame& out);
  std::int64_t send_frame(int op, std::string_view payload);

  unique_fd fd_;
  side side_;
  std::string target_;
  std::mutex sending_;
  std::string pending_; ///< read, and not taken yet
  std::string begun_;   ///< of a message in several frames
  std::int64_t read_at_ = 0;
};

} // namespace dockhost::bench
