// SPDX-License-Identifier: MIT
// The Engine API over HTTP, through a unix socket or TCP, with or without TLS.
#pragma once

#include "docker/engine.hpp"
#include "docker/engine_address.hpp"

#include <memory>

namespace dockhost::net {
class io_thread;
}

namespace dockhost::docker {

/// Callbacks run on the io thread, those of logs on `log_io`; both must outlive the engine.
class socket_engine final : public engine {
public:
  /// `log_io`: reads the logs; none: `io` does.
  socket_engine(net::io_thread& io, engine_address address, net::io_thread* log_io = nullptr);
  ~socket_engine() override;

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
