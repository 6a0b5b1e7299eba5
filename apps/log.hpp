// SPDX-License-Identifier: MIT
#pragma once

#include "core/settings.hpp"

#include <string_view>

namespace dockhost::apps {

/// Sends the log to stderr from now on: text, pleasant on a terminal and plain with ISO time
/// elsewhere, or JSON lines. `debug` is the variable DEBUG. Colours only on a terminal, and not
/// with NO_COLOR in the environment. Registers the API key as a secret.
void start_log(const settings& values, std::string_view debug);

/// Writes what is held back, and ends the log.
void stop_log();

} // namespace dockhost::apps
