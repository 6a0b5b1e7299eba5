// SPDX-License-Identifier: MIT
#include "apps/engine_options.hpp"

namespace dockhost::apps {

docker::engine_options engine_options_of(const engine_settings& values) {
  docker::engine_options out;
  out.kind = values.kind;
  out.host = values.host;
  out.tls_verify = values.tls_verify;
  out.ca_file = values.ca_file;
  out.client_cert = values.client_cert;
  out.client_key = values.client_key;
  out.cli_path = values.cli_path;
  out.simulated_containers = static_cast<std::size_t>(values.simulated_containers);
  out.simulated_latency = values.simulated_latency;
  return out;
}

basic_result<docker::engine_address, std::string> engine_address_of(const engine_settings& values) {
  return docker::parse_engine_address(values.host, {.verify = values.tls_verify,
                                                    .cert_path = {},
                                                    .ca_file = values.ca_file,
                                                    .client_cert = values.client_cert,
                                                    .client_key = values.client_key});
}

bool ports_are_here(const engine_settings& values) {
  if (values.kind == engine_kind::simulated) return false;
  const auto address = engine_address_of(values);
  return address.ok() && !address->remote(); // ssh:// is none that can be parsed
}

} // namespace dockhost::apps
