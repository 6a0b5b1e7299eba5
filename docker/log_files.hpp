// SPDX-License-Identifier: MIT
#pragma once

#include "core/log_rotation.hpp"

#include <map>
#include <string>

namespace dockhost::docker {

/// What an engine makes of a container's HostConfig.LogConfig: of a driver that it can't read
/// itself, it keeps a copy like the one of its driver "local", which rotates always. Sizes that
/// make no sense are taken as a log that is not rotated.
[[nodiscard]] log_rotation rotation_of(const std::string& driver,
                                       const std::map<std::string, std::string>& options);

} // namespace dockhost::docker
