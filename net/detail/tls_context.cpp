// SPDX-License-Identifier: MIT
#include "net/detail/tls_context.hpp"

#include "net/detail/asio_types.hpp"

#include <openssl/ssl.h>

#include <string>

namespace dockhost::net::detail {

namespace {

namespace ssl = boost::asio::ssl;

failure<net_error> file_failure(const std::string& what, const std::string& file,
                                const error_code& ec) {
  return fail(net_error{net_errc::tls, what + " " + file + ": " + ec.message()});
}

} // namespace

net_result<std::shared_ptr<tls_context>> make_client_tls(const tls_options& options) try {
  auto context = std::make_shared<tls_context>(ssl::context::tls_client);
  SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
  // Write buffers may move between retries of one write, and idle connections give theirs back.
  SSL_CTX_set_mode(context->native_handle(), SSL_MODE_RELEASE_BUFFERS);
  error_code ec;
  // Without it OpenSSL asks for an encrypted key's passphrase on the terminal, and blocks.
  context->set_password_callback(
      [](std::size_t, ssl::context::password_purpose) { return std::string(); }, ec);
  context->set_verify_mode(options.verify ? ssl::verify_peer : ssl::verify_none, ec);
  if (options.verify) {
    if (options.ca_file.empty()) {
      context->set_default_verify_paths(ec);
    } else if (context->load_verify_file(options.ca_file, ec)) {
      return file_failure("CA file", options.ca_file, ec);
    }
  }
  if (!options.client_cert.empty()) {
    if (context->use_certificate_chain_file(options.client_cert, ec))
      return file_failure("client certificate", options.client_cert, ec);
    const std::string& key = options.client_key.empty() ? options.client_cert : options.client_key;
    if (context->use_private_key_file(key, ssl::context::pem, ec))
      return file_failure("client key", key, ec);
  }
  return context;
} catch (const std::exception& e) {
  return fail(net_error{net_errc::tls, std::string("TLS can't be set up: ") + e.what()});
}

} // namespace dockhost::net::detail
