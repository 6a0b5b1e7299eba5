// SPDX-License-Identifier: MIT
#include "docker/engine_address.hpp"

#include <charconv>

namespace dockhost::docker {
namespace {

using address_result = basic_result<engine_address, std::string>;

address_result refuse(std::string_view docker_host, std::string_view why) {
  return fail(
      std::string("DOCKER_HOST \"").append(docker_host.substr(0, 200)).append("\": ").append(why));
}

void apply_tls(engine_address& out, const engine_tls& tls) {
  const auto or_file = [&](const std::string& one, const char* name) {
    return one.empty() && !tls.cert_path.empty() ? tls.cert_path + "/" + name : one;
  };
  out.tls = true;
  out.tls_verify = tls.verify;
  out.ca_file = or_file(tls.ca_file, "ca.pem");
  out.client_cert = or_file(tls.client_cert, "cert.pem");
  out.client_key = or_file(tls.client_key, "key.pem");
}

bool wanted(const engine_tls& tls) {
  return tls.verify || !tls.cert_path.empty() || !tls.ca_file.empty() || !tls.client_cert.empty();
}

/// "host", "host:port", "[v6]", "[v6]:port", each with an optional path.
address_result parse_tcp(std::string_view docker_host, std::string_view rest, bool https,
                         const engine_tls& tls) {
  engine_address out;
  const auto slash = rest.find('/');
  if (slash != rest.npos) {
    auto path = rest.substr(slash);
    while (path.ends_with('/'))
      path.remove_suffix(1);
    out.base_path = path;
    rest = rest.substr(0, slash);
  }
  std::string_view port;
  if (rest.starts_with('[')) {
    const auto end = rest.find(']');
    if (end == rest.npos) return refuse(docker_host, "the bracket is not closed");
    out.host = rest.substr(1, end - 1);
    port = rest.substr(end + 1);
    if (!port.empty() && !port.starts_with(':')) return refuse(docker_host, "no valid port");
    if (!port.empty()) port.remove_prefix(1);
    if (rest.ends_with(':')) return refuse(docker_host, "no valid port");
  } else {
    const auto colon = rest.find(':');
    out.host = rest.substr(0, colon);
    if (colon != rest.npos) {
      port = rest.substr(colon + 1);
      if (port.empty()) return refuse(docker_host, "no valid port");
    }
  }
  if (out.host.empty()) return refuse(docker_host, "the host is missing");
  if (https || wanted(tls)) apply_tls(out, tls);
  if (https) out.tls_verify = tls.verify || !wanted(tls);
  out.port = out.tls ? 2376 : 2375;
  if (!port.empty()) {
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), out.port);
    if (error != std::errc{} || end != port.data() + port.size() || out.port == 0)
      return refuse(docker_host, "no valid port");
  }
  return out;
}

address_result unix_socket(std::string_view docker_host, std::string_view path) {
  if (path.empty()) path = default_engine_socket;
  if (!path.starts_with('/')) return refuse(docker_host, "the socket's path must be absolute");
  if (path.size() > 107) return refuse(docker_host, "the socket's path is longer than 107 bytes");
  engine_address out;
  out.unix_path = path;
  return out;
}

} // namespace

std::string engine_address::text() const {
  if (!remote()) return "unix://" + unix_path;
  const auto name = host.find(':') == host.npos ? host : "[" + host + "]";
  return "tcp://" + name + ":" + std::to_string(port) + base_path;
}

address_result parse_engine_address(std::string_view docker_host, const engine_tls& tls) {
  if (docker_host.find_first_of(std::string_view("\0\r\n\t ", 5)) != docker_host.npos)
    return refuse(docker_host, "it holds a blank or control character");
  if (docker_host.empty()) return unix_socket(docker_host, {});
  if (docker_host.starts_with('/')) return unix_socket(docker_host, docker_host);
  const auto scheme_end = docker_host.find("://");
  if (scheme_end == docker_host.npos) return parse_tcp(docker_host, docker_host, false, tls);
  const auto scheme = docker_host.substr(0, scheme_end);
  const auto rest = docker_host.substr(scheme_end + 3);
  if (scheme == "unix") return unix_socket(docker_host, rest);
  if (scheme == "tcp" || scheme == "http") return parse_tcp(docker_host, rest, false, tls);
  if (scheme == "https") return parse_tcp(docker_host, rest, true, tls);
  if (scheme == "ssh")
    return refuse(docker_host, "ssh needs the docker program: set engine = \"cli\"");
  return refuse(docker_host, "only unix:// and tcp:// are known here");
}

} // namespace dockhost::docker
