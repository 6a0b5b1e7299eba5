// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace dockhost::docker {

/// Seconds since 1970 of "2025-05-30T12:07:14.123456789Z" (or with an offset); 0 where it is no
/// such time.
[[nodiscard]] std::int64_t unix_seconds(std::string_view rfc3339);

/// As the engine writes a time, in UTC; its "never" for 0.
[[nodiscard]] std::string rfc3339(std::int64_t unix_nano);

} // namespace dockhost::docker
