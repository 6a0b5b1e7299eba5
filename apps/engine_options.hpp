// SPDX-License-Identifier: MIT
#pragma once

#include "core/settings.hpp"
#include "docker/engine_factory.hpp"

namespace dockhost::apps {

/// The [engine] section as the engine factory wants it.
[[nodiscard]] docker::engine_options engine_options_of(const engine_settings& values);

} // namespace dockhost::apps
