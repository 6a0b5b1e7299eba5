// SPDX-License-Identifier: MIT
#pragma once

#include "actors/actor_support.hpp"
#include "actors/live/stats_interfaces.hpp"
#include "platform/container_reader.hpp"

#include <caf/all.hpp>

#include <string>

namespace dockhost::actors {

/// Reads local containers' files, on a thread of its own. To be spawned detached.
struct stats_reader_state {
  using self_ptr = self_pointer<stats_reader_actor, stats_reader_state>;

  stats_reader_state(self_ptr self);
  static inline const char* name = "stats_reader";

  stats_reader_actor::behavior_type behave(std::string root);

private:
  self_ptr self_;
  std::optional<platform::container_reader> files_;
};

/// `root` stands before every path; empty: the machine's own files.
stats_reader_actor::behavior_type
stats_reader_behavior(self_pointer<stats_reader_actor, stats_reader_state> self, std::string root);

} // namespace dockhost::actors
