// SPDX-License-Identifier: MIT
#include "protocol/engineio_codec.hpp"

#include "core/base64.hpp"
#include "json/json.hpp"

#include <algorithm>
#include <limits>

namespace dockhost::protocol::engineio {
namespace {

constexpr char separator = '\x1e';

char digit(packet_type type) {
  return static_cast<char>('0' + static_cast<int>(type));
}

std::optional<std::chrono::milliseconds> interval(const json::value& open, const char* key) {
  constexpr std::int64_t day = 24 * 60 * 60 * 1000;
  std::int64_t ms = 0;
  const auto* v = open.find(key);
  if (v == nullptr || !v->get_int(ms) || ms < 1 || ms > day) return std::nullopt;
  return std::chrono::milliseconds(ms);
}

bool read_sid(const json::value& open, std::string& out) {
  constexpr std::size_t longest = 256;
  const auto* v = open.find("sid");
  const auto* sid = v != nullptr ? v->as_string() : nullptr;
  if (sid == nullptr || sid->empty() || sid->size() > longest) return false;
  if (!std::ranges::all_of(*sid, [](char c) { return c > ' ' && c < '\x7f'; })) return false;
  out = *sid;
  return true;
}

bool read_upgrades(const json::value& open, std::vector<std::string>& out) {
  constexpr std::size_t most = 16;
  const auto* v = open.find("upgrades");
  const auto* names = v != nullptr ? v->as_array() : nullptr;
  if (names == nullptr || names->size() > most) return false;
  for (const auto& name : *names) {
    if (name.as_string() == nullptr) return false;
    out.push_back(*name.as_string());
  }
  return true;
}

bool read_max_payload(const json::value& open, std::size_t& out) {
  const auto* v = open.find("maxPayload");
  if (v == nullptr) return true;
  if (v->is_null()) {
    out = std::numeric_limits<std::size_t>::max();
    return true;
  }
  std::int64_t n = 0;
  if (!v->get_int(n) || n < 1) return false;
  out = static_cast<std::size_t>(n);
  return true;
}

} // namespace

std::string encode_text(packet_type type, std::string_view data) {
  std::string out;
  out.reserve(data.size() + 1);
  out += digit(type);
  out += data;
  return out;
}

wire_result<packet_view> decode_text(std::string_view frame) {
  if (frame.empty()) return fail(wire_error{"empty packet"});
  if (frame.front() < '0' || frame.front() > '6') return fail(wire_error{"unknown packet type"});
  return packet_view{static_cast<packet_type>(frame.front() - '0'), frame.substr(1)};
}

void append_to_payload(std::string& payload, const packet& p) {
  if (!payload.empty()) payload += separator;
  if (p.binary) {
    payload += 'b';
    payload += base64_encode(p.data);
  } else {
    payload += digit(p.type);
    payload += p.data;
  }
}

std::size_t payload_size(const packet& p) {
  return 2 + (p.binary ? (p.data.size() + 2) / 3 * 4 : p.data.size());
}

wire_result<std::optional<packet>> payload_reader::next() {
  if (done_) return std::optional<packet>();
  const auto end = rest_.find(separator);
  const auto one = rest_.substr(0, end);
  if (end == std::string_view::npos) {
    done_ = true;
  } else {
    rest_.remove_prefix(end + 1);
  }
  if (one.starts_with('b')) {
    auto bytes = base64_decode(one.substr(1));
    if (!bytes) return fail(wire_error{"bad base64"});
    return std::optional(packet{packet_type::message, true, std::move(*bytes)});
  }
  auto view = decode_text(one);
  if (!view) return fail(std::move(view).err());
  return std::optional(packet{view->type, false, std::string(view->data)});
}

bool handshake::offers(std::string_view transport) const {
  return std::ranges::find(upgrades, transport) != upgrades.end();
}

wire_result<handshake> decode_handshake(std::string_view json_text) {
  constexpr json::limits small{.max_bytes = 16 * 1024, .max_depth = 8, .max_values = 256};
  const auto open = json::parse(json_text, small);
  if (!open || open->as_object() == nullptr) return fail(wire_error{"open packet is no object"});
  handshake h;
  if (!read_sid(*open, h.sid)) return fail(wire_error{"open packet: bad sid"});
  if (!read_upgrades(*open, h.upgrades)) return fail(wire_error{"open packet: bad upgrades"});
  const auto every = interval(*open, "pingInterval");
  const auto within = interval(*open, "pingTimeout");
  if (!every || !within) return fail(wire_error{"open packet: bad ping interval or timeout"});
  h.ping_interval = *every;
  h.ping_timeout = *within;
  if (!read_max_payload(*open, h.max_payload)) return fail(wire_error{"open packet: maxPayload"});
  return h;
}

std::string encode_handshake(const handshake& h) {
  json::array upgrades;
  for (const auto& name : h.upgrades)
    upgrades.emplace_back(name);
  return json::dump(json::object{
      {"sid", h.sid},
      {"upgrades", std::move(upgrades)},
      {"pingInterval", std::int64_t{h.ping_interval.count()}},
      {"pingTimeout", std::int64_t{h.ping_timeout.count()}},
      {"maxPayload", h.max_payload == std::numeric_limits<std::size_t>::max()
                         ? json::value()
                         : json::value(std::uint64_t{h.max_payload})},
  });
}

std::string encode_query(std::string_view text) {
  constexpr std::string_view hex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || c == '.' || c == '~';
    if (plain) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += hex[byte >> 4U];
    out += hex[byte & 15U];
  }
  return out;
}

} // namespace dockhost::protocol::engineio
