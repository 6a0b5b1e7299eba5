// SPDX-License-Identifier: MIT
#pragma once

#include "net/tls_options.hpp"

#include <cstdint>
#include <string>

namespace dockhost::net {

/// Where a connection goes: a unix socket (`unix_path` not empty), or host and port, with TLS if
/// `tls`.
struct endpoint {
  std::string unix_path;
  std::string host; ///< name or address; IPv6 without brackets
  std::uint16_t port = 0;
  bool tls = false;
  tls_options tls_settings;
};

} // namespace dockhost::net
