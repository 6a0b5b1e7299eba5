// SPDX-License-Identifier: MIT
#pragma once

#include "core/start_time.hpp"

#include <cstdint>
#include <string_view>

namespace dockhost::docker {

/// When a container began to run, from the `Status` of a listing taken at `now_unix`: "Up 4 hours",
/// "Up About a minute (healthy)". Nothing where it does not run, or says it in other words.
[[nodiscard]] start_time start_from_status(std::string_view status, std::int64_t now_unix);

} // namespace dockhost::docker
