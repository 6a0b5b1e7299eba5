// SPDX-License-Identifier: MIT
// What a node's actors are given from outside: settings, identity, and the functions that touch the
// machine. Tests hand in their own. Immutable once the actors run; every function is safe from any
// thread and does not block.
#pragma once

#include "actors/node/link_verdict.hpp"
#include "actors/node/node_metrics.hpp"
#include "core/executor.hpp"
#include "core/port_block.hpp"
#include "core/settings.hpp"
#include "core/username.hpp"
#include "docker/engine.hpp"
#include "net/http_server.hpp"
#include "platform/ed25519.hpp"
#include "json/json.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace dockhost::actors {

class live_outlet;

/// One connection to the main server (actors/link); destroying it drops it.
class server_link {
public:
  virtual ~server_link() = default;
  // With a number, on_done follows with it, unless the link is destroyed before.
  virtual void emit(std::string event, json::array arguments,
                    std::optional<std::uint64_t> number) = 0;
  virtual void acknowledge(std::uint64_t ack, json::array arguments,
                           std::optional<std::uint64_t> number) = 0;
  /// A disconnect packet, then the transport's close; on_closed follows.
  virtual void close() = 0;
  /// For logs and figures, which let replies pass. Outlives the link, and is closed then.
  [[nodiscard]] virtual std::shared_ptr<live_outlet> outlet() = 0;
  /// Bytes the server takes in one packet; 0 while unknown.
  [[nodiscard]] virtual std::size_t max_payload() const = 0;
};

/// Called on the io thread (on_done also on the caller's).
struct server_link_handlers {
  std::function<void()> on_connected;
  std::function<void(std::string)> on_refused; ///< CONNECT_ERROR's message; the link is over
  std::function<void(std::string name, json::array arguments, std::optional<std::uint64_t> ack)>
      on_event;
  std::function<void(std::uint64_t number, link_verdict verdict)> on_done;
  /// A ping of the server came and was answered. In order with on_done.
  std::function<void()> on_heartbeat;
  std::function<void(std::string reason, bool clean)>
      on_closed; ///< once, also when it never opened
};

struct probe_result {
  bool answered = false;
  std::string why;
};

/// What browsers come in by (net's HTTP server); destroying it drops them.
class live_door {
public:
  virtual ~live_door() = default;
  /// Takes no one in any more, and drops in a second who has not gone by then; `done` runs after
  /// that, on the io thread.
  virtual void shut(std::function<void()> done) = 0;
  [[nodiscard]] virtual net::http_server_stats stats() const = 0;
};
/// Called on the io thread for each request.
using live_request_fn = std::function<void(std::shared_ptr<net::http_exchange>)>;

struct environment {
  settings config;
  std::string node_id;
  std::string boot_id;
  std::string version;

  std::function<std::shared_ptr<docker::engine>()> make_engine;
  std::function<std::unique_ptr<server_link>(const std::string& api_key, server_link_handlers)>
      open_link;
  /// One attempt to read an SSH banner there.
  std::function<void(std::string host, std::uint16_t port, std::chrono::milliseconds timeout,
                     std::function<void(probe_result)>)>
      probe_ssh;
  executor* io = nullptr; ///< the io thread; nothing: no live view
  /// Listens as the settings say; or says why it can't.
  std::function<basic_result<std::unique_ptr<live_door>, std::string>(live_request_fn)> open_door;
  /// Answers with a file of the dashboard, if there is one at that path; on the io thread.
  std::function<bool(const std::shared_ptr<net::http_exchange>&)> serve_file;
  std::function<bool(port_block)> can_bind;
  std::function<result<platform::ed25519_key>()> new_host_key;
  std::function<std::string()> new_id;   ///< a random UUID
  std::function<double()> uniform;       ///< [0,1)
  std::function<std::int64_t()> unix_ms; ///< wall clock
  std::function<std::optional<std::int64_t>(const std::string& path)> disk_free_bytes;
  std::function<std::optional<std::int64_t>()> memory_available_bytes;
  sha256_fn sha256;
  /// Outlives each actor, so that a restart loses no count.
  std::shared_ptr<node_metrics> metrics = std::make_shared<node_metrics>();
};

using environment_ptr = std::shared_ptr<const environment>;

} // namespace dockhost::actors
