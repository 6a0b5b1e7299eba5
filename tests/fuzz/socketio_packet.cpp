// SPDX-License-Identifier: MIT
// Socket.IO packets. The input: pieces that are the messages of one connection, with a byte before
// it: odd where the message is binary; from 0x80 on the message has no size and goes to the end.
#include "protocol/socketio_codec.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/fuzz/targets.hpp"

#include <optional>
#include <string>

namespace dockhost::fuzz {
namespace {

using namespace protocol;
using socketio::packet_type;

constexpr std::size_t max_bytes = 2000;

/// The packet of these messages; nothing where they are none.
std::optional<socketio::packet> decode(const socketio::encoded_packet& encoded) {
  socketio::decoder decoder(1'000'000);
  auto got = decoder.text(encoded.text);
  for (const auto& bytes : encoded.attachments) {
    if (!got || *got) return std::nullopt;
    got = decoder.binary(bytes);
  }
  return got ? std::move(*got) : std::nullopt;
}

void judge(const socketio::packet& p) {
  std::size_t attached = 0;
  for (const auto& bytes : p.attachments)
    attached += bytes.size();
  require(p.attachments.size() <= socketio::max_attachments && attached <= max_bytes,
          "attachments keep to the limits");
  require(p.nsp.starts_with('/') && p.nsp.find(',') == p.nsp.npos, "a namespace is one");
  require(!p.id || *p.id <= socketio::max_ack_id, "an id is a safe integer");
  if (p.type == packet_type::event) {
    const auto* args = p.data.as_array();
    require(args != nullptr && !args->empty() && args->front().as_string() != nullptr &&
                !socketio::is_reserved_event(*args->front().as_string()),
            "an event has a name");
  }
  if (p.type == packet_type::ack) require(p.data.as_array() && p.id, "an ack has an array and id");

  const auto first = encode(p);
  if (!first) {
    // A peer may name an attachment twice or not at all; we don't.
    require(!p.attachments.empty(), "what was decoded can be encoded");
    return;
  }
  const auto again = decode(*first);
  require(again.has_value(), "what was encoded can be decoded");
  require(again->type == p.type && again->nsp == p.nsp && again->id == p.id &&
              again->attachments == p.attachments && json::dump(again->data) == json::dump(p.data),
          "a packet survives its encoding");
  const auto second = encode(*again);
  require(second && second->text == first->text, "a packet has one spelling");
}

} // namespace

void socketio_packet(std::string_view bytes) {
  socketio::decoder decoder(max_bytes);
  bool waiting = false;
  std::size_t announced = 0;
  for (input in(bytes); !in.at_end();) {
    const auto kind = in.byte();
    const auto message = kind >= 0x80 ? in.rest() : in.piece();
    const bool binary = (kind & 1) != 0;
    auto got = binary ? decoder.binary(std::string(message)) : decoder.text(message);
    require(!got || binary == waiting, "attachments come when they are announced");
    if (!got) return;
    require(message.size() <= max_bytes, "a message keeps to the limit");
    waiting = !*got;
    if (!binary)
      announced = waiting ? std::strtoul(std::string(message.substr(1)).c_str(), nullptr, 10) : 0;
    if (!*got) continue;
    require((*got)->attachments.size() == announced, "as many attachments as were announced");
    judge(**got);
  }
}

} // namespace dockhost::fuzz
