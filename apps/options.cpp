// SPDX-License-Identifier: MIT
#include "apps/options.hpp"

#include "apps/nearest.hpp"

#include <algorithm>

namespace dockhost::apps {

namespace {

/// The function that reaches one member of one section.
template <auto Section, auto Member>
auto& at(settings& s) {
  return s.*Section.*Member;
}

constexpr double second = 1'000;
constexpr double minute = 60 * second;
constexpr double hour = 60 * minute;
constexpr double day = 24 * hour;

using s = settings;
using sv = server_settings;
using en = engine_settings;
using co = container_settings;
using po = port_settings;
using ca = capacity_settings;
using de = deadline_settings;
using li = live_settings;

constexpr option table[] = {
    {"server.url", &at<&s::server, &sv::url>,
     "The main server: host:port, http(s)://host, ws(s)://host, each with or without a path."},
    {"server.api_key", &at<&s::server, &sv::api_key>,
     "The key that the main server gave you. A file (below) or DOCKHOST_API_KEY is safer.", 0, 0,
     true},
    {"server.api_key_file", &at<&s::server, &sv::api_key_file>,
     "A file that holds the key alone (systemd credential, Docker secret)."},
    {"server.lan_ip", &at<&s::server, &sv::lan_ip>,
     "This machine's address as told to the main server; empty: found by itself."},
    {"server.ca_file", &at<&s::server, &sv::ca_file>,
     "PEM file of the authority that signed the server's certificate; empty: the system's."},
    {"server.client_cert", &at<&s::server, &sv::client_cert>,
     "PEM file of this node's own certificate, where the server asks for one."},
    {"server.client_key", &at<&s::server, &sv::client_key>, "PEM file of that certificate's key."},
    {"server.tls_verify", &at<&s::server, &sv::tls_verify>,
     "Whether the server's certificate is checked. Leave it on."},
    {"server.connect_timeout", &at<&s::server, &sv::connect_timeout>,
     "How long one attempt to connect may take.", second, 10 * minute},
    {"server.backoff_base", &at<&s::server, &sv::backoff_base>,
     "Upper end of the random wait before the first new attempt; it doubles with each.", 1, hour},
    {"server.backoff_cap", &at<&s::server, &sv::backoff_cap>, "The wait never gets longer.", 1,
     hour},
    {"server.backoff_reset_after", &at<&s::server, &sv::backoff_reset_after>,
     "A connection that lasted so long starts the waits anew.", 0, hour},
    {"server.refused_key_min", &at<&s::server, &sv::refused_key_min>,
     "Shortest wait after the server refused the key.", second, day},
    {"server.refused_key_max", &at<&s::server, &sv::refused_key_max>, "Longest wait after that.",
     second, day},
    {"server.rehandshake", &at<&s::server, &sv::rehandshake>,
     "Second, clean connect after a lost connection: auto (unless a DockHost hub), always, never."},
    {"server.rehandshake_delay", &at<&s::server, &sv::rehandshake_delay>,
     "How long after the loss: the server must have given up the old connection.", 0, hour},
    {"server.max_payload", &at<&s::server, &sv::max_payload>,
     "Largest message taken from the server.", 64.0 * 1024, 256.0 * 1024 * 1024, false, true},
    {"server.max_undelivered", &at<&s::server, &sv::max_undelivered>,
     "Answers kept for the next connection while there is none.", 0, 100'000},

    {"node.id", &at<&s::node, &node_identity_settings::id>,
     "UUID of this node; empty: from /etc/machine-id. Its containers carry it: don't change it."},
    {"node.state_dir", &at<&s::node, &node_identity_settings::state_dir>,
     "Folder of the request journal. Losing it loses no container."},

    {"engine.kind", &at<&s::engine, &en::kind>,
     "socket: the engine's API; cli: the docker program; simulated: none, for load tests."},
    {"engine.host", &at<&s::engine, &en::host>,
     "As DOCKER_HOST (unix:///path, tcp://host:port); empty: unix:///var/run/docker.sock."},
    {"engine.ca_file", &at<&s::engine, &en::ca_file>,
     "TLS to a tcp:// engine: PEM file of the authority (DOCKER_CERT_PATH/ca.pem)."},
    {"engine.client_cert", &at<&s::engine, &en::client_cert>,
     "TLS to a tcp:// engine: PEM file of the own certificate (DOCKER_CERT_PATH/cert.pem)."},
    {"engine.client_key", &at<&s::engine, &en::client_key>,
     "TLS to a tcp:// engine: PEM file of its key (DOCKER_CERT_PATH/key.pem)."},
    {"engine.tls_verify", &at<&s::engine, &en::tls_verify>,
     "Whether that engine's certificate is checked (DOCKER_TLS_VERIFY)."},
    {"engine.cli_path", &at<&s::engine, &en::cli_path>, "The docker program, for kind = \"cli\"."},
    {"engine.unary_slots", &at<&s::engine, &en::unary_slots>, "Engine calls at a time.", 1, 256},
    {"engine.long_slots", &at<&s::engine, &en::long_slots>,
     "Pulls and removals at a time, besides those.", 1, 256},
    {"engine.inspect_timeout", &at<&s::engine, &en::inspect_timeout>,
     "Deadline of short engine calls.", second, hour},
    {"engine.start_timeout", &at<&s::engine, &en::start_timeout>,
     "Deadline of one start of a container.", second, hour},
    {"engine.remove_timeout", &at<&s::engine, &en::remove_timeout>, "Deadline of one removal.",
     second, hour},
    {"engine.list_timeout", &at<&s::engine, &en::list_timeout>, "Deadline of one listing.", second,
     hour},
    {"engine.pull_stall", &at<&s::engine, &en::pull_stall>,
     "A pull without progress for so long has failed.", second, hour},
    {"engine.relist_interval", &at<&s::engine, &en::relist_interval>,
     "How often the inventory is compared with the engine.", second, hour},
    {"engine.simulated_containers", &at<&s::engine, &en::simulated_containers>,
     "Containers that a simulated engine holds at start.", 0, 100'000},
    {"engine.simulated_latency", &at<&s::engine, &en::simulated_latency>,
     "How long each call on a simulated engine takes.", 0, hour},

    {"containers.image", &at<&s::containers, &co::image>, "What users' containers are made of."},
    {"containers.name_prefix", &at<&s::containers, &co::name_prefix>,
     "Stands before the username in container names; may be empty."},
    {"containers.network", &at<&s::containers, &co::network>,
     "The bridge network of the containers; they can't reach each other on it."},
    {"containers.bind_address", &at<&s::containers, &co::bind_address>,
     "The address at which the containers' ports are published; empty: all."},
    {"containers.pull", &at<&s::containers, &co::pull>,
     "When the image is pulled: missing, always, never."},
    {"containers.memory_mb", &at<&s::containers, &co::memory_mb>,
     "Memory of one container, MiB; 0: no limit.", 0, 16.0 * 1024 * 1024},
    {"containers.cpus", &at<&s::containers, &co::cpus>, "Processors of one container; 0: no limit.",
     0, 4096},
    {"containers.pids", &at<&s::containers, &co::pids>, "Processes of one container; 0: no limit.",
     0, 4'194'304},
    {"containers.log_max_size", &at<&s::containers, &co::log_max_size>,
     "Size at which a container's log is rotated, as the engine writes sizes."},
    {"containers.log_max_files", &at<&s::containers, &co::log_max_files>,
     "Log files kept of one container.", 1, 1'000},
    {"containers.no_new_privileges", &at<&s::containers, &co::no_new_privileges>,
     "Whether programs inside can't gain rights (setuid, so sudo, stops working)."},
    {"containers.storage_size", &at<&s::containers, &co::storage_size>,
     "Disk quota such as \"10G\"; only on storage drivers that can enforce one. Empty: none."},
    {"containers.allow_request_image", &at<&s::containers, &co::allow_request_image>,
     "Whether a request may name another image; else one that does is refused."},
    {"containers.ssh_ready", &at<&s::containers, &co::ssh_ready>,
     "Whether a create waits until the container's SSH server answers."},
    {"containers.ssh_ready_timeout", &at<&s::containers, &co::ssh_ready_timeout>,
     "How long it waits at most.", 100, hour},
    {"containers.stop_grace", &at<&s::containers, &co::stop_grace>,
     "Time between the polite and the hard end of a stop.", 0, hour},

    {"ports.first", &at<&s::ports, &po::first>, "First host port that is given out.", 1, 65'533},
    {"ports.last", &at<&s::ports, &po::last>,
     "Last host port; 0: the last below the system's ephemeral range.", 0, 65'535},
    {"ports.max_attempts", &at<&s::ports, &po::max_attempts>,
     "Blocks tried for one create when others take the ports.", 1, 100},
    {"ports.quarantine", &at<&s::ports, &po::quarantine>,
     "How long a block rests that the engine found taken.", 0, day},

    {"capacity.max_containers", &at<&s::capacity, &ca::max_containers>,
     "Creates are refused from so many containers on.", 0, 100'000},
    {"capacity.min_free_disk_mb", &at<&s::capacity, &ca::min_free_disk_mb>,
     "Creates are refused with less disk space free, MiB; 0: never.", 0, 1e9},
    {"capacity.min_free_memory_mb", &at<&s::capacity, &ca::min_free_memory_mb>,
     "Creates are refused with less memory free, MiB; 0: never.", 0, 1e9},

    {"deadlines.create", &at<&s::deadlines, &de::create>, "A create is answered within it.", second,
     day},
    {"deadlines.start", &at<&s::deadlines, &de::start>, "A start is answered within it.", second,
     day},
    {"deadlines.stop_margin", &at<&s::deadlines, &de::stop_margin>,
     "A stop is answered within the grace period and this.", second, day},
    {"deadlines.remove", &at<&s::deadlines, &de::remove>, "A delete is answered within it.", second,
     day},
    {"deadlines.query", &at<&s::deadlines, &de::query>, "Checks and lists are answered within it.",
     10, hour},
    {"deadlines.shutdown", &at<&s::deadlines, &de::shutdown>,
     "From the request to stop to the node's end, at most.", second, hour},

    {"live.enabled", &at<&s::live, &li::enabled>,
     "Whether the live view (dashboard, states, logs, figures) is served."},
    {"live.address", &at<&s::live, &li::address>,
     "Where it listens. Without tokens only this machine is served: 127.0.0.1 or ::1."},
    {"live.port", &at<&s::live, &li::port>, "Its port; 0: any free one, named in the log.", 0,
     65'535},
    {"live.path", &at<&s::live, &li::path>,
     "Path of its Socket.IO server, which the dashboard is told."},
    {"live.tokens", &at<&s::live, &li::tokens>,
     "Who may use it: lines that `dockhost token new` prints. The tokens themselves are nowhere."},
    {"live.local_role", &at<&s::live, &li::local_role>,
     "Where there are no tokens, what everybody on this machine may do: viewer, operator."},
    {"live.origins", &at<&s::live, &li::origins>,
     "Origins of other sites whose pages may use it, such as \"https://panel.example.org\"."},
    {"live.managed_only", &at<&s::live, &li::managed_only>,
     "Whether it shows this node's own containers only."},
    {"live.foreign_actions", &at<&s::live, &li::foreign_actions>,
     "Whether operators may act on containers that are not this node's own."},
    {"live.compression", &at<&s::live, &li::compression>,
     "Whether messages to browsers are compressed (permessage-deflate)."},
    {"live.max_clients", &at<&s::live, &li::max_clients>, "Connections at a time.", 1, 100'000},
    {"live.max_clients_per_address", &at<&s::live, &li::max_clients_per_address>,
     "Connections at a time from one address.", 1, 100'000},
    {"live.max_streams", &at<&s::live, &li::max_streams>, "Log streams of one client.", 1, 10'000},
    {"live.max_requests", &at<&s::live, &li::max_requests>, "Requests of one client per second.", 1,
     100'000},
    {"live.max_http_requests", &at<&s::live, &li::max_http_requests>,
     "Requests for /api/ and /metrics of one address per second.", 1, 100'000},
    {"live.client_buffer", &at<&s::live, &li::client_buffer>,
     "What may wait for one client; beyond it, it is told what it has missed.",
     // Twice the longest line that is delivered whole: what comes before it takes a part, too.
     2.0 * 1024 * 1024, 256.0 * 1024 * 1024, false, true},
    {"live.max_payload", &at<&s::live, &li::max_payload>, "Largest message taken from a client.",
     1'024, 64.0 * 1024 * 1024, false, true},
    {"live.ping_interval", &at<&s::live, &li::ping_interval>,
     "How often a client must show that it lives.", 100, hour},
    {"live.ping_timeout", &at<&s::live, &li::ping_timeout>, "How long it may take to.", 100, hour},
    {"live.cert_file", &at<&s::live, &li::cert_file>,
     "TLS: PEM file of the certificate with its chain; empty: none."},
    {"live.key_file", &at<&s::live, &li::key_file>,
     "PEM file of its key; empty: in the certificate's file."},

    {"journal.keep", &at<&s::journal, &journal_settings::keep>,
     "How long the answer to a request id is remembered.", 10 * minute, 365 * day},

    {"log.level", &at<&s::log, &log_settings::level>,
     "trace, debug, info, warn or error. DEBUG=dockhost:* adds debug for some parts."},
    {"log.format", &at<&s::log, &log_settings::format>, "text for people, json for machines."},
    {"log.color", &at<&s::log, &log_settings::color>, "Colours, on a terminal only."},
};

} // namespace

std::span<const option> options() {
  return table;
}

const option* find_option(std::string_view name) {
  const auto* found = std::find_if(std::begin(table), std::end(table),
                                   [&](const option& o) { return o.name == name; });
  return found == std::end(table) ? nullptr : found;
}

std::string_view nearest_name(std::string_view wrong) {
  nearest search(wrong);
  const bool dotted = wrong.find('.') != std::string_view::npos;
  for (const auto& each : table) {
    search.consider(dotted ? each.name : each.section());
  }
  if (dotted && search.best().empty()) { // the right key in the wrong section
    const auto key = wrong.substr(wrong.find('.') + 1);
    for (const auto& each : table) {
      if (each.key() == key) return each.name;
    }
  }
  return search.best();
}

std::string variable_name(const option& which) {
  std::string out = "DOCKHOST_";
  for (const char c : which.name) {
    if (c == '.') {
      out += "__";
    } else {
      out.push_back(c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c);
    }
  }
  return out;
}

std::string example_file(const settings& values) {
  std::string out =
      "# DockHost node: every option with its default.\n"
      "# Durations: \"500ms\", \"30s\", \"10m\", \"2h\", or a number of seconds. Sizes: \"16MiB\", "
      "or bytes.\n"
      "# Above this file stand .env, then the environment (also DOCKHOST_SECTION__KEY), then "
      "flags.\n"
      "# `dockhost check-config` says whether all is well.\n";
  std::string_view section;
  for (const auto& each : table) {
    if (each.section() != section) {
      section = each.section();
      out.append("\n[").append(section).append("]\n");
    }
    out.append("# ").append(each.help).append("\n");
    out.append(each.key()).append(" = ");
    out.append(each.secret ? "\"\"" : toml_text(each.where, each.bytes, values)).append("\n");
  }
  return out;
}

} // namespace dockhost::apps
