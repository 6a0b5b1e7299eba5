// SPDX-License-Identifier: MIT
#include "protocol/engineio_actions.hpp"

namespace dockhost::protocol::engineio {

close_reason reason_of(link_failure_kind kind, bool while_opening) {
  switch (kind) {
  case link_failure_kind::too_large: return close_reason::too_large;
  case link_failure_kind::protocol: return close_reason::protocol_error;
  case link_failure_kind::overflow: return close_reason::overflow;
  case link_failure_kind::unreachable:
  case link_failure_kind::tls:
  case link_failure_kind::handshake: return close_reason::transport_error;
  case link_failure_kind::broken: break;
  }
  return while_opening ? close_reason::transport_error : close_reason::transport_closed;
}

std::string_view to_string(close_reason reason) {
  switch (reason) {
  case close_reason::local: return "closed";
  case close_reason::server_disconnect: return "server disconnect";
  case close_reason::connect_refused: return "connect refused";
  case close_reason::transport_closed: return "transport closed";
  case close_reason::transport_error: return "transport error";
  case close_reason::connect_timeout: return "connect timeout";
  case close_reason::ping_timeout: return "ping timeout";
  case close_reason::protocol_error: return "protocol error";
  case close_reason::too_large: return "message too large";
  case close_reason::overflow: return "write queue full";
  }
  return "unknown";
}

} // namespace dockhost::protocol::engineio
