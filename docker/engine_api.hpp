// SPDX-License-Identifier: MIT
// How calls travel to an engine that speaks HTTP: version negotiation, deadlines, streams.
#pragma once

#include "docker/api_version.hpp"
#include "docker/call_gate.hpp"
#include "docker/call_kind.hpp"
#include "docker/engine_address.hpp"
#include "docker/event_sink.hpp"
#include "docker/log_sink.hpp"
#include "net/http_client.hpp"

#include <mutex>

namespace dockhost::docker {

/// Callbacks run on the io thread, and not after the gate was closed.
class engine_api {
public:
  using time_point = std::chrono::steady_clock::time_point;
  using response_fn = std::function<void(engine_result<net::http_response>)>;

  struct request {
    std::string method = "GET";
    std::string path = {}; ///< without the version, encoded
    std::string body = {};
    std::string content_type = {};
  };

  /// `log_io` reads the logs, and runs their handlers; it may be `io`.
  engine_api(net::io_thread& io, net::io_thread& log_io, const engine_address& address,
             call_gate gate);
  /// The gate must be closed by then.
  ~engine_api();
  engine_api(const engine_api&) = delete;
  engine_api& operator=(const engine_api&) = delete;

  /// Any answer of the engine is a value here, whatever its status.
  void call(request what, time_point deadline, response_fn fn);
  /// As `call`, without a version in the path.
  void call_unversioned(request what, time_point deadline, response_fn fn);
  /// Agrees on a version, or gives the one agreed on before.
  void with_version(time_point deadline, std::function<void(engine_result<api_version>)> fn);

  void events(std::int64_t since_unix_nano, std::weak_ptr<event_sink> sink);
  void logs(log_request what, std::weak_ptr<log_sink> sink);
  void pull(std::string image, std::chrono::milliseconds stall,
            std::function<void(std::string)> progress, done<unit> answer);

  /// On the io thread, if the gate is still open.
  void post(std::function<void()> fn);

private:
  struct pull_job;

  void retry_with_new_version(request what, time_point deadline, api_version tried,
                              net::http_response refused, response_fn fn);
  void forget_version();
  [[nodiscard]] std::string target(api_version version, std::string_view path) const;
  void open_events(api_version version, std::int64_t since, std::weak_ptr<event_sink> sink);
  void open_logs(api_version version, const log_request& what, std::weak_ptr<log_sink> sink);
  void open_pull(api_version version, std::shared_ptr<pull_job> job);
  void pull_moved(const std::shared_ptr<pull_job>& job);
  void end_pull(const std::shared_ptr<pull_job>& job, engine_result<unit> result);

  net::io_thread& io_;
  const net::endpoint endpoint_;
  const std::string base_path_;
  call_gate gate_;
  net::http_client client_;
  net::http_client log_client_;
  std::mutex mutex_; // of the rest
  std::optional<api_version> version_;
  std::vector<std::weak_ptr<pull_job>> pulls_;
};

[[nodiscard]] engine_error to_engine_error(const net::net_error& e);

} // namespace dockhost::docker
