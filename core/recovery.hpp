// SPDX-License-Identifier: MIT
// What to answer for a command that was running when the node ended (killed, or one of its actors):
// judged by what exists now, with no new effect. A create leaves its op_id as a label; what it left
// unfinished has been rolled back by the container's own actor.
#pragma once

#include "core/container_view.hpp"
#include "core/error.hpp"
#include "core/lifecycle.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace dockhost {

struct recovered_outcome {
  std::optional<error> failure; ///< nothing: success
  std::string message;          ///< of a success
  bool with_data = false;       ///< tell the container's data
};

/// `now` is the user's container while no command of the user waits or runs, nullptr where there is
/// none. Nothing while the container is on its way to another state or the engine is unknown: ask
/// again later.
[[nodiscard]] std::optional<recovered_outcome>
recover_outcome(lifecycle::command_kind kind, const std::string& op_id, const container_view* now);

/// What is left of a command's time. Both times are milliseconds since 1970 by clocks that may have
/// been set in between, also before a restart: never less than nothing, never more than `budget`.
[[nodiscard]] std::chrono::milliseconds time_left(std::chrono::milliseconds budget,
                                                  std::int64_t begun_ms, std::int64_t now_ms);

} // namespace dockhost
