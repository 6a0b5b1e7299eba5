// SPDX-License-Identifier: MIT
#pragma once

#include "actors/node/environment.hpp"
#include "core/settings.hpp"
#include "net/io_thread.hpp"

namespace dockhost::apps {

/// The real machine behind the actors' environment. `log_io` reads containers' logs. Both must
/// outlive the actors.
/// errc::invalid_request where an address in the settings can't be used, errc::internal where this
/// machine has no id.
[[nodiscard]] result<actors::environment_ptr> make_environment(settings values, net::io_thread& io,
                                                               net::io_thread& log_io);

} // namespace dockhost::apps
