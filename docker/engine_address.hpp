// SPDX-License-Identifier: MIT
// Where an engine is reached: DOCKER_HOST and its companions, as the docker program understands
// them. Pure: the caller reads the environment.
#pragma once

#include "core/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace dockhost::docker {

inline constexpr std::string_view default_engine_socket = "/var/run/docker.sock";

struct engine_tls {
  bool verify = false;          ///< DOCKER_TLS_VERIFY is not empty
  std::string cert_path = {};   ///< DOCKER_CERT_PATH: a folder with ca.pem, cert.pem, key.pem
  std::string ca_file = {};     ///< one by one, each above cert_path
  std::string client_cert = {}; ///< PEM
  std::string client_key = {};  ///< PEM
};

struct engine_address {
  std::string unix_path; ///< not empty: a unix socket, and the rest has no meaning
  std::string host;      ///< IPv6 without brackets
  std::uint16_t port = 0;
  std::string base_path; ///< "/prefix" of a proxied engine, else empty
  bool tls = false;
  bool tls_verify = false;
  std::string ca_file;
  std::string client_cert;
  std::string client_key;

  [[nodiscard]] bool remote() const { return unix_path.empty(); }
  /// Where published ports answer.
  [[nodiscard]] std::string published_host() const { return remote() ? host : "127.0.0.1"; }
  /// As DOCKER_HOST, for the docker program and for people.
  [[nodiscard]] std::string text() const;

  friend bool operator==(const engine_address&, const engine_address&) = default;
};

/// `docker_host`: "" (the default socket), "unix:///path", "/path", "tcp://host[:port][/path]",
/// "http(s)://...", "host:port". The port defaults to 2375, or 2376 with TLS, which is used where
/// any value of `tls` is set. The error is a sentence for a person; ssh:// needs the docker
/// program and is refused here.
[[nodiscard]] basic_result<engine_address, std::string>
parse_engine_address(std::string_view docker_host, const engine_tls& tls);

} // namespace dockhost::docker
