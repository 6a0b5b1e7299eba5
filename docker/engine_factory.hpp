// SPDX-License-Identifier: MIT
#pragma once

#include "core/settings.hpp"
#include "docker/engine.hpp"

#include <memory>

namespace dockhost::net {
class io_thread;
}

namespace dockhost::docker {

struct engine_options {
  engine_kind kind = engine_kind::socket;
  std::string host;        ///< as DOCKER_HOST; empty: unix:///var/run/docker.sock
  bool tls_verify = false; ///< DOCKER_TLS_VERIFY is not empty
  std::string cert_path;   ///< DOCKER_CERT_PATH
  std::string ca_file;     ///< PEM files, each above what cert_path holds
  std::string client_cert;
  std::string client_key;
  std::string cli_path = "docker";
  std::size_t simulated_containers = 0;
  std::chrono::milliseconds simulated_latency{0};
  /// What the simulated engine's containers are like, by number; none: simulated_engine's own.
  std::function<container_spec(std::size_t)> simulated_existing;
  /// Reads the logs of an engine that is reached by its socket; none: `io` does. Outlives the
  /// engine.
  net::io_thread* log_io = nullptr;
};

/// The engine that `options` name; it is reached with its first call, not here. The error is a
/// sentence for a person about the address. `io` must outlive the engine.
[[nodiscard]] basic_result<std::unique_ptr<engine>, std::string> make_engine(engine_options options,
                                                                             net::io_thread& io);

} // namespace dockhost::docker
