// SPDX-License-Identifier: MIT
#pragma once

#include "net/endpoint.hpp"
#include "net/error.hpp"

#include <boost/asio/ssl/context.hpp>

#include <memory>
#include <string>

namespace dockhost::net::detail {

/// An endpoint with what is derived from it, shared by all connections to it. Used on the io thread
/// only, once built.
class remote {
public:
  explicit remote(endpoint where);

  [[nodiscard]] const endpoint& where() const { return where_; }
  [[nodiscard]] bool is_unix() const { return !where_.unix_path.empty(); }
  /// For messages: "127.0.0.1:3001", "[::1]:3001", "/var/run/docker.sock".
  [[nodiscard]] const std::string& name() const { return name_; }
  /// For the Host header: without the scheme's default port; "localhost" on a unix socket.
  [[nodiscard]] const std::string& host_header() const { return host_header_; }
  /// Made at the first call, kept when it succeeds (files may be mended meanwhile).
  [[nodiscard]] net_result<std::shared_ptr<boost::asio::ssl::context>> tls();

private:
  endpoint where_;
  std::string name_;
  std::string host_header_;
  std::shared_ptr<boost::asio::ssl::context> tls_;
};

/// Host and port as in a URL: IPv6 in brackets.
[[nodiscard]] std::string host_port(const std::string& host, std::uint16_t port);

} // namespace dockhost::net::detail
