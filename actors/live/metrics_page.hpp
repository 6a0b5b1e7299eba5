// SPDX-License-Identifier: MIT
// The text of /metrics. What each family means stands in the README, too.
#pragma once

#include "actors/live/log_messages.hpp"
#include "actors/node/messages.hpp"
#include "actors/node/node_metrics.hpp"
#include "net/http_server.hpp"
#include "platform/process.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace dockhost::actors {

/// What is only known at the moment of a scrape; a part that could not be had is left out.
struct metrics_sample {
  std::string version;
  bool engine_reachable = false;
  std::string main_server; ///< as server_link_changed says it
  /// By wire state, and whether it is ours.
  std::map<std::pair<std::string_view, bool>, std::uint64_t> containers;
  std::uint64_t viewers = 0; ///< clients of the live view
  std::uint64_t operators = 0;
  std::uint64_t server_queued = 0; ///< bytes that wait for the main server, beside replies
  net::http_server_stats http;
  std::optional<port_counts> ports;
  std::optional<log_counts> logs;
  std::optional<platform::process_figures> process;
};

[[nodiscard]] std::string metrics_page(const node_metrics& counted, const metrics_sample& now);

} // namespace dockhost::actors
