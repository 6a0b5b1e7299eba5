// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

namespace dockhost {

/// Seconds since 1970 as "2026-12-31T23:59:59", without a zone: the caller says that it is UTC.
[[nodiscard]] std::string utc_date_and_time(std::int64_t unix_seconds);

} // namespace dockhost
