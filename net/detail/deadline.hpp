// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <chrono>

namespace dockhost::net::detail {

/// The time `timeout` from now; a negative one is now, and an absurdly long one can't overflow.
inline std::chrono::steady_clock::time_point deadline_after(std::chrono::milliseconds timeout) {
  using namespace std::chrono_literals;
  constexpr std::chrono::milliseconds none = 0ms;
  constexpr std::chrono::milliseconds longest = 10 * 365 * 24h;
  return std::chrono::steady_clock::now() + std::clamp(timeout, none, longest);
}

} // namespace dockhost::net::detail
