// SPDX-License-Identifier: MIT
// The interfaces of the stats sampler and its reader; as live_interfaces.hpp.
#pragma once

#include "actors/interfaces.hpp"
#include "actors/live/stats_messages.hpp"
#include "actors/live_interfaces.hpp"

namespace dockhost::actors {

/// Takes what a stats reader has read.
using usage_sink_actor = caf::typed_actor<caf::reacts_to<usages_read>>;

/// Containers to look at; the round's number comes back.
struct read_usages {
  std::uint64_t round = 0;
  std::vector<std::pair<std::string, std::int64_t>> containers; ///< id, pid
  std::vector<std::string> known; ///< sorted: of these alone, files are kept open afterwards
  usage_sink_actor answer_to;
};

/// Reads the files of local containers' cgroups; detached, because a read can stall.
using stats_reader_actor = caf::typed_actor<caf::reacts_to<read_usages>>;

/// Samples what containers use, once per tick however many watch, and only while somebody does.
/// Emits stats_update to the clients itself.
using stats_actor = caf::typed_actor<caf::reacts_to<subscribe_stats>,    // from the live actor
                                     caf::reacts_to<unsubscribe_stats>,  // from the live actor
                                     caf::reacts_to<client_gone>,        // from the live actor
                                     caf::reacts_to<container_runs>,     // from the state hub
                                     caf::reacts_to<container_ended>,    // from the state hub
                                     caf::reacts_to<containers_running>, // from the state hub
                                     caf::reacts_to<engine_health>,      // from the docker actor
                                     caf::reacts_to<stats_tick>,         // tick
                                     caf::reacts_to<usages_read>>;       // from its reader

} // namespace dockhost::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dockhost::container_usage)
DOCKHOST_MESSAGE(subscribe_stats)
DOCKHOST_MESSAGE(unsubscribe_stats)
DOCKHOST_MESSAGE(container_runs)
DOCKHOST_MESSAGE(container_ended)
DOCKHOST_MESSAGE(containers_running)
DOCKHOST_MESSAGE(stats_tick)
DOCKHOST_MESSAGE(read_usages)
DOCKHOST_MESSAGE(usages_read)
