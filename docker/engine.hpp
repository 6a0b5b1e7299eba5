// SPDX-License-Identifier: MIT
// The one seam to a container engine. Three implementations pass one contract suite (tests/docker):
// socket (Engine API over HTTP), cli (the docker program) and simulated (in memory).
//
// Rules for every call:
//  - It returns at once. Its callback runs exactly once, on a thread of the engine's choosing, and
//  must not block.
//  - `timeout` bounds the call; when it passes, the callback gets engine_errc::timeout. The engine
//  may still finish the work.
//  - Destroying the engine answers what is still out with engine_errc::unreachable before the
//  destructor returns.
//  - Nothing throws.
#pragma once

#include "core/log_rotation.hpp"
#include "core/start_time.hpp"
#include "core/stats.hpp"
#include "docker/engine_error.hpp"
#include "docker/log_stream.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace dockhost::docker {

/// Whether a call changed something: the engine's 204 against its 304 ("already there" is success).
enum class effect { changed, already };

struct engine_info {
  std::string version;        ///< "20.10.24"
  std::string api_version;    ///< what both sides speak, "1.41"
  std::string storage_driver; ///< "overlay2"
  std::string
      root_dir; ///< the engine's data directory, for the disk check; empty where it can't be known
  std::int64_t memory_bytes = 0;
  int cpus = 0;
  bool remote = false; ///< reached over TCP: bind probes and 127.0.0.1 don't apply
  std::string
      published_host; ///< where published ports answer: "127.0.0.1", or the remote engine's host
};

struct port_binding {
  std::uint16_t container_port = 0;
  std::string host_ip; ///< empty: all addresses
  std::uint16_t host_port = 0;
  std::string protocol = "tcp"; ///< or udp, sctp: ports of their own

  friend bool operator==(const port_binding&, const port_binding&) = default;
};

struct container_spec {
  std::string name;
  std::string image;
  std::string hostname;
  std::vector<std::string> env; ///< "NAME=value"
  std::map<std::string, std::string> labels;
  std::vector<port_binding> ports;
  std::string network; ///< empty: the engine's default
  std::string restart_policy = "unless-stopped";
  std::int64_t memory_bytes = 0; ///< 0: no limit; also the limit of memory plus swap
  std::int64_t nano_cpus = 0;    ///< 0: no limit
  std::int64_t pids_limit = 0;   ///< 0: no limit
  std::string log_max_size = "10m";
  int log_max_files = 3;
  bool no_new_privileges = true;
  std::string
      storage_size; ///< e.g. "10G", empty: no quota; only where the storage driver can enforce it
};

/// One container as `list` tells it. `ports` are the published ones that are really bound, so empty
/// when it is stopped.
struct container_summary {
  std::string id; ///< 64 hex
  std::string name;
  std::string image;
  std::string status; ///< the engine's State.Status: created, running, paused, restarting,
                      ///< removing, exited, dead
  std::int64_t created_unix = 0;
  std::map<std::string, std::string> labels;
  std::vector<port_binding> ports;
  start_time started; ///< while it runs or is paused; not exactly, where a listing says it in words
};

struct container_details {
  std::string id;
  std::string name; ///< without the leading slash
  std::string image;
  std::string status;
  std::string created; ///< ISO 8601, as the engine writes it
  std::string started_at;
  std::string finished_at;
  int exit_code = 0;
  bool oom_killed = false;
  std::int64_t pid = 0;
  bool tty = false;
  log_rotation log; ///< of its log files; of the engine's copy, where its log goes elsewhere
  std::map<std::string, std::string> labels;
  std::vector<port_binding>
      configured_ports;                  ///< HostConfig.PortBindings, also of a stopped container
  std::vector<port_binding> bound_ports; ///< NetworkSettings.Ports
};

struct list_filter {
  std::vector<std::string> labels; ///< "name=value" or "name"; all must match
};

/// A container event of the engine. Only a hint: the relist is the truth (the engine may skip
/// events).
struct container_event {
  std::string action; ///< "create", "start", "die", "stop", "pause", "unpause", "destroy", ... as
                      ///< the engine spells it
  std::string id;
  std::map<std::string, std::string> attributes; ///< labels, "name", "image", "exitCode"
  std::int64_t time_nano = 0;
};

/// What became of a network that was asked for.
enum class network_effect {
  made,     ///< as it was asked for
  isolated, ///< it was there, and its containers can't reach each other
  open,     ///< it was there, and they can, or nobody knows
};

struct network_spec {
  std::string name;
  bool inter_container = false; ///< com.docker.network.bridge.enable_icc
  std::map<std::string, std::string> labels;
};

/// An open event stream; destroying it ends it, and no callback runs once the destructor has
/// returned.
class subscription {
public:
  virtual ~subscription() = default;
};

class engine {
public:
  virtual ~engine() = default;

  using milliseconds = std::chrono::milliseconds;

  /// Reaches the engine, agrees on a version and says what it is.
  virtual void info(milliseconds timeout, done<engine_info> done) = 0;

  /// All containers that match, in any state.
  virtual void list(list_filter filter, milliseconds timeout,
                    done<std::vector<container_summary>> done) = 0;

  /// `id`: full id, unique prefix, or name.
  virtual void inspect(std::string id, milliseconds timeout, done<container_details> done) = 0;

  /// What the container uses now. conflict: it does not run. For engines whose machine's files
  /// can't be read: it costs the engine some work, and the docker program two seconds.
  virtual void stats(std::string id, milliseconds timeout, done<container_usage> done) = 0;

  /// Creates, does not start. Gives the full id. no_such_image, name_taken, bad_request.
  virtual void create(container_spec spec, milliseconds timeout, done<std::string> done) = 0;

  /// Unpacks an uncompressed tar archive into the container's `/`, running or not. Owners and modes
  /// are those of the archive.
  virtual void put_archive(std::string id, std::string tar, milliseconds timeout,
                           done<unit> done) = 0;

  /// A tar archive with the file or folder at `path` (absolute). not_found also when only the path
  /// is missing; symbolic links are not followed. An archive above 16 MiB is `failed`.
  virtual void get_archive(std::string id, std::string path, milliseconds timeout,
                           done<std::string> done) = 0;

  /// already: it was running. conflict: it is paused. port_taken leaves a created container that
  /// can't be mended: remove it.
  virtual void start(std::string id, milliseconds timeout, done<effect> done) = 0;

  /// SIGTERM, then SIGKILL after `grace`. already: it was not running. `timeout` must exceed
  /// `grace`.
  virtual void stop(std::string id, std::chrono::seconds grace, milliseconds timeout,
                    done<effect> done) = 0;

  /// already: it is not paused.
  virtual void unpause(std::string id, milliseconds timeout, done<effect> done) = 0;
  virtual void pause(std::string id, milliseconds timeout, done<effect> done) = 0;

  /// By force and with its anonymous volumes. already: there is none (404). conflict: a removal is
  /// in progress.
  virtual void remove(std::string id, milliseconds timeout, done<effect> done) = 0;

  /// Whether the image (name[:tag], no tag means latest) is on this engine.
  virtual void has_image(std::string image, milliseconds timeout, done<bool> done) = 0;

  /// Pulls name[:tag]. `progress` gets a line for a person, now and then. Ends with timeout when
  /// nothing has moved for `stall`. An error inside the engine's 200 stream is a failure here:
  /// no_such_image or failed.
  virtual void pull(std::string image, milliseconds stall,
                    std::function<void(std::string)> progress, done<unit> done) = 0;

  /// Makes sure that the bridge network exists; one that does is left as it is.
  virtual void ensure_network(network_spec spec, milliseconds timeout,
                              done<network_effect> done) = 0;

  /// Container events from `since_unix_nano` (engine clock; 0: from now) on. `on_end` runs once,
  /// when the stream is lost or refused.
  [[nodiscard]] virtual std::unique_ptr<subscription>
  events(std::int64_t since_unix_nano, std::function<void(container_event)> on_event,
         std::function<void(engine_error)> on_end) = 0;

  /// The container's log: what is there, then what comes if `follow` is set. Ends with not_found,
  /// or with unreachable where it broke off.
  [[nodiscard]] virtual std::unique_ptr<log_stream> logs(log_request request,
                                                         log_handlers handlers) = 0;
};

} // namespace dockhost::docker
