// SPDX-License-Identifier: MIT
// What the node counts of itself. Each number is written by one actor and read at a scrape; the
// labels are all from closed lists.
#pragma once

#include "core/error.hpp"
#include "core/metrics.hpp"
#include "docker/engine_error.hpp"

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace dockhost::actors {

/// What the main server asks for.
enum class counted_command { create, start, stop, remove, list, check, other };
inline constexpr std::array<std::string_view, 7> command_labels = {
    "create", "start", "stop", "delete", "list", "check", "other"};
/// By the event's name, of either dialect.
[[nodiscard]] counted_command counted_command_of(std::string_view event);

/// The operations of messages.hpp, in its order.
inline constexpr std::array<std::string_view, 11> engine_operation_labels = {
    "list", "inspect", "create", "put_archive", "get_archive", "start",
    "stop", "unpause", "remove", "pull",        "stats"};

enum class actor_kind {
  journal,
  docker,
  ports,
  fleet,
  container,
  watch,
  router,
  live,
  log_hub,
  log_stream,
  stats,
  connection,
  supervisor,
  log_download
};
inline constexpr std::array<std::string_view, 14> actor_labels = {
    "journal", "docker",  "ports",      "fleet", "container",  "watch",      "router",
    "live",    "log_hub", "log_stream", "stats", "connection", "supervisor", "log_download"};

/// protocol::live_request_events, in its order.
inline constexpr std::size_t live_request_kinds = 7;

/// Why the live view refuses something.
inline constexpr std::array<std::string_view, 10> refusal_labels = {
    "unauthorized", "forbidden",          "rate_limited", "invalid_request", "not_found",
    "capacity",     "engine_unavailable", "timeout",      "conflict",        "other"};

struct node_metrics {
  static constexpr std::size_t error_codes = static_cast<std::size_t>(errc::internal) + 1;
  static constexpr std::size_t engine_error_codes =
      static_cast<std::size_t>(docker::engine_errc::failed) + 1;

  struct command {
    std::array<metric_counter, 1 + error_codes> outcomes; ///< success, then by errc
    duration_histogram seconds;                           ///< from the request to its outcome
  };
  struct engine_operation {
    std::array<metric_counter, engine_error_codes> errors;
    duration_histogram seconds; ///< waiting for its turn included
  };

  std::array<command, command_labels.size()> commands;                 ///< router
  std::array<engine_operation, engine_operation_labels.size()> engine; ///< docker
  metric_counter engine_outages;                                       ///< docker
  metric_counter event_streams_lost;                                   ///< watch
  metric_counter events_missed;                                        ///< watch
  metric_counter connection_attempts;                                  ///< connection
  metric_counter connections;                                          ///< connection
  metric_counter connections_refused;                                  ///< connection
  metric_counter connections_lost_clean;                               ///< connection
  metric_counter connections_lost;                                     ///< connection: the others
  metric_counter replies_dropped;                                      ///< connection
  std::array<metric_counter, live_request_kinds> live_requests;        ///< live
  std::array<metric_counter, refusal_labels.size()> live_refusals;     ///< live, and the io thread
  metric_counter scrape_parts_missing;                                 ///< live
  std::array<metric_gauge, actor_labels.size()> actors;                ///< each of itself

  void finished(counted_command what, const std::optional<error>& failure,
                std::chrono::nanoseconds took);
  void refused(std::string_view code);
};

} // namespace dockhost::actors
