// SPDX-License-Identifier: MIT
// How clients of the live view come by CPU, memory and I/O of containers. Ids are full ids.
#pragma once

#include "actors/live/messages.hpp"
#include "actors/live/outlet.hpp"
#include "core/stats.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace dockhost::actors {

struct stats_container {
  std::string id;
  std::string spelling; ///< the client's, echoed to it; empty: the id
};

/// Replaces the client's earlier one, if any. stats_update follows at each tick of the interval;
/// its CPU percentages are null where no time has passed yet to compute one from.
struct subscribe_stats {
  std::string client; ///< the socket's id
  /// At least 250 ms, at most an hour.
  std::chrono::milliseconds interval{1'000};
  /// None: all that run. One that does not run, or is not there, is left out of the updates.
  std::optional<std::vector<stats_container>> containers;
  live_outlet_ptr to;
};
/// No update is sent once this, or client_gone, was seen.
struct unsubscribe_stats {
  std::string client;
};

/// A container's process is there (running or paused). To be told at each of its starts, also when
/// it was believed to run already: its process is another one then.
struct container_runs {
  std::string id;
  std::int64_t pid = 0; ///< 0: not known to who tells
};
/// It has no process any more, or is gone.
struct container_ended {
  std::string id;
};
/// All that run now, from a relist; replaces what was told before. One whose pid is 0 keeps the one
/// that is known.
struct containers_running {
  std::vector<container_runs> all;
};

// ---- inside

struct stats_tick {
  std::uint64_t generation = 0; ///< only the newest one counts
};
struct usages_read {
  std::uint64_t round = 0;
  /// Absent: not there any more, or another's process.
  std::vector<std::pair<std::string, std::optional<container_usage>>> usages;
};

} // namespace dockhost::actors
