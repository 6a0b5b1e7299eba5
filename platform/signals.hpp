// SPDX-License-Identifier: MIT
// Signals are waited for by one thread, never handled asynchronously.
#pragma once

#include <chrono>
#include <optional>

namespace dockhost::platform {

/// Blocks SIGINT, SIGTERM and SIGHUP in this thread and all threads made from it, and ignores
/// SIGPIPE. Call it first in main, before any thread. Programs that are started later inherit the
/// mask, so whoever starts one calls reset_signals_in_child() between fork and exec.
void block_signals();

/// The next of the three, also one that came before the call; nullopt when `timeout` has passed.
[[nodiscard]] std::optional<int> wait_for_signal(std::chrono::milliseconds timeout);

/// Undoes block_signals(). Async-signal-safe.
void reset_signals_in_child();

} // namespace dockhost::platform
