// SPDX-License-Identifier: MIT
// The docker program. For machines where only that is allowed, and for addresses that only it
// reaches (ssh://); slower than the socket by some 20 ms a call.
#pragma once

#include "docker/engine.hpp"

#include <memory>

namespace dockhost::docker {

struct cli_options {
  std::string program = "docker"; ///< looked up in PATH when it has no slash
  std::string host;               ///< as DOCKER_HOST
  bool remote = false;            ///< not on this machine
  std::string published_host = "127.0.0.1";
  bool tls = false;
  bool tls_verify = false;
  std::string ca_file;
  std::string client_cert;
  std::string client_key;
};

/// Differences from the other engines: a pull's progress is what the program tells without a
/// terminal, which is a line per layer and step and none while one layer downloads, so `stall` has
/// to be longer than the longest layer takes. "already" is decided by a look before the change.
class cli_engine final : public engine {
public:
  explicit cli_engine(cli_options options);
  ~cli_engine() override;

  void info(milliseconds timeout, done<engine_info> done) override;
  void list(list_filter filter, milliseconds timeout,
            done<std::vector<container_summary>> done) override;
  void inspect(std::string id, milliseconds timeout, done<container_details> done) override;
  void stats(std::string id, milliseconds timeout, done<container_usage> done) override;
  void create(container_spec spec, milliseconds timeout, done<std::string> done) override;
  void put_archive(std::string id, std::string tar, milliseconds timeout, done<unit> done) override;
  void get_archive(std::string id, std::string path, milliseconds timeout,
                   done<std::string> done) override;
  void start(std::string id, milliseconds timeout, done<effect> done) override;
  void stop(std::string id, std::chrono::seconds grace, milliseconds timeout,
            done<effect> done) override;
  void unpause(std::string id, milliseconds timeout, done<effect> done) override;
  void pause(std::string id, milliseconds timeout, done<effect> done) override;
  void remove(std::string id, milliseconds timeout, done<effect> done) override;
  void has_image(std::string image, milliseconds timeout, done<bool> done) override;
  void pull(std::string image, milliseconds stall, std::function<void(std::string)> progress,
            done<unit> done) override;
  void ensure_network(network_spec spec, milliseconds timeout, done<network_effect> done) override;
  [[nodiscard]] std::unique_ptr<subscription>
  events(std::int64_t since_unix_nano, std::function<void(container_event)> on_event,
         std::function<void(engine_error)> on_end) override;
  [[nodiscard]] std::unique_ptr<log_stream> logs(log_request request,
                                                 log_handlers handlers) override;

private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace dockhost::docker
