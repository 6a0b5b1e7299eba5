// SPDX-License-Identifier: MIT
#pragma once

#include "apps/command_line.hpp"

namespace dockhost::apps {

/// Prints what was found on stdout; exit_failure if anything failed.
[[nodiscard]] int run_doctor(const command_line& line);

} // namespace dockhost::apps
