// SPDX-License-Identifier: MIT
// What the node's other actors tell the live view.
#pragma once

#include "docker/engine.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace dockhost::actors {

/// The engine's containers that are not this node's, from a relist.
struct engine_listed {
  std::shared_ptr<const std::vector<docker::container_summary>> foreign;
  std::chrono::steady_clock::time_point taken; ///< when it was asked for
  std::int64_t taken_unix_nano = 0;            ///< the same on this machine's clock
};

/// How the link to the main server is: "none", "connecting", "connected", "disconnected",
/// "refused".
struct server_link_changed {
  std::string state;
};

} // namespace dockhost::actors
