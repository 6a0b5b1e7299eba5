// SPDX-License-Identifier: MIT
#include "core/username.hpp"

#include "core/utf8.hpp"

#include <algorithm>
#include <array>

namespace dockhost {
namespace {

constexpr std::size_t max_characters = 64;
constexpr std::size_t max_plain = 63;
constexpr std::size_t hash_digits = 8;

// Not <cctype>: its answers depend on the locale.
constexpr bool is_alnum(char32_t c) {
  return (c >= U'a' && c <= U'z') || (c >= U'A' && c <= U'Z') || (c >= U'0' && c <= U'9');
}

constexpr bool is_suitable(char32_t c) {
  return is_alnum(c) || c == U'_' || c == U'.' || c == U'-';
}

char32_t ascii(char c) {
  return static_cast<unsigned char>(c);
}

bool looks_mapped(std::string_view name) {
  if (name.size() <= hash_digits) return false;
  const auto tail = name.substr(name.size() - hash_digits - 1);
  return tail.front() == '-' && tail.substr(1).find_first_not_of("0123456789abcdef") == tail.npos;
}

bool is_plain(std::string_view name) {
  return !name.empty() && name.size() <= max_plain && is_alnum(ascii(name.front())) &&
         std::all_of(name.begin(), name.end(), [](char c) { return is_suitable(ascii(c)); }) &&
         !looks_mapped(name);
}

std::string hash_suffix(std::string_view username, const sha256_fn& sha256) {
  constexpr std::string_view hex = "0123456789abcdef";
  const auto digest = sha256(username);
  std::string out = "-";
  for (std::size_t i = 0; i < hash_digits / 2; ++i) {
    out += hex[digest[i] >> 4];
    out += hex[digest[i] & 15];
  }
  return out;
}

// Socket.IO's own, then the node's (PROTOCOL.md, parts 1 and 2).
constexpr std::array<std::string_view, 25> reserved_events = {
    "connect",
    "connect_error",
    "disconnect",
    "disconnecting",
    "newListener",
    "removeListener",
    "node-hello",
    "create-container-response",
    "start-container-response",
    "stop-container-response",
    "delete-container-response",
    "list-containers-response",
    "connection_established",
    "initial_state",
    "container_state_change",
    "container_state_changed",
    "container_state_changes",
    "log_update",
    "log_stream_stopped",
    "log_gap",
    "stats_update",
    "node_state",
    "heartbeat",
    "token_expiring",
    "error",
};

} // namespace

result<unit> check_username(std::string_view username) {
  const auto refuse = [](const char* why) {
    return fail(error{errc::invalid_username, std::string("username ") + why});
  };
  if (username.empty()) return refuse("is empty");
  if (username.size() > max_characters * 4) return refuse("is longer than 64 characters");
  std::size_t characters = 0;
  for (auto rest = username; !rest.empty(); ++characters) {
    const auto c = take_code_point(rest);
    if (!c) return refuse("is not valid UTF-8");
    if (is_control(*c)) return refuse("contains a control character");
  }
  if (characters > max_characters) return refuse("is longer than 64 characters");
  return unit{};
}

std::string container_name(std::string_view prefix, std::string_view username,
                           const sha256_fn& sha256) {
  std::string out(prefix);
  if (is_plain(username) && prefix.size() + username.size() >= 2) return out.append(username);

  std::string readable;
  for (auto rest = username; !rest.empty();) {
    const auto c = take_code_point(rest);
    if (!c) rest.remove_prefix(1); // not a valid username; still a name, never a loop
    readable += c && is_suitable(*c) ? static_cast<char>(*c) : '-';
  }
  // The engine wants a letter or digit first.
  if (prefix.empty() && (readable.empty() || !is_alnum(ascii(readable.front()))))
    readable.insert(readable.begin(), 'u');
  readable.resize(std::min(readable.size(), max_plain - hash_digits - 1));
  return out.append(readable).append(hash_suffix(username, sha256));
}

bool is_reserved_event(std::string_view name) {
  return std::find(reserved_events.begin(), reserved_events.end(), name) != reserved_events.end();
}

} // namespace dockhost
