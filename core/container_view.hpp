// SPDX-License-Identifier: MIT
#pragma once

#include "core/container_state.hpp"
#include "core/port_block.hpp"
#include "core/start_time.hpp"

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace dockhost {

/// One user's container as the inventory knows it: what `list` and the state reports are answered
/// from.
struct container_view {
  std::string username;
  std::string name; ///< at the engine: prefix + username, mapped where needed
  std::string id;   ///< 64 hex; empty while it is being created
  std::string image;
  container_state state = container_state::absent;
  std::optional<port_block> block;
  std::string fingerprint; ///< of its SSH host key
  std::string created;     ///< ISO 8601
  std::string op_id;       ///< of the command that created it
  start_time started;      ///< while it runs or is paused

  friend bool operator==(const container_view&, const container_view&) = default;
};

/// All containers of this node at one moment, ordered by username. `loaded` is false until the
/// engine has been listed once; `reachable` says whether the engine answers now.
struct inventory {
  bool loaded = false;
  bool reachable = false;
  std::vector<container_view> containers;
  std::set<std::string> busy; ///< users with a command that waits or runs
  std::uint64_t version = 0;  ///< grows with each change; of two snapshots, which is the newer
};

} // namespace dockhost
