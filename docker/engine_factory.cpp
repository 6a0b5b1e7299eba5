// SPDX-License-Identifier: MIT
#include "docker/engine_factory.hpp"

#include "docker/cli_engine.hpp"
#include "docker/engine_address.hpp"
#include "docker/simulated_engine.hpp"
#include "docker/socket_engine.hpp"
#include "net/io_thread.hpp"

namespace dockhost::docker {
namespace {

using made = basic_result<std::unique_ptr<engine>, std::string>;

engine_tls tls_of(const engine_options& options) {
  return {options.tls_verify, options.cert_path, options.ca_file, options.client_cert,
          options.client_key};
}

std::unique_ptr<engine> simulated(engine_options options, net::io_thread& io) {
  simulated_options out;
  out.containers = options.simulated_containers;
  out.latency = options.simulated_latency;
  out.existing = std::move(options.simulated_existing);
  return std::make_unique<simulated_engine>(io, std::move(out));
}

/// The host of "ssh://user@host:port/...".
std::string ssh_host(std::string_view url) {
  url.remove_prefix(std::string_view("ssh://").size());
  url = url.substr(0, url.find('/'));
  if (const auto at = url.rfind('@'); at != url.npos) url.remove_prefix(at + 1);
  if (url.starts_with('[')) return std::string(url.substr(1, url.find(']') - 1));
  return std::string(url.substr(0, url.find(':')));
}

made cli(const engine_options& options) {
  cli_options out;
  out.program = options.cli_path.empty() ? "docker" : options.cli_path;
  if (options.host.starts_with("ssh://")) {
    out.host = options.host;
    out.remote = true;
    out.published_host = ssh_host(options.host);
    return std::unique_ptr<engine>(std::make_unique<cli_engine>(std::move(out)));
  }
  auto address = parse_engine_address(options.host, tls_of(options));
  if (!address) return fail(std::move(address).err());
  out.host = address->text();
  out.remote = address->remote();
  out.published_host = address->published_host();
  out.tls = address->tls;
  out.tls_verify = address->tls_verify;
  out.ca_file = address->ca_file;
  out.client_cert = address->client_cert;
  out.client_key = address->client_key;
  return std::unique_ptr<engine>(std::make_unique<cli_engine>(std::move(out)));
}

} // namespace

made make_engine(engine_options options, net::io_thread& io) {
  switch (options.kind) {
  case engine_kind::simulated: return simulated(std::move(options), io);
  case engine_kind::cli: return cli(options);
  case engine_kind::socket: break;
  }
  auto address = parse_engine_address(options.host, tls_of(options));
  if (!address) return fail(std::move(address).err());
  return std::unique_ptr<engine>(
      std::make_unique<socket_engine>(io, std::move(address).value(), options.log_io));
}

} // namespace dockhost::docker
