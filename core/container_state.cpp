// SPDX-License-Identifier: MIT
#include "core/container_state.hpp"

namespace dockhost {

std::string_view to_string(container_state state) {
  switch (state) {
  case container_state::absent: return "absent";
  case container_state::creating: return "creating";
  case container_state::created: return "created";
  case container_state::starting: return "starting";
  case container_state::running: return "running";
  case container_state::paused: return "paused";
  case container_state::restarting: return "restarting";
  case container_state::stopping: return "stopping";
  case container_state::stopped: return "stopped";
  case container_state::dead: return "dead";
  case container_state::deleting: return "deleting";
  case container_state::unknown: return "unknown";
  }
  return "unknown";
}

std::string_view wire_state(container_state state) {
  switch (state) {
  case container_state::absent: return "removed";
  case container_state::creating:
  case container_state::created: return "created";
  case container_state::starting:
  case container_state::stopped: return "stopped";
  case container_state::running: return "running";
  case container_state::paused: return "paused";
  case container_state::restarting: return "restarting";
  case container_state::stopping:
  case container_state::deleting: return "stopping";
  case container_state::dead: return "dead";
  case container_state::unknown: return "unknown";
  }
  return "unknown";
}

container_state state_from_engine(std::string_view status) {
  if (status == "created") return container_state::created;
  if (status == "running") return container_state::running;
  if (status == "paused") return container_state::paused;
  if (status == "restarting") return container_state::restarting;
  if (status == "removing") return container_state::deleting;
  if (status == "exited") return container_state::stopped;
  if (status == "dead") return container_state::dead;
  return container_state::unknown;
}

std::optional<container_state> state_after_event(std::string_view action) {
  if (action == "create") return container_state::created;
  if (action == "start" || action == "restart" || action == "unpause")
    return container_state::running;
  if (action == "die" || action == "stop") return container_state::stopped;
  if (action == "pause") return container_state::paused;
  if (action == "destroy") return container_state::absent;
  return std::nullopt;
}

} // namespace dockhost
