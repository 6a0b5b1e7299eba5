// SPDX-License-Identifier: MIT
#include "protocol/socketio_codec.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace dockhost::protocol::socketio {
namespace {

constexpr std::array<std::string_view, 6> reserved = {
    "connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"};
constexpr std::size_t max_namespace = 1024;

failure<wire_error> bad(const char* why) {
  return fail(wire_error{why});
}

bool valid_namespace(std::string_view nsp) {
  return nsp.starts_with('/') && nsp.size() <= max_namespace &&
         std::ranges::none_of(nsp, [](char c) {
           return c == ',' || static_cast<unsigned char>(c) < 0x20 || c == '\x7f';
         });
}

/// What is wrong with the data of a packet, else nullptr.
const char* check_data(packet_type type, const json::value& data) {
  switch (type) {
  case packet_type::connect:
    return data.is_null() || data.as_object() != nullptr ? nullptr : "connect: no object";
  case packet_type::disconnect: return data.is_null() ? nullptr : "disconnect: has a payload";
  case packet_type::connect_error:
    return data.is_null() || data.as_string() != nullptr || data.as_object() != nullptr
               ? nullptr
               : "connect error: neither string nor object";
  case packet_type::ack: return data.as_array() != nullptr ? nullptr : "ack: no array";
  case packet_type::event: {
    const auto* args = data.as_array();
    if (args == nullptr || args->empty()) return "event: no array, or empty";
    const auto* name = args->front().as_string();
    if (name == nullptr) return "event: its name is no string";
    return is_reserved_event(*name) ? "event: reserved name" : nullptr;
  }
  }
  return "unknown packet type";
}

/// What is wrong with the parts that aren't data, else nullptr.
const char* check_id(const packet& p) {
  if (p.id && *p.id > max_ack_id) return "ack id too large";
  if (p.type == packet_type::ack) return p.id ? nullptr : "ack: no id";
  return p.id && p.type != packet_type::event ? "id on a packet that has none" : nullptr;
}

/// Calls `seen(number or nothing)` for each object whose `_placeholder` is true. No placeholder is
/// looked for inside another one.
void for_each_placeholder(const json::value& v, const auto& seen) {
  if (const auto* elements = v.as_array()) {
    for (const auto& element : *elements)
      for_each_placeholder(element, seen);
  } else if (const auto* members = v.as_object()) {
    const auto* mark = v.find("_placeholder");
    if (mark != nullptr && mark->as_bool() != nullptr && *mark->as_bool()) {
      seen(placeholder_number(v));
      return;
    }
    for (const auto& member : *members)
      for_each_placeholder(member.second, seen);
  }
}

/// The decimal number at the start of `rest`, taken off it.
template <class N>
std::optional<N> take_number(std::string_view& rest) {
  N n = 0;
  const auto got = std::from_chars(rest.data(), rest.data() + rest.size(), n);
  if (got.ec != std::errc()) return std::nullopt;
  rest.remove_prefix(static_cast<std::size_t>(got.ptr - rest.data()));
  return n;
}

bool digit_next(std::string_view rest) {
  return !rest.empty() && rest.front() >= '0' && rest.front() <= '9';
}

} // namespace

json::value placeholder(std::size_t num) {
  return json::object{{"_placeholder", true}, {"num", static_cast<std::int64_t>(num)}};
}

std::optional<std::size_t> placeholder_number(const json::value& v) {
  const auto* mark = v.find("_placeholder");
  const auto* number = v.find("num");
  std::int64_t n = 0;
  if (mark == nullptr || mark->as_bool() == nullptr || !*mark->as_bool()) return std::nullopt;
  if (number == nullptr || !number->get_int(n) || n < 0) return std::nullopt;
  return static_cast<std::size_t>(n);
}

bool is_reserved_event(std::string_view name) {
  return std::ranges::find(reserved, name) != reserved.end();
}

wire_result<encoded_packet> encode(packet p) {
  if (!valid_namespace(p.nsp)) return bad("bad namespace");
  if (const auto* why = check_data(p.type, p.data)) return bad(why);
  if (const auto* why = check_id(p)) return bad(why);
  const auto count = p.attachments.size();
  int type = static_cast<int>(p.type);
  if (count != 0) {
    if (p.type != packet_type::event && p.type != packet_type::ack) return bad("attachments");
    if (count > max_attachments) return bad("too many attachments");
    std::array<int, max_attachments> uses{};
    bool valid = true;
    for_each_placeholder(p.data, [&](std::optional<std::size_t> num) {
      valid = valid && num && *num < count && ++uses[*num] == 1;
    });
    const auto used = std::count(uses.begin(), uses.end(), 1);
    if (!valid || used != static_cast<std::ptrdiff_t>(count)) return bad("illegal placeholders");
    type += 3;
  }
  encoded_packet out;
  out.text = std::to_string(type);
  if (count != 0) out.text += std::to_string(count) + '-';
  if (p.nsp != "/") out.text += p.nsp + ',';
  if (p.id) out.text += std::to_string(*p.id);
  if (!p.data.is_null()) json::dump_to(out.text, p.data);
  out.attachments = std::move(p.attachments);
  return out;
}

decoder::decoder(std::size_t max_bytes) {
  bounds_.max_bytes = max_bytes;
}

wire_result<std::optional<packet>> decoder::text(std::string_view message) {
  if (waiting_) return bad("text instead of an attachment");
  if (message.size() > bounds_.max_bytes) return bad("message too large");
  if (message.empty() || message[0] < '0' || message[0] > '6') return bad("unknown packet type");
  int type = message[0] - '0';
  auto rest = message.substr(1);
  std::size_t attachments = 0;
  if (type >= 5) {
    const auto count = digit_next(rest) ? take_number<std::size_t>(rest) : std::nullopt;
    if (!count || *count == 0 || !rest.starts_with('-')) return bad("illegal attachments");
    if (*count > max_attachments) return bad("too many attachments");
    rest.remove_prefix(1);
    attachments = *count;
    type -= 3;
  }
  packet p;
  p.type = static_cast<packet_type>(type);
  if (rest.starts_with('/')) {
    const auto end = std::min(rest.find(','), rest.size());
    p.nsp = rest.substr(0, end);
    if (!valid_namespace(p.nsp)) return bad("bad namespace");
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  if (digit_next(rest)) {
    p.id = take_number<std::uint64_t>(rest);
    if (!p.id) return bad("ack id too large");
  }
  if (!rest.empty()) {
    auto data = json::parse(rest, bounds_);
    if (!data || data->is_null()) return bad("invalid payload");
    p.data = std::move(data).value();
  }
  if (const auto* why = check_data(p.type, p.data)) return bad(why);
  if (const auto* why = check_id(p)) return bad(why);
  if (attachments == 0) return std::optional(std::move(p));
  bool valid = true;
  for_each_placeholder(
      p.data, [&](std::optional<std::size_t> num) { valid = valid && num && *num < attachments; });
  if (!valid) return bad("illegal placeholders");
  waiting_ = std::move(p);
  missing_ = attachments;
  bytes_ = 0;
  return std::optional<packet>();
}

wire_result<std::optional<packet>> decoder::binary(std::string message) {
  if (!waiting_) return bad("binary without a packet that announced it");
  if (message.size() > bounds_.max_bytes - bytes_) return bad("attachments too large");
  bytes_ += message.size();
  waiting_->attachments.push_back(std::move(message));
  if (--missing_ != 0) return std::optional<packet>();
  return std::exchange(waiting_, std::nullopt);
}

} // namespace dockhost::protocol::socketio
