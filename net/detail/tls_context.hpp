// SPDX-License-Identifier: MIT
#pragma once

#include "net/error.hpp"
#include "net/tls_options.hpp"

#include <boost/asio/ssl/context.hpp>

#include <memory>

namespace dockhost::net::detail {

/// OpenSSL's settings of a client: TLS 1.2 or later, the roots, the client certificate. A file that
/// can't be read or is no PEM is an error with its name.
using tls_context = boost::asio::ssl::context;
[[nodiscard]] net_result<std::shared_ptr<tls_context>> make_client_tls(const tls_options& options);

} // namespace dockhost::net::detail
