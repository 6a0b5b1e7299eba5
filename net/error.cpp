// SPDX-License-Identifier: MIT
#include "net/error.hpp"

namespace dockhost::net {

std::string_view to_string(net_errc code) {
  switch (code) {
  case net_errc::resolve: return "resolve";
  case net_errc::refused: return "refused";
  case net_errc::connect: return "connect";
  case net_errc::tls: return "tls";
  case net_errc::handshake: return "handshake";
  case net_errc::timeout: return "timeout";
  case net_errc::closed: return "closed";
  case net_errc::too_large: return "too_large";
  case net_errc::protocol: return "protocol";
  case net_errc::cancelled: return "cancelled";
  }
  return "closed";
}

} // namespace dockhost::net
