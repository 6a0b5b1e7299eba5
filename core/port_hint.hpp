// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <cstdint>
#include <optional>

namespace dockhost {

/// Where a request asks the search for ports to begin. The main server only believes to know a free
/// port, so that whatever can't be the base of a block (below 1024, beyond 65533, fractional, not
/// finite, no number at all) is no hint, and never an error.
[[nodiscard]] inline std::optional<std::uint16_t> port_hint(std::optional<double> asked) {
  if (!asked || !(*asked >= 1024 && *asked <= 65533) || std::trunc(*asked) != *asked)
    return std::nullopt;
  return static_cast<std::uint16_t>(*asked);
}

} // namespace dockhost
