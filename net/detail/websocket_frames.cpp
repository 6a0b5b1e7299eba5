// SPDX-License-Identifier: MIT
#include "net/detail/websocket_frames.hpp"

#include "core/utf8.hpp"

#include <algorithm>
#include <cstring>

namespace dockhost::net::detail {

namespace {

constexpr std::size_t max_control = 125;
constexpr std::size_t max_reason = max_control - 2;
/// What is taken for a message on its announcement alone; the rest as it comes.
constexpr std::size_t first_reserve = 16 * 1024;
/// Memory that a finished message may leave behind.
constexpr std::size_t kept_capacity = 64;

/// Masks or unmasks (section 5.3); `at` is the mask's next byte, and moves on.
void apply_mask(std::span<char> bytes, const unsigned char* mask, std::uint8_t& at) {
  std::array<unsigned char, 8> turned{};
  for (std::size_t i = 0; i < turned.size(); ++i)
    turned[i] = mask[(at + i) % 4];
  std::uint64_t wide = 0;
  std::memcpy(&wide, turned.data(), sizeof wide);
  std::size_t i = 0;
  for (; i + sizeof wide <= bytes.size(); i += sizeof wide) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data() + i, sizeof word);
    word ^= wide;
    std::memcpy(bytes.data() + i, &word, sizeof word);
  }
  for (; i < bytes.size(); ++i)
    bytes[i] = static_cast<char>(static_cast<unsigned char>(bytes[i]) ^ turned[i % 8]);
  at = static_cast<std::uint8_t>((at + bytes.size()) % 4);
}

void give_back(std::string& memory) {
  if (memory.capacity() > kept_capacity) {
    std::string().swap(memory);
  } else {
    memory.clear();
  }
}

/// Section 7.4: what may stand in a close frame.
bool valid_close_code(std::uint16_t code) {
  if (code >= 3000 && code <= 4999) return true;
  return code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006;
}

} // namespace

frame_header::frame_header(opcode op, std::uint64_t payload, bool compressed) {
  const auto put = [&](std::uint64_t byte) {
    bytes_[size_++] = static_cast<char>(static_cast<unsigned char>(byte & 0xff));
  };
  put(0x80U | (compressed ? 0x40U : 0U) | static_cast<unsigned>(op));
  const auto big_endian = [&](int count) {
    for (int i = count - 1; i >= 0; --i)
      put(payload >> (8 * i));
  };
  if (payload < 126) {
    put(payload);
  } else if (payload <= 0xffff) {
    put(126);
    big_endian(2);
  } else {
    put(127);
    big_endian(8);
  }
}

bool frame_decoder::head_complete() const {
  if (head_size_ < 2) return false;
  const unsigned length = head_[1] & 0x7fU;
  return head_size_ == (length == 127 ? 14 : length == 126 ? 8 : 6);
}

const char* frame_decoder::judge_start() const {
  const bool rsv1 = (head_[0] & 0x40) != 0;
  if ((head_[0] & 0x30) != 0) return "a reserved bit is set";
  if (rsv1 && (!deflate_ || control() || op() == opcode::continuation))
    return "the compression bit is set where it must not be";
  if ((head_[1] & 0x80) == 0) return "a frame is not masked";
  switch (op()) {
  case opcode::continuation: return fragmented_ ? nullptr : "nothing to continue";
  case opcode::text:
  case opcode::binary: return fragmented_ ? "a message inside another" : nullptr;
  case opcode::close:
  case opcode::ping:
  case opcode::pong:
    if (!final()) return "a control frame in fragments";
    if ((head_[1] & 0x7fU) > max_control) return "a control frame is too long";
    return nullptr;
  }
  return "an unknown opcode";
}

void frame_decoder::take_head(std::span<char>& input) {
  while (!input.empty() && !head_complete()) {
    head_[head_size_++] = static_cast<unsigned char>(input.front());
    input = input.subspan(1);
    if (head_size_ == 2 && judge_start()) return;
  }
}

frame_decoder::item frame_decoder::begin_payload() {
  const unsigned length = head_[1] & 0x7fU;
  remaining_ = length;
  if (length >= 126) {
    remaining_ = 0;
    for (std::size_t i = 2; i < head_size_ - 4U; ++i)
      remaining_ = remaining_ << 8 | head_[i];
    // Section 5.2: the shortest form, and no more than 63 bits.
    if (remaining_ < 126 || (length == 127 && remaining_ <= 0xffff) || remaining_ >> 63 != 0)
      return {
          .what = kind::broken, .payload = {}, .problem = "a length is not in its shortest form"};
  }
  in_payload_ = true;
  mask_at_ = 0;
  if (control()) return {};
  if (op() != opcode::continuation) {
    message_op_ = op();
    compressed_ = (head_[0] & 0x40) != 0;
    fragmented_ = true;
  }
  if (remaining_ > max_message_ || message_.size() + remaining_ > max_message_)
    return {.what = kind::too_big, .payload = {}};
  return {};
}

frame_decoder::item frame_decoder::take_payload(std::span<char>& input) {
  const std::size_t n = std::min<std::uint64_t>(remaining_, input.size());
  const std::span<char> part = input.subspan(0, n);
  apply_mask(part, head_.data() + head_size_ - 4, mask_at_);
  input = input.subspan(n);
  std::string& gathered = control() ? control_ : message_;
  const bool whole = n == remaining_ && gathered.empty() && final();
  remaining_ -= n;
  if (whole) { // the usual case, without a copy
    item out = finish_frame();
    out.payload = {part.data(), part.size()};
    return out;
  }
  if (gathered.empty() && !control())
    gathered.reserve(std::min<std::uint64_t>(n + remaining_, std::max(n, first_reserve)));
  gathered.append(part.data(), part.size());
  if (remaining_ > 0) return {};
  return finish_frame();
}

frame_decoder::item frame_decoder::finish_frame() {
  in_payload_ = false;
  head_size_ = 0;
  if (control()) {
    delivered_ = true;
    const kind what = op() == opcode::close  ? kind::close
                      : op() == opcode::ping ? kind::ping
                                             : kind::pong;
    return {.what = what, .payload = control_};
  }
  if (!final()) return {};
  fragmented_ = false;
  delivered_ = true;
  return {.what = message_op_ == opcode::text ? kind::text : kind::binary,
          .payload = message_,
          .compressed = compressed_};
}

frame_decoder::item frame_decoder::next(std::span<char>& input) {
  if (delivered_) {
    delivered_ = false;
    give_back(control_);
    if (!fragmented_) give_back(message_);
  }
  for (;;) {
    if (!in_payload_) {
      take_head(input);
      if (head_size_ >= 2) {
        if (const char* problem = judge_start())
          return {.what = kind::broken, .payload = {}, .problem = problem};
      }
      if (!head_complete()) return {};
      if (item refused = begin_payload(); refused.what != kind::need_more) return refused;
    }
    item out = take_payload(input);
    if (out.what != kind::need_more || in_payload_) return out;
  }
}

std::string close_payload(std::uint16_t code, std::string_view reason) {
  std::size_t size = std::min(reason.size(), max_reason);
  while (size < reason.size() && size > 0 &&
         (static_cast<unsigned char>(reason[size]) & 0xc0) == 0x80)
    --size; // in the middle of a character
  std::string out;
  out += static_cast<char>(code >> 8);
  out += static_cast<char>(code & 0xff);
  return out.append(reason.substr(0, size));
}

close_frame_content parse_close(std::string_view payload) {
  close_frame_content out;
  if (payload.empty()) return out;
  if (payload.size() == 1) {
    out.wrong = close_code::protocol_error;
    return out;
  }
  out.code = static_cast<std::uint16_t>(static_cast<unsigned char>(payload[0]) << 8 |
                                        static_cast<unsigned char>(payload[1]));
  out.reason = payload.substr(2);
  if (!valid_close_code(out.code)) {
    out.wrong = close_code::protocol_error;
  } else if (!valid_utf8(out.reason)) {
    out.wrong = close_code::bad_payload;
  }
  return out;
}

bool valid_utf8(std::string_view text) {
  constexpr std::uint64_t high_bits = 0x8080808080808080U;
  while (!text.empty()) {
    std::uint64_t word = 0;
    while (text.size() >= sizeof word) {
      std::memcpy(&word, text.data(), sizeof word);
      if ((word & high_bits) != 0) break;
      text.remove_prefix(sizeof word);
    }
    if (!text.empty() && !take_code_point(text)) return false;
  }
  return true;
}

} // namespace dockhost::net::detail
