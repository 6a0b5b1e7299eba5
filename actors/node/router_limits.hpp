// SPDX-License-Identifier: MIT
// How much the router holds at once, and how long it waits: whatever the main server sends, the
// node's memory stays bounded.
#pragma once

#include <chrono>
#include <cstddef>

namespace dockhost::actors {

/// Commands in flight, both dialects: far above what any node has containers for.
inline constexpr std::size_t max_pending = 10'000;
/// Commands that wait for the journal at the start, each with its payload: as many as the fleet
/// lets wait for the engine then.
inline constexpr std::size_t max_held = 1'000;
/// Users with V2 requests in flight, and such requests of all users together (of one: v2_batch).
/// A request holds a key of up to 16 KiB, so all of them at most 64 MiB.
inline constexpr std::size_t max_v2_users = 2'000;
inline constexpr std::size_t max_v2_requests = 4'000;
/// Lists and checks asked of the fleet, which lets as many wait.
inline constexpr std::size_t max_queries = 1'000;

/// After a command's deadline: by then whoever should have answered is dead.
inline constexpr std::chrono::seconds backstop{5};

} // namespace dockhost::actors
