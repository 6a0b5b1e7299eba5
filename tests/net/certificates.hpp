// SPDX-License-Identifier: MIT
// Certificates made on the spot.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>

namespace dockhost::net::test {

using key_ptr = std::shared_ptr<EVP_PKEY>;
using cert_ptr = std::shared_ptr<X509>;
using context_ptr = std::shared_ptr<SSL_CTX>;

struct identity {
  key_ptr key;
  cert_ptr cert;
};

identity make_ca(const std::string& name);
/// `names` as OpenSSL writes them: "DNS:localhost,IP:127.0.0.1". Valid from `from` to `to` seconds
/// relative to now.
identity make_cert(const identity& ca, const std::string& names, long from = -3600, long to = 3600);
/// A certificate that only signs for itself.
identity make_self_signed(const std::string& names);

void write_cert(const identity& id, const std::string& file);
void write_key(const identity& id, const std::string& file, const char* passphrase = nullptr);

/// A server's side. With `client_ca`, a client certificate signed by it is required.
context_ptr server_context(const identity& id, const identity* client_ca = nullptr,
                           int max_version = 0);

} // namespace dockhost::net::test
