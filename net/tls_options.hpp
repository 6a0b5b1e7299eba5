// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace dockhost::net {

/// How a client speaks TLS. Verification (chain and host name) is on unless somebody turned it off.
struct tls_options {
  bool verify = true;
  std::string ca_file;     ///< PEM; empty: the system's roots
  std::string client_cert; ///< PEM chain; empty: none
  std::string client_key;  ///< PEM
};

} // namespace dockhost::net
