// SPDX-License-Identifier: MIT
#pragma once

#include "apps/command_line.hpp"

namespace dockhost::apps {

/// Prints what is wrong on stderr and what is in effect on stdout; exit_usage if there are errors.
[[nodiscard]] int run_check_config(const command_line& line);

} // namespace dockhost::apps
