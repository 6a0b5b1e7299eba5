// SPDX-License-Identifier: MIT
// Polling payloads, frames and open packets. The input is one of each.
#include "protocol/engineio_codec.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/fuzz/targets.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

namespace dockhost::fuzz {
namespace {

using namespace protocol::engineio;

/// Nothing where the payload is none.
std::optional<std::vector<packet>> read(std::string_view payload) {
  std::vector<packet> out;
  for (payload_reader reader(payload);;) {
    auto next = reader.next();
    if (!next) return std::nullopt;
    if (!*next) return out;
    out.push_back(std::move(**next));
  }
}

void payload(std::string_view bytes) {
  const auto packets = read(bytes);
  if (!packets) return;
  const auto separators = std::ranges::count(bytes, '\x1e');
  require(std::ssize(*packets) == separators + 1, "a packet between any two separators");
  std::string again;
  std::size_t announced = 0;
  for (const auto& p : *packets) {
    require(!p.binary || p.type == packet_type::message, "binary is a message");
    append_to_payload(again, p);
    announced += payload_size(p);
  }
  require(again == bytes, "a payload has one spelling");
  require(announced == again.size() + 1, "payload_size() tells the bytes and a separator");
}

void frame(std::string_view bytes) {
  const auto got = decode_text(bytes);
  if (got) require(encode_text(got->type, got->data) == bytes, "a frame has one spelling");
}

void open_packet(std::string_view bytes) {
  const auto first = decode_handshake(bytes);
  if (!first) return;
  const auto text = encode_handshake(*first);
  const auto second = decode_handshake(text);
  require(second.ok(), "an encoded open packet is one");
  require(second->sid == first->sid && second->upgrades == first->upgrades &&
              second->ping_interval == first->ping_interval &&
              second->ping_timeout == first->ping_timeout &&
              second->max_payload == first->max_payload,
          "an open packet survives its encoding");
}

} // namespace

void engineio_payload(std::string_view bytes) {
  payload(bytes);
  frame(bytes);
  open_packet(bytes.starts_with('0') ? bytes.substr(1) : bytes);
}

} // namespace dockhost::fuzz
