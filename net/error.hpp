// SPDX-License-Identifier: MIT
#pragma once

#include "core/result.hpp"

#include <string>
#include <string_view>

namespace dockhost::net {

enum class net_errc {
  resolve,   ///< the host name has no address
  refused,   ///< nobody listens there (ECONNREFUSED, ENOENT on a unix socket)
  connect,   ///< unreachable, no route, permission
  tls,       ///< handshake or verification failed
  handshake, ///< the WebSocket handshake was answered with something else than 101
  timeout,   ///< the deadline passed
  closed,    ///< the peer closed or reset in the middle
  too_large, ///< a message over the limit
  protocol,  ///< bytes that are not what the protocol allows
  cancelled, ///< our own side ended it
};

[[nodiscard]] std::string_view to_string(net_errc code);

struct net_error {
  net_errc code = net_errc::closed;
  std::string message; ///< in the words of the original: "connect ECONNREFUSED 127.0.0.1:3001"
  int http_status = 0; ///< for `handshake`: what the server answered
};

template <class T>
using net_result = basic_result<T, net_error>;

} // namespace dockhost::net
