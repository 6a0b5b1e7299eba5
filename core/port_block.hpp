// SPDX-License-Identifier: MIT
#pragma once

#include <compare>
#include <cstdint>

namespace dockhost {

/// Three consecutive host ports of one container: SSH (22), HTTP (80) and HTTPS (443) inside.
struct port_block {
  std::uint16_t base = 0;

  [[nodiscard]] constexpr std::uint16_t ssh() const { return base; }
  [[nodiscard]] constexpr std::uint16_t http() const {
    return static_cast<std::uint16_t>(base + 1);
  }
  [[nodiscard]] constexpr std::uint16_t https() const {
    return static_cast<std::uint16_t>(base + 2);
  }

  friend auto operator<=>(const port_block&, const port_block&) = default;
};

inline constexpr int ports_per_block = 3;

} // namespace dockhost
