// SPDX-License-Identifier: MIT
// Where the main server is, from what a person writes into the configuration (PROTOCOL part 1).
#pragma once

#include "core/error.hpp"
#include "net/endpoint.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace dockhost::actors {

struct server_address {
  std::string host; ///< name or address; IPv6 without brackets
  std::uint16_t port = 0;
  bool tls = false;
  std::string path; ///< of the Socket.IO server: "/socket.io/", "/prefix/socket.io/"

  friend bool operator==(const server_address&, const server_address&) = default;
};

/// `host[:port]`, `http(s)://` or `ws(s)://` before it, each with or without a path. The port is
/// 443 with https and wss, else 80. A path `/prefix` means `/prefix/socket.io/`; one that ends in
/// `/socket.io` is taken as it is. White space around it is ignored. Refused as `invalid_request`,
/// with a message that says what is wrong: other schemes, user info, queries, fragments, ports
/// outside 1..65535, IPv6 without brackets, and characters that no host name or path has. The
/// message never repeats the text, which could hold a password.
[[nodiscard]] result<server_address> parse_server_url(std::string_view text);

/// For a person: "https://example.org:443/socket.io/".
[[nodiscard]] std::string to_string(const server_address& address);

[[nodiscard]] net::endpoint to_endpoint(const server_address& address, const net::tls_options& tls);

} // namespace dockhost::actors
