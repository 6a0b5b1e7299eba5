// SPDX-License-Identifier: MIT
#pragma once

#include "apps/command_line.hpp"

namespace dockhost::apps {

/// `dockhost token new`: prints a token, which is kept nowhere, and the line of the configuration
/// that holds its hash.
[[nodiscard]] int run_token_new(const command_line& line);

} // namespace dockhost::apps
