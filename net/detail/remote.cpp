// SPDX-License-Identifier: MIT
#include "net/detail/remote.hpp"

#include "net/detail/tls_context.hpp"

namespace dockhost::net::detail {

namespace {

std::string bracketed(const std::string& host) {
  return host.find(':') == std::string::npos ? host : "[" + host + "]";
}

} // namespace

std::string host_port(const std::string& host, std::uint16_t port) {
  return bracketed(host) + ":" + std::to_string(port);
}

remote::remote(endpoint where) : where_(std::move(where)) {
  if (is_unix()) {
    name_ = where_.unix_path;
    host_header_ = "localhost";
    return;
  }
  name_ = host_port(where_.host, where_.port);
  host_header_ = where_.port == (where_.tls ? 443 : 80) ? bracketed(where_.host) : name_;
}

net_result<std::shared_ptr<boost::asio::ssl::context>> remote::tls() {
  if (tls_) return tls_;
  auto made = make_client_tls(where_.tls_settings);
  if (made) tls_ = made.value();
  return made;
}

} // namespace dockhost::net::detail
