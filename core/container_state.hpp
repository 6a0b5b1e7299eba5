// SPDX-License-Identifier: MIT
// The states of one user's container, and their projection on the wire's vocabulary.
#pragma once

#include <optional>
#include <string_view>

namespace dockhost {

enum class container_state {
  absent,   ///< there is none
  creating, ///< being created: image, ports, key, first start
  created,  ///< exists, never started
  starting, ///< a start was asked for
  running,
  paused,     ///< frozen by the engine
  restarting, ///< the engine is about to start it again
  stopping,   ///< a graceful stop is under way
  stopped,    ///< ended, data kept
  dead,       ///< the engine could not remove it completely
  deleting,   ///< a removal is under way
  unknown,    ///< the engine can't be reached
};

/// The state's own name, for logs: "creating".
[[nodiscard]] std::string_view to_string(container_state state);

/// The wire's word (PROTOCOL part 2): created, running, paused, restarting, stopping, stopped,
/// dead, unknown or removed.
[[nodiscard]] std::string_view wire_state(container_state state);

/// From the engine's `State.Status` ("created", "running", "paused", "restarting", "removing",
/// "exited", "dead"). Anything else is `unknown`.
[[nodiscard]] container_state state_from_engine(std::string_view status);

/// The state that an event of the engine (its `Action`: "start", "die", ...) leads to. Nothing
/// where the action says nothing about the state ("rename", "oom") or is not known.
[[nodiscard]] std::optional<container_state> state_after_event(std::string_view action);

} // namespace dockhost
