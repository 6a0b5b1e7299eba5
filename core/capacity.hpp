// SPDX-License-Identifier: MIT
// Whether the node may take one more container, and what to warn of at start. Deletes, starts and
// stops never ask.
#pragma once

#include "core/error.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace dockhost {

/// What is there now. nullopt: could not be read, and then refuses nothing.
struct capacity_readings {
  std::int64_t containers = 0; ///< ours, in any state, those being created included
  std::optional<std::int64_t> free_disk_bytes;
  std::optional<std::int64_t> free_memory_bytes;
};

struct capacity_limits {
  std::int64_t max_containers = 0;
  std::int64_t min_free_disk_bytes = 0;   ///< must stay free
  std::int64_t min_free_memory_bytes = 0; ///< must stay free when the new one uses all it may
};

/// errc::capacity with a message that says what is short. `requested_memory_bytes`: the memory
/// limit of the new container, 0 for none.
[[nodiscard]] result<unit> admit(const capacity_readings& now, const capacity_limits& limits,
                                 std::int64_t requested_memory_bytes);

struct machine_resources {
  std::optional<std::int64_t> memory_bytes;
  std::optional<std::int64_t> free_disk_bytes;
  std::optional<int> cores;
};

/// One line for each thing that a node should have more of: 2 GB of memory, 10 GB of free disk, 2
/// cores.
[[nodiscard]] std::vector<std::string> resource_warnings(const machine_resources& machine);

} // namespace dockhost
