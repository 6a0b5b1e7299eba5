// SPDX-License-Identifier: MIT
// What an HTTP request to an Engine.IO server wants, and whether it may have it. The checks, their
// order and the answers are those of npm's engine.io 6.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace dockhost::protocol::engineio::server {

enum class transport { polling, websocket };

/// The three parameters of the query that Engine.IO reads.
struct query {
  std::string version;   ///< EIO
  std::string transport; ///< "polling" or "websocket"
  std::string sid;       ///< empty: there is none, a session is to begin
};

/// From the raw query, the part after "?". Of repeated parameters the last counts.
[[nodiscard]] query parse_query(std::string_view text);

enum class refusal : std::uint8_t {
  unknown_transport = 0,
  unknown_sid = 1,
  bad_handshake_method = 2,
  bad_request = 3,
  forbidden = 4,
  unsupported_version = 5,
};

/// E.g. "Session ID unknown".
[[nodiscard]] std::string_view to_string(refusal why);
/// The HTTP status for a polling request: 403 for `forbidden`, else 400. A WebSocket handshake is
/// refused with 400 and to_string() as text.
[[nodiscard]] int status_of(refusal why);
/// `{"code":1,"message":"Session ID unknown"}`, the body for a polling request.
[[nodiscard]] std::string body_of(refusal why);

/// What is to be known of the session that the query's sid names.
struct known_session {
  transport now = transport::polling;
};

/// Nothing: the request is in order. It then begins a session (no sid), is one of a session's
/// polling requests, or (`upgrade`) brings a WebSocket to a session. Whether the origin is welcome
/// (`forbidden`) is the caller's to say.
[[nodiscard]] std::optional<refusal> check(const query& q, std::string_view method, bool upgrade,
                                           const std::optional<known_session>& session);

} // namespace dockhost::protocol::engineio::server
