// SPDX-License-Identifier: MIT
// The server's end of a WebSocket (RFC 6455). Everything here is used on the io thread only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dockhost::net {

/// Immutable bytes that many connections may be writing at the same time.
using shared_bytes = std::shared_ptr<const std::string>;

[[nodiscard]] inline shared_bytes share(std::string bytes) {
  return std::make_shared<const std::string>(std::move(bytes));
}

enum class message_kind { text, binary };

/// RFC 6455 section 7.4.1, as far as anybody here uses them.
namespace close_code {
constexpr std::uint16_t normal = 1000;
constexpr std::uint16_t going_away = 1001;
constexpr std::uint16_t protocol_error = 1002;
constexpr std::uint16_t no_status = 1005; ///< a close frame without a code; never sent
constexpr std::uint16_t abnormal = 1006;  ///< no close frame came; never sent
constexpr std::uint16_t bad_payload = 1007;
constexpr std::uint16_t policy = 1008;
constexpr std::uint16_t too_big = 1009;
constexpr std::uint16_t internal_error = 1011;
constexpr std::uint16_t try_again_later = 1013;
} // namespace close_code

/// How a WebSocket is accepted.
struct websocket_accept {
  std::vector<std::pair<std::string, std::string>> headers; ///< of the 101 answer, beside its own
  std::size_t max_message = 1'000'000; ///< of a received one, after decompression; more: too_big
  std::size_t max_queued = 16 * 1024 * 1024; ///< bytes waiting to be written; more is refused
  std::size_t low_mark = 0; ///< see websocket_listener::on_drained; 0: when all is written
  /// permessage-deflate, where the client offers it; without context takeover. Messages shorter
  /// than deflate_from go as they are.
  bool deflate = false;
  std::size_t deflate_from = 1024;
  // What the peer is told when it breaks a rule.
  std::uint16_t too_big_code = close_code::too_big;
  std::uint16_t bad_text_code = close_code::bad_payload; ///< text that isn't UTF-8
  std::uint16_t protocol_code = close_code::protocol_error;
};

/// How a WebSocket ended.
struct websocket_end {
  /// The code of the peer's close frame, `no_status` when it bore none, `abnormal` when none came.
  std::uint16_t code = close_code::abnormal;
  std::string reason; ///< of the peer's close frame: valid UTF-8, at most 123 bytes
  /// What happened, for a log: "the peer closed", "read ECONNRESET", "a frame is not masked".
  std::string what;
};

/// What the application hears of its WebSocket. The server holds it until on_closed() has returned
/// or the socket is dropped.
class websocket_listener {
public:
  virtual ~websocket_listener() = default;
  /// A whole message; text is valid UTF-8. The bytes are there during the call only.
  virtual void on_message(message_kind kind, std::string_view bytes) = 0;
  /// bytes_queued() fell from above the low mark to it or below.
  virtual void on_drained() {}
  /// Once, as the last, whoever ended it; never from within a call to the socket.
  virtual void on_closed(const websocket_end& end) = 0;
};

/// Frames go out in order, one write at a time; what is sent within one turn of the io thread is
/// written together. Dropping the last reference drops the connection without a closing handshake,
/// and the listener is told nothing any more. Pings of the peer are answered; none are sent.
class server_websocket {
public:
  virtual ~server_websocket() = default;

  /// Not copied. False where nothing was taken: it is closing, closed, or max_queued would be
  /// passed.
  virtual bool send(message_kind kind, shared_bytes bytes) = 0;
  /// Bytes taken and not yet given to the kernel (compressed ones count as such).
  [[nodiscard]] virtual std::size_t bytes_queued() const = 0;
  virtual void set_low_mark(std::size_t bytes) = 0;

  /// Writes what is queued, then a close frame (the reason is cut to 123 bytes), and waits for the
  /// peer's, at most http_server_limits::close_time in all. Messages that come meanwhile are
  /// dropped. The code `no_status` makes a close frame without a code. A second close is ignored.
  virtual void close(std::uint16_t code = close_code::normal, std::string_view reason = {}) = 0;
  /// Drops it at once, without a closing handshake and without what is queued.
  virtual void abort() = 0;
  /// False from close(), abort() or the peer's end on.
  [[nodiscard]] virtual bool open() const = 0;
};

} // namespace dockhost::net
