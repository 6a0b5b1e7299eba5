// SPDX-License-Identifier: MIT
// A client's WebSocket frames. The input: a byte of options (1: deflate, 2: a small limit), a piece
// of cuts, what the client sends.
#include "net/detail/websocket_frames.hpp"
#include "net/detail/deflate_codec.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/fuzz/targets.hpp"

#include <string>
#include <vector>

namespace dockhost::fuzz {
namespace {

using namespace net;
using namespace net::detail;
using kind = frame_decoder::kind;

struct message {
  kind what = kind::need_more;
  bool compressed = false;
  std::string payload;

  friend bool operator==(const message&, const message&) = default;
};

/// What comes out, to the first error. `over`: nothing has begun that is not whole.
std::vector<message> read(const std::vector<std::string_view>& parts, std::size_t max, bool deflate,
                          bool& over) {
  std::vector<message> out;
  frame_decoder decoder(max, deflate);
  for (const auto part : parts) {
    std::string bytes(part); // unmasked in place
    for (std::span<char> rest(bytes);;) {
      const auto item = decoder.next(rest);
      if (item.what == kind::need_more) break;
      out.push_back({item.what, item.compressed, std::string(item.payload)});
      if (item.what == kind::broken || item.what == kind::too_big) return out;
    }
    require(decoder.held() <= 2 * (max + 16 * 1024), "what is held keeps to the limit");
  }
  over = !decoder.in_message();
  return out;
}

void judge(const message& m, std::size_t max) {
  const bool data = m.what == kind::text || m.what == kind::binary;
  require(m.payload.size() <= (data ? max : 125), "a payload keeps to its limit");
  require(data || !m.compressed, "only messages are compressed");
  if (m.what != kind::close) return;
  const auto close = parse_close(m.payload);
  if (close.wrong != 0) {
    require(close.wrong == close_code::protocol_error || close.wrong == close_code::bad_payload,
            "a wrong close has an answer");
  } else if (!m.payload.empty()) {
    require(close_payload(close.code, close.reason) == m.payload, "a close survives its reading");
    require(valid_utf8(close.reason), "a close's reason is text");
  }
}

/// As a client writes it: one frame, masked.
std::string client_frame(const message& m) {
  const auto op = m.what == kind::text     ? opcode::text
                  : m.what == kind::binary ? opcode::binary
                  : m.what == kind::ping   ? opcode::ping
                  : m.what == kind::pong   ? opcode::pong
                                           : opcode::close;
  std::string out(frame_header(op, m.payload.size(), m.compressed).bytes());
  out[1] = static_cast<char>(out[1] | '\x80');
  constexpr std::string_view mask = "\x12\x34\x56\x78";
  out += mask;
  for (std::size_t i = 0; i < m.payload.size(); ++i)
    out += static_cast<char>(m.payload[i] ^ mask[i % mask.size()]);
  return out;
}

} // namespace

void websocket_frames(std::string_view bytes) {
  input in(bytes);
  const auto flags = in.byte();
  const bool deflate = (flags & 1) != 0;
  const std::size_t max = (flags & 2) != 0 ? 30 : 70'000;
  const auto cuts = in.piece();
  const auto sent = in.rest();

  bool over = false, cut_over = false;
  const auto whole = read({sent}, max, deflate, over);
  const auto cut = read(chunks(sent, cuts), max, deflate, cut_over);
  require(cut == whole && cut_over == over, "the same messages however they come");

  std::string again;
  std::vector<message> sound;
  for (const auto& m : whole) {
    if (m.what == kind::broken || m.what == kind::too_big) break;
    judge(m, max);
    again += client_frame(m);
    sound.push_back(m);
  }
  require(read({again}, max, deflate, over) == sound && over, "a message survives its framing");
}

void deflate(std::string_view bytes) {
  input in(bytes);
  const std::size_t max = std::size_t{in.byte()} * 64;
  const auto data = in.rest();
  deflate_codec codec;
  std::string out;
  const auto outcome = codec.inflate(data, max, out);
  require(out.size() <= max + 1, "what is inflated keeps to the limit");
  if (outcome == deflate_codec::outcome::whole) require(out.size() <= max, "whole is within it");
  const auto packed = codec.compress(data);
  require(codec.inflate(packed, data.size(), out) == deflate_codec::outcome::whole && out == data,
          "bytes survive their compression");
}

} // namespace dockhost::fuzz
