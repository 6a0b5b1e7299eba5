// SPDX-License-Identifier: MIT
#include "net/detail/server_tls.hpp"

#include <openssl/err.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace dockhost::net::detail {

namespace {

/// Without a callback OpenSSL asks for an encrypted key's passphrase on the terminal, and blocks.
int no_passphrase(char*, int, int, void*) {
  return -1;
}

/// Why it can't be read, in the system's words; empty if it can. OpenSSL's own are riddles.
std::string unreadable(const std::string& file) {
  std::FILE* const f = std::fopen(file.c_str(), "re");
  if (!f) return std::strerror(errno);
  std::fclose(f);
  return {};
}

} // namespace

std::string tls_reason() {
  const unsigned long code = ERR_peek_last_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  return reason ? reason : "error " + std::to_string(code);
}

basic_result<server_tls, std::string> make_server_tls(const server_tls_options& from) {
  const std::string& key = from.key_file.empty() ? from.certificate_file : from.key_file;
  for (const std::string& file : {from.certificate_file, key})
    if (const std::string why = unreadable(file); !why.empty())
      return fail("TLS: " + file + " can't be read: " + why);

  ERR_clear_error();
  const server_tls context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  if (!context) return fail("TLS can't be set up: " + tls_reason());
  SSL_CTX* const c = context.get();
  SSL_CTX_set_min_proto_version(c, TLS1_2_VERSION);
  SSL_CTX_set_options(c, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                             SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_IGNORE_UNEXPECTED_EOF);
  // Idle connections hold no buffers, and a write may be tried again from another place.
  SSL_CTX_set_mode(c, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                          SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_default_passwd_cb(c, no_passphrase);
  if (SSL_CTX_use_certificate_chain_file(c, from.certificate_file.c_str()) != 1)
    return fail("TLS: " + from.certificate_file + " holds no usable certificate: " + tls_reason());
  if (SSL_CTX_use_PrivateKey_file(c, key.c_str(), SSL_FILETYPE_PEM) != 1)
    return fail("TLS: " + key + " holds no usable key for the certificate: " + tls_reason());
  if (SSL_CTX_check_private_key(c) != 1)
    return fail("TLS: the key in " + key + " is not the certificate's");
  return context;
}

} // namespace dockhost::net::detail
