// SPDX-License-Identifier: MIT
#pragma once

#include "core/settings.hpp"
#include "docker/engine_address.hpp"
#include "docker/engine_factory.hpp"

#include <string>

namespace dockhost::apps {

/// The [engine] section as the engine factory wants it.
[[nodiscard]] docker::engine_options engine_options_of(const engine_settings& values);

/// Where [engine] says that it is; the error is a sentence (of an address that only the docker
/// program understands, too).
[[nodiscard]] basic_result<docker::engine_address, std::string>
engine_address_of(const engine_settings& values);

/// Whether published ports are this machine's, so that binding one tells whether it is free.
[[nodiscard]] bool ports_are_here(const engine_settings& values);

} // namespace dockhost::apps
