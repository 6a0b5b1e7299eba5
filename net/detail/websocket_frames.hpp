// SPDX-License-Identifier: MIT
// The server's side of WebSocket framing (RFC 6455 section 5), without sockets. Not Beast's stream:
// that one was measured to hold 4.5 KiB per idle connection, with deflate 17 KiB and 160 KiB once
// it has been used, and writes one frame at a time.
#pragma once

#include "net/http_server_websocket.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace dockhost::net::detail {

enum class opcode : std::uint8_t {
  continuation = 0,
  text = 1,
  binary = 2,
  close = 8,
  ping = 9,
  pong = 10
};

/// An unmasked, final frame's first bytes.
class frame_header {
public:
  /// `compressed`: RSV1 (RFC 7692).
  frame_header(opcode op, std::uint64_t payload, bool compressed = false);
  [[nodiscard]] std::string_view bytes() const { return {bytes_.data(), size_}; }

private:
  std::array<char, 10> bytes_{};
  std::size_t size_ = 0;
};

/// Takes a client's bytes apart. Holds next to nothing between messages.
class frame_decoder {
public:
  /// Of `max_message` a compressed message may not be longer either.
  frame_decoder(std::size_t max_message, bool deflate)
      : max_message_(max_message), deflate_(deflate) {}

  enum class kind { need_more, text, binary, ping, pong, close, broken, too_big };
  struct item {
    kind what = kind::need_more;
    /// Of a message or control frame; lies in the input or in the decoder, until the next call.
    std::string_view payload;
    bool compressed = false;       ///< a message that is still to be inflated
    const char* problem = nullptr; ///< for `broken`
  };

  /// Takes the next message or control frame off the front of `input`, whose bytes it unmasks in
  /// place; `need_more` once all of it is taken. After `broken` and `too_big` it is of no more use.
  item next(std::span<char>& input);

  /// Whether a message or frame has begun and not ended.
  [[nodiscard]] bool in_message() const { return in_payload_ || head_size_ > 0 || fragmented_; }
  /// Bytes of memory beside the object itself.
  [[nodiscard]] std::size_t held() const { return message_.capacity() + control_.capacity(); }

private:
  [[nodiscard]] bool head_complete() const;
  /// Fills head_ as far as input has bytes.
  void take_head(std::span<char>& input);
  /// The first two bytes alone; null where they are right.
  [[nodiscard]] const char* judge_start() const;
  item begin_payload();
  item take_payload(std::span<char>& input);
  item finish_frame();
  [[nodiscard]] opcode op() const { return static_cast<opcode>(head_[0] & 0x0f); }
  [[nodiscard]] bool control() const { return (head_[0] & 0x08) != 0; }
  [[nodiscard]] bool final() const { return (head_[0] & 0x80) != 0; }

  std::size_t max_message_;
  std::uint64_t remaining_ = 0; // of the payload
  std::string message_;         // the pieces of one that didn't come at once
  std::string control_;         // the same of a control frame
  std::array<unsigned char, 14> head_{};
  std::uint8_t head_size_ = 0;
  std::uint8_t mask_at_ = 0; // which byte of the mask is next
  bool deflate_;
  bool in_payload_ = false;
  bool fragmented_ = false; // a message has begun, and its final frame hasn't
  bool compressed_ = false;
  bool delivered_ = false; // message_ was handed out by the last call
  opcode message_op_ = opcode::text;
};

/// A close frame's payload: code and reason, cut to what fits without breaking a character.
[[nodiscard]] std::string close_payload(std::uint16_t code, std::string_view reason);

struct close_frame_content {
  std::uint16_t code = close_code::no_status;
  std::string_view reason;
  /// 0, or the code that it is to be answered with because it is wrong.
  std::uint16_t wrong = 0;
};
[[nodiscard]] close_frame_content parse_close(std::string_view payload);

/// Strict, and fast where it is ASCII.
[[nodiscard]] bool valid_utf8(std::string_view text);

} // namespace dockhost::net::detail
