// SPDX-License-Identifier: MIT
#include "protocol/engineio_server_request.hpp"

namespace dockhost::protocol::engineio::server {
namespace {

int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// Form decoding; a percent sign that begins no byte stands for itself.
std::string decode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      const int high = digit_of(text[i + 1]);
      const int low = digit_of(text[i + 2]);
      if (high >= 0 && low >= 0) {
        out += static_cast<char>(high * 16 + low);
        i += 2;
        continue;
      }
    }
    out += text[i] == '+' ? ' ' : text[i];
  }
  return out;
}

} // namespace

query parse_query(std::string_view text) {
  query q;
  while (!text.empty()) {
    const auto end = text.find('&');
    const auto pair = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    const auto equals = pair.find('=');
    const auto value = equals == std::string_view::npos ? "" : pair.substr(equals + 1);
    const auto name = decode(pair.substr(0, equals));
    if (name == "EIO") q.version = decode(value);
    if (name == "transport") q.transport = decode(value);
    if (name == "sid") q.sid = decode(value);
  }
  return q;
}

std::string_view to_string(refusal why) {
  switch (why) {
  case refusal::unknown_transport: return "Transport unknown";
  case refusal::unknown_sid: return "Session ID unknown";
  case refusal::bad_handshake_method: return "Bad handshake method";
  case refusal::bad_request: return "Bad request";
  case refusal::forbidden: return "Forbidden";
  case refusal::unsupported_version: return "Unsupported protocol version";
  }
  return "Bad request";
}

int status_of(refusal why) {
  return why == refusal::forbidden ? 403 : 400;
}

std::string body_of(refusal why) {
  return "{\"code\":" + std::to_string(static_cast<int>(why)) + ",\"message\":\"" +
         std::string(to_string(why)) + "\"}";
}

std::optional<refusal> check(const query& q, std::string_view method, bool upgrade,
                             const std::optional<known_session>& session) {
  const bool websocket = q.transport == "websocket";
  if (!websocket && q.transport != "polling") return refusal::unknown_transport;
  if (q.sid.empty()) {
    if (method != "GET") return refusal::bad_handshake_method;
    if (websocket != upgrade) return refusal::bad_request;
    if (q.version != "4") return refusal::unsupported_version;
    return std::nullopt;
  }
  if (!session) return refusal::unknown_sid;
  // A WebSocket session takes no more requests, and one on polling only polling ones, or the
  // WebSocket of its upgrade. A second WebSocket is let in, to be closed as one.
  if (websocket != upgrade) return refusal::bad_request;
  if (!upgrade && session->now == transport::websocket) return refusal::bad_request;
  if (q.version != "4") return refusal::bad_request;
  return std::nullopt;
}

} // namespace dockhost::protocol::engineio::server
