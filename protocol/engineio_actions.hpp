// SPDX-License-Identifier: MIT
// What the client machines ask of whoever owns the sockets, and what they are told about them.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace dockhost::protocol::engineio {

/// A session has at most two WebSockets: the one it began with, and the one that an upgrade from
/// polling tries out (and then goes on with).
enum class ws_slot { main, probe };

// Actions. Each target is path and query, ready for the request line.

/// Open it; then websocket_opened, or websocket_closed within `timeout`.
struct open_websocket {
  ws_slot slot = ws_slot::main;
  std::string target;
  std::chrono::milliseconds timeout{0};
};
struct send_text {
  ws_slot slot = ws_slot::main;
  std::string text;
};
struct send_binary {
  ws_slot slot = ws_slot::main;
  std::string bytes;
};
/// Write what was sent before, then do the closing handshake; then websocket_closed.
struct close_websocket {
  ws_slot slot = ws_slot::main;
};
/// At most one GET is out at a time; http_get_done or http_get_failed answers it.
struct http_get {
  std::string target;
  std::chrono::milliseconds timeout{0};
};
/// At most one POST is out at a time, beside a GET. The body is text/plain.
struct http_post {
  std::string target;
  std::string body;
  std::chrono::milliseconds timeout{0};
};
/// Drop what is out; answers that still come are ignored.
struct cancel_http {};

/// Why a socket or a request failed, in the terms that the machine decides by.
enum class link_failure_kind {
  unreachable, ///< no address, nobody listening, no route: another transport would fare no better
  tls,         ///< certificate or TLS handshake failed: another transport would fare no better
  handshake,   ///< the WebSocket handshake was answered with something else than 101
  broken,      ///< closed, reset or timed out
  too_large,   ///< the peer's message is over our limit
  protocol,    ///< bytes that are no HTTP or no WebSocket
  overflow,    ///< our own queue of bytes to write is full
};

struct link_failure {
  link_failure_kind kind = link_failure_kind::broken;
  std::string message; ///< for the log
};

/// Why a connection ended.
enum class close_reason {
  local,             ///< our own close()
  server_disconnect, ///< the server's DISCONNECT packet
  connect_refused,   ///< CONNECT_ERROR, e.g. for a bad key
  transport_closed,  ///< the link ended by itself, or the server closed it
  transport_error,   ///< the link could not be opened, or a request failed
  connect_timeout,   ///< no CONNECT answer in time
  ping_timeout,      ///< the server's pings stopped
  protocol_error,    ///< the server sent what the protocol doesn't allow
  too_large,         ///< the server sent a message over our limit
  overflow,          ///< the server doesn't read, and our queue is full
};

/// What the end of a connection by such a failure is called.
[[nodiscard]] close_reason reason_of(link_failure_kind kind, bool while_opening);

/// E.g. "ping timeout".
[[nodiscard]] std::string_view to_string(close_reason reason);

} // namespace dockhost::protocol::engineio
