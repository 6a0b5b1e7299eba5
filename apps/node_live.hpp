// SPDX-License-Identifier: MIT
#pragma once

#include "actors/node/environment.hpp"
#include "net/io_thread.hpp"

namespace dockhost::apps {

/// Gives the actors a server for browsers, as the settings say, and the dashboard's files.
void serve_live_view(actors::environment& env, const live_settings& config, net::io_thread& io);

} // namespace dockhost::apps
