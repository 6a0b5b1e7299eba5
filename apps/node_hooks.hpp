// SPDX-License-Identifier: MIT
#pragma once

#include "actors/node/messages.hpp"

#include <optional>

namespace dockhost::apps {

/// Test hook, only in builds with fault points: when the file that DOCKHOST_KILL_ACTOR names
/// exists, it holds the name of an actor
/// ("router") or "container USERNAME"; it is removed, and that actor is to be ended. Else always
/// nothing.
[[nodiscard]] std::optional<actors::kill_actor> actor_to_kill();

} // namespace dockhost::apps
