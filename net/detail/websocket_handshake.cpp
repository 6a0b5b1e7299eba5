// SPDX-License-Identifier: MIT
#include "net/detail/websocket_handshake.hpp"

#include "core/base64.hpp"
#include "net/detail/http_request_text.hpp"

#include <openssl/sha.h>

#include <algorithm>

namespace dockhost::net::detail {

namespace {

std::string_view trimmed(std::string_view text) {
  const auto from = text.find_first_not_of(" \t");
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(" \t") - from + 1);
}

/// Calls `fn` with each trimmed piece between the separators, until it gives true; whether one did.
template <class Fn>
bool any_piece(std::string_view list, char separator, Fn fn) {
  for (;;) {
    const auto end = list.find(separator);
    if (fn(trimmed(list.substr(0, end)))) return true;
    if (end == std::string_view::npos) return false;
    list.remove_prefix(end + 1);
  }
}

/// Over all headers of that name.
template <class Fn>
bool any_listed(const server_request& request, std::string_view name, Fn fn) {
  return std::ranges::any_of(request.headers, [&](const auto& h) {
    return same_header(h.first, name) && any_piece(h.second, ',', fn);
  });
}

bool lists(const server_request& request, std::string_view name, std::string_view token) {
  return any_listed(request, name, [&](std::string_view t) { return same_header(t, token); });
}

std::size_t count(const server_request& request, std::string_view name) {
  return static_cast<std::size_t>(std::ranges::count_if(
      request.headers, [&](const auto& h) { return same_header(h.first, name); }));
}

/// One parameter of an offer.
bool understood(std::string_view parameter) {
  const auto equals = parameter.find('=');
  const std::string_view name = trimmed(parameter.substr(0, equals));
  if (equals == std::string_view::npos)
    return same_header(name, "server_no_context_takeover") ||
           same_header(name, "client_no_context_takeover") ||
           same_header(name, "client_max_window_bits");
  std::string_view value = trimmed(parameter.substr(equals + 1));
  if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
    value = value.substr(1, value.size() - 2);
  if (same_header(name, "server_max_window_bits")) return value == "15";
  constexpr std::string_view sizes[] = {"8", "9", "10", "11", "12", "13", "14", "15"};
  return same_header(name, "client_max_window_bits") &&
         std::ranges::find(sizes, value) != std::ranges::end(sizes);
}

} // namespace

handshake_kind judge_handshake(const server_request& request, bool http_1_1) {
  if (request.method != "GET" || !http_1_1 || !lists(request, "Upgrade", "websocket") ||
      !lists(request, "Connection", "upgrade"))
    return handshake_kind::none;
  const auto key = base64_decode(request.header("Sec-WebSocket-Key"));
  if (count(request, "Sec-WebSocket-Key") != 1 || !key || key->size() != 16)
    return handshake_kind::broken;
  if (count(request, "Sec-WebSocket-Version") != 1 ||
      request.header("Sec-WebSocket-Version") != "13")
    return handshake_kind::wrong_version;
  return handshake_kind::valid;
}

std::string accept_key(std::string_view key) {
  const std::string text = std::string(key) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"; // section 1.3
  unsigned char digest[SHA_DIGEST_LENGTH];
  SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest);
  return base64_encode({reinterpret_cast<const char*>(digest), sizeof digest});
}

bool offers_deflate(const server_request& request) {
  return any_listed(request, "Sec-WebSocket-Extensions", [](std::string_view offer) {
    bool first = true;
    bool fits = false;
    const bool refused = any_piece(offer, ';', [&](std::string_view piece) {
      if (!first) return !understood(piece);
      first = false;
      fits = same_header(piece, "permessage-deflate");
      return !fits;
    });
    return fits && !refused;
  });
}

} // namespace dockhost::net::detail
