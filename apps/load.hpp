// SPDX-License-Identifier: MIT
#pragma once

#include "apps/command_line.hpp"
#include "apps/config.hpp"

namespace dockhost::apps {

/// Where this process's settings come from: its flags, its environment, the default files.
[[nodiscard]] config_sources find_sources(const config_flags& flags);

/// The checks of addresses, from the layers that know their forms.
[[nodiscard]] address_checks make_address_checks();

/// Every problem on stderr, one per line, secrets blanked out.
void print_problems(const std::vector<problem>& problems);

} // namespace dockhost::apps
