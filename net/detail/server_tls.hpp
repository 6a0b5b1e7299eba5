// SPDX-License-Identifier: MIT
#pragma once

#include "core/result.hpp"
#include "net/http_server.hpp"

#include <openssl/ssl.h>

#include <memory>
#include <string>

namespace dockhost::net::detail {

using server_tls = std::shared_ptr<SSL_CTX>;

/// A server's settings: TLS 1.2 or later, no renegotiation, certificate and key that fit each
/// other; or what is wrong, with the file's name.
[[nodiscard]] basic_result<server_tls, std::string> make_server_tls(const server_tls_options& from);

/// The newest reason in OpenSSL's queue of this thread, in its words.
[[nodiscard]] std::string tls_reason();

} // namespace dockhost::net::detail
