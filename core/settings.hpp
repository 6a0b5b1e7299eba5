// SPDX-License-Identifier: MIT
// Every setting of a node, with its default. apps/config fills it from file, environment and flags;
// nothing else reads those. conf/dockhost.toml documents each one; a test compares the two.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace dockhost {

enum class engine_kind { socket, cli, simulated };
enum class pull_policy { missing, always, never };
enum class log_format { text, json };
/// Whether the node does the planned re-handshake after an unclean drop (PROTOCOL.md part 1).
enum class rehandshake_policy { automatic, always, never };

struct server_settings {
  std::string url;     ///< host:port, http(s)://, ws(s)://, optional path; empty: not configured
  std::string api_key; ///< secret
  std::string api_key_file; ///< read when api_key is empty (systemd credential, Docker secret)
  std::string lan_ip;       ///< empty: found by itself
  std::string ca_file;
  std::string client_cert;
  std::string client_key;
  bool tls_verify = true;
  std::chrono::milliseconds connect_timeout{20'000};
  std::chrono::milliseconds backoff_base{1'000};
  std::chrono::milliseconds backoff_cap{5'000};
  std::chrono::milliseconds backoff_reset_after{
      10'000}; ///< a connection that stayed up so long resets the backoff
  std::chrono::milliseconds refused_key_min{30'000};
  std::chrono::milliseconds refused_key_max{600'000};
  rehandshake_policy rehandshake = rehandshake_policy::automatic;
  std::chrono::milliseconds rehandshake_delay{
      50'000}; ///< the old socket must have timed out at the server by then
  std::int64_t max_payload = 16 * 1024 * 1024; ///< of a received message, bytes
  std::int64_t max_undelivered = 1'000;        ///< replies kept for the next connection
};

struct node_identity_settings {
  std::string id; ///< UUID; empty: derived from /etc/machine-id
  std::string state_dir = "/var/lib/dockhost";
};

struct engine_settings {
  engine_kind kind = engine_kind::socket;
  std::string host;    ///< as DOCKER_HOST; empty: unix:///var/run/docker.sock
  std::string ca_file; ///< for tcp:// with TLS (DOCKER_TLS_VERIFY, DOCKER_CERT_PATH)
  std::string client_cert;
  std::string client_key;
  bool tls_verify = false;
  std::string cli_path = "docker";
  std::int64_t unary_slots = 8; ///< engine calls in flight
  std::int64_t long_slots = 32; ///< pulls and removals in flight
  std::chrono::milliseconds inspect_timeout{30'000};
  std::chrono::milliseconds start_timeout{60'000};
  std::chrono::milliseconds remove_timeout{300'000};
  std::chrono::milliseconds list_timeout{600'000};
  std::chrono::milliseconds pull_stall{120'000};
  std::chrono::milliseconds relist_interval{30'000};
  std::int64_t simulated_containers = 0; ///< what a simulated engine already holds at start
  std::chrono::milliseconds simulated_latency{0};
};

struct container_settings {
  std::string image = "sohampirale/instance";
  std::string name_prefix = "dockhost-";
  std::string network = "dockhost";
  std::string bind_address; ///< empty: all addresses
  pull_policy pull = pull_policy::missing;
  std::int64_t memory_mb = 512;
  double cpus = 0.5;
  std::int64_t pids = 512;
  std::string log_max_size = "10m";
  std::int64_t log_max_files = 3;
  bool no_new_privileges = true;
  std::string
      storage_size; ///< disk quota, e.g. "10G"; only where the storage driver can enforce it
  bool allow_request_image = false; ///< whether `image` of a create request is honoured
  bool ssh_ready = true;            ///< create waits for the SSH banner
  std::chrono::milliseconds ssh_ready_timeout{30'000};
  std::chrono::seconds stop_grace{10};
};

struct port_settings {
  std::int64_t first = 1024;
  std::int64_t last = 0;         ///< 0: the last one below the system's ephemeral range
  std::int64_t max_attempts = 8; ///< blocks tried for one create
  std::chrono::milliseconds quarantine{60'000};
};

struct capacity_settings {
  std::int64_t max_containers = 50;
  std::int64_t min_free_disk_mb = 1'024;
  std::int64_t min_free_memory_mb = 256;
};

struct deadline_settings {
  std::chrono::milliseconds create{240'000};
  std::chrono::milliseconds start{60'000};
  std::chrono::milliseconds stop_margin{30'000}; ///< added to the grace period
  std::chrono::milliseconds remove{60'000};
  std::chrono::milliseconds query{1'000};     ///< checks and lists
  std::chrono::milliseconds shutdown{60'000}; ///< SIGTERM to exit at most
};

/// What the holder of a token may do in the live view.
enum class live_role {
  viewer,   ///< see states, logs and figures
  operator_ ///< and start, stop, restart and delete containers
};

/// The live view: what the node serves to browsers.
struct live_settings {
  bool enabled = true;
  std::string address = "127.0.0.1";
  std::int64_t port = 4180; ///< 0: any free one
  std::string path = "/socket.io/";
  std::vector<std::string> tokens;          ///< "NAME ROLE SHA256 [EXPIRY]", see core/access_token
  live_role local_role = live_role::viewer; ///< of everybody, where there are no tokens
  std::vector<std::string> origins;         ///< besides the page's own
  bool managed_only = false;                ///< shows our own containers only
  bool foreign_actions = false;             ///< operators may act on containers that are not ours
  bool compression = false;
  std::int64_t max_clients = 8'192;
  std::int64_t max_clients_per_address = 1'024;
  std::int64_t max_streams = 64;       ///< log streams of one client
  std::int64_t max_requests = 50;      ///< of one client per second
  std::int64_t max_http_requests = 50; ///< for /api/ and /metrics, of one address per second
  std::int64_t client_buffer = 4 * 1024 * 1024; ///< bytes on their way to one client
  std::int64_t max_payload = 1'000'000;         ///< of a message from a client
  std::chrono::milliseconds ping_interval{25'000};
  std::chrono::milliseconds ping_timeout{20'000};
  std::string cert_file; ///< TLS, where set
  std::string key_file;  ///< empty: in cert_file
};

struct journal_settings {
  std::chrono::minutes keep{60}; ///< answers are remembered at least this long
};

struct log_settings {
  std::string level = "info"; ///< trace, debug, info, warn, error
  log_format format = log_format::text;
  bool color = true; ///< only on a terminal
};

struct settings {
  server_settings server;
  node_identity_settings node;
  engine_settings engine;
  container_settings containers;
  port_settings ports;
  capacity_settings capacity;
  deadline_settings deadlines;
  live_settings live;
  journal_settings journal;
  log_settings log;
};

} // namespace dockhost
