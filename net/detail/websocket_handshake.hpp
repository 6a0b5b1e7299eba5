// SPDX-License-Identifier: MIT
// The server's side of the WebSocket handshake (RFC 6455 section 4.2), without sockets.
#pragma once

#include "net/http_server_exchange.hpp"

#include <string>
#include <string_view>

namespace dockhost::net::detail {

enum class handshake_kind {
  none,          ///< an ordinary request
  valid,         ///< to be accepted or refused
  broken,        ///< wants to be one; 400
  wrong_version, ///< 426, with the version that is understood
};
[[nodiscard]] handshake_kind judge_handshake(const server_request& request, bool http_1_1);

/// The value of Sec-WebSocket-Accept.
[[nodiscard]] std::string accept_key(std::string_view key);

/// Whether one of the client's offers of permessage-deflate can be met with deflate_answer: any but
/// those that ask for a smaller window of ours, or say what RFC 7692 section 7.1 doesn't know.
[[nodiscard]] bool offers_deflate(const server_request& request);
/// No side keeps a window between messages, so that one codec serves all connections.
inline constexpr std::string_view deflate_answer =
    "permessage-deflate; server_no_context_takeover; client_no_context_takeover";

} // namespace dockhost::net::detail
