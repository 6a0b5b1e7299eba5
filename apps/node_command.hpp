// SPDX-License-Identifier: MIT
#pragma once

#include "apps/config.hpp"
#include "core/settings.hpp"

#include <functional>

namespace dockhost::apps {

struct node_flags {
  bool print_tree = false; ///< print the running tree on stdout once started
  /// Reads all sources again (SIGHUP, a refused key): the same flags, the files and the environment
  /// as they are now. What it finds wrong is in its problems.
  std::function<loaded_config()> reload;
};

/// Runs the node until SIGINT or SIGTERM; gives the exit code. Called with the signals of
/// platform/signals.hpp blocked, the log started, no thread running, and settings that hold no
/// error.
[[nodiscard]] int run_node(const settings& values, const node_flags& flags);

} // namespace dockhost::apps
