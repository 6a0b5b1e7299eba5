// SPDX-License-Identifier: MIT
#include "actors/live/metrics_page.hpp"

#include "protocol/live_requests.hpp"

#include <array>

namespace dockhost::actors {

namespace {

using enum metric_kind;

static_assert(protocol::live_request_events.size() == live_request_kinds);
static_assert(std::variant_size_v<protocol::live_request> == live_request_kinds);

constexpr std::array<std::string_view, 8> shown_states = {
    "created", "running", "paused", "restarting", "stopping", "stopped", "dead", "unknown"};
constexpr std::array<std::string_view, 5> link_states = {"none", "connecting", "connected",
                                                         "disconnected", "refused"};

std::uint64_t as_number(bool b) {
  return b ? 1 : 0;
}

void commands(metrics_text& out, const node_metrics& m) {
  out.family("dockhost_commands_total", counter,
             "Commands and questions of the main server that are over, by kind and outcome.");
  for (std::size_t c = 0; c < m.commands.size(); ++c) {
    const auto& outcomes = m.commands[c].outcomes;
    for (std::size_t o = 0; o < outcomes.size(); ++o) {
      const auto word = o == 0 ? std::string_view("ok") : to_string(static_cast<errc>(o - 1));
      out.value({{"command", command_labels[c]}, {"outcome", word}}, outcomes[o].value());
    }
  }
  out.family("dockhost_command_duration_seconds", histogram,
             "From a request of the main server to its outcome.");
  for (std::size_t c = 0; c < m.commands.size(); ++c)
    out.value({{"command", command_labels[c]}}, m.commands[c].seconds.read());
  out.single("dockhost_replies_dropped_total", counter,
             "Replies that were ready and could not be delivered any more.",
             m.replies_dropped.value());
}

void engine(metrics_text& out, const node_metrics& m, const metrics_sample& now) {
  out.single("dockhost_engine_reachable", gauge, "Whether the container engine answers.",
             as_number(now.engine_reachable));
  out.single("dockhost_engine_outages_total", counter,
             "How often the container engine was found to be gone.", m.engine_outages.value());
  out.family("dockhost_engine_call_duration_seconds", histogram,
             "Calls to the container engine by operation, their wait for a turn included.");
  for (std::size_t i = 0; i < m.engine.size(); ++i)
    out.value({{"operation", engine_operation_labels[i]}}, m.engine[i].seconds.read());
  out.family("dockhost_engine_call_errors_total", counter,
             "Calls to the container engine that failed, by operation and error.");
  for (std::size_t i = 0; i < m.engine.size(); ++i) {
    for (std::size_t e = 0; e < m.engine[i].errors.size(); ++e)
      out.value({{"operation", engine_operation_labels[i]},
                 {"error", docker::to_string(static_cast<docker::engine_errc>(e))}},
                m.engine[i].errors[e].value());
  }
  out.single("dockhost_engine_event_streams_lost_total", counter,
             "How often the engine's event stream ended.", m.event_streams_lost.value());
  out.single("dockhost_engine_events_missed_total", counter,
             "Changes of containers that a listing showed and no event had told.",
             m.events_missed.value());
}

void link(metrics_text& out, const node_metrics& m, const metrics_sample& now) {
  out.family("dockhost_server_connection_state", gauge,
             "1 for the present state of the connection to the main server.");
  for (const auto state : link_states)
    out.value({{"state", state}}, as_number(state == now.main_server));
  out.single("dockhost_server_connection_attempts_total", counter,
             "Attempts to connect to the main server.", m.connection_attempts.value());
  const auto connections = m.connections.value();
  out.single("dockhost_server_connections_total", counter,
             "Connections to the main server that were accepted.", connections);
  out.single("dockhost_server_reconnects_total", counter, "The same without the first one.",
             connections == 0 ? 0 : connections - 1);
  out.single("dockhost_server_refusals_total", counter,
             "How often the main server refused the key.", m.connections_refused.value());
  out.family("dockhost_server_connections_lost_total", counter,
             "Connections to the main server that ended, by whether both sides agreed.");
  out.value({{"end", "clean"}}, m.connections_lost_clean.value());
  out.value({{"end", "unclean"}}, m.connections_lost.value());
  out.single("dockhost_server_queued_bytes", gauge,
             "Bytes of logs and figures that wait for the main server.", now.server_queued);
}

void containers(metrics_text& out, const metrics_sample& now) {
  out.family("dockhost_containers", gauge,
             "Containers of the engine by state, and whether they are this node's own.");
  for (const bool own : {true, false}) {
    for (const auto state : shown_states) {
      const auto it = now.containers.find({state, own});
      out.value({{"state", state}, {"managed", own ? "true" : "false"}},
                it == now.containers.end() ? std::uint64_t{0} : it->second);
    }
  }
  if (!now.ports) return;
  out.family("dockhost_port_blocks", gauge,
             "Blocks of three ports of the configured range: those that may be given out, and all "
             "others.");
  out.value({{"state", "free"}}, std::uint64_t{now.ports->free});
  out.value({{"state", "taken"}}, std::uint64_t{now.ports->taken});
}

void logs(metrics_text& out, const log_counts& l) {
  out.single("dockhost_log_streams", gauge, "Containers whose log is being read.",
             std::uint64_t{l.streams});
  out.single("dockhost_log_watchers", gauge, "Clients' log streams.", std::uint64_t{l.watchers});
  out.single("dockhost_log_lines_total", counter, "Log lines read from the engine.", l.lines);
  out.single("dockhost_log_read_bytes_total", counter, "Log bytes read from the engine.", l.bytes);
  out.single("dockhost_log_mended_lines_total", counter,
             "Log lines that the engine's follow left out, put in their place.", l.mended);
  out.family("dockhost_log_gaps_total", counter,
             "How often clients were told that log lines are missing, by reason.");
  out.value({{"reason", "slow_client"}}, l.gaps_slow_client);
  out.value({{"reason", "rotation"}}, l.gaps_rotation);
  out.value({{"reason", "engine_restart"}}, l.gaps_engine_restart);
  out.value({{"reason", "line_too_long"}}, l.gaps_line_too_long);
  out.family("dockhost_log_gap_lines_total", counter,
             "Log lines that clients were told are missing or cut off, by reason, without those of "
             "which nobody knows how many.");
  const auto lines = [&l](log_gap_reason reason) {
    return l.gap_lines[static_cast<std::size_t>(reason)];
  };
  out.value({{"reason", "slow_client"}}, lines(log_gap_reason::slow_client));
  out.value({{"reason", "rotation"}}, lines(log_gap_reason::rotation));
  out.value({{"reason", "engine_restart"}}, lines(log_gap_reason::engine_restart));
  out.value({{"reason", "line_too_long"}}, lines(log_gap_reason::line_too_long));
}

void live(metrics_text& out, const node_metrics& m, const metrics_sample& now) {
  out.family("dockhost_live_clients", gauge, "Clients of the live view by role.");
  out.value({{"role", "viewer"}}, now.viewers);
  out.value({{"role", "operator"}}, now.operators);
  out.family("dockhost_live_requests_total", counter, "Requests of those clients by kind.");
  for (std::size_t i = 0; i < live_request_kinds; ++i)
    out.value({{"request", protocol::live_request_events[i]}}, m.live_requests[i].value());
  out.family("dockhost_live_refusals_total", counter,
             "What the live view refused, connections included, by error code.");
  for (std::size_t i = 0; i < refusal_labels.size(); ++i)
    out.value({{"code", refusal_labels[i]}}, m.live_refusals[i].value());
  out.single("dockhost_http_connections", gauge, "Open connections of the live view's server.",
             std::uint64_t{now.http.connections});
  out.single("dockhost_http_websockets", gauge, "WebSockets among them.",
             std::uint64_t{now.http.websockets});
  out.single("dockhost_http_queued_bytes", gauge,
             "Bytes on their way to all clients, not yet given to the kernel.",
             std::uint64_t{now.http.bytes_queued});
  out.single("dockhost_http_input_bytes", gauge, "Bytes held of unfinished requests and messages.",
             std::uint64_t{now.http.bytes_input});
  out.single("dockhost_http_accepted_total", counter, "Connections accepted.", now.http.accepted);
  out.single("dockhost_http_refused_total", counter, "Connections closed by a limit.",
             now.http.refused);
  out.single("dockhost_http_requests_total", counter, "HTTP requests, handshakes included.",
             now.http.requests);
}

/// Under the names that every exporter uses, so that ready-made boards know them.
void process(metrics_text& out, const platform::process_figures& p) {
  out.single("process_resident_memory_bytes", gauge, "Resident memory size in bytes.",
             p.resident_bytes);
  out.single("process_cpu_seconds_total", counter, "User and system processor time in seconds.",
             p.cpu_seconds);
  out.single("process_threads", gauge, "Number of threads.", p.threads);
  out.single("process_open_fds", gauge, "Number of open file descriptors.", p.open_fds);
  out.single("process_max_fds", gauge, "Maximum number of open file descriptors.", p.max_fds);
}

} // namespace

std::string metrics_page(const node_metrics& counted, const metrics_sample& now) {
  metrics_text out;
  out.family("dockhost_build_info", gauge, "1, with the version of the program.");
  out.value({{"version", now.version}}, std::uint64_t{1});
  commands(out, counted);
  engine(out, counted, now);
  link(out, counted, now);
  containers(out, now);
  if (now.logs) logs(out, *now.logs);
  live(out, counted, now);
  out.family("dockhost_actors", gauge, "Living actors by kind.");
  for (std::size_t i = 0; i < actor_labels.size(); ++i)
    out.value({{"actor", actor_labels[i]}}, counted.actors[i].value());
  if (now.process) process(out, *now.process);
  out.single("dockhost_scrape_parts_missing_total", counter,
             "Parts left out of such a text, because an actor did not answer in time.",
             counted.scrape_parts_missing.value());
  return out.take();
}

} // namespace dockhost::actors
