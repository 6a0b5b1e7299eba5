// SPDX-License-Identifier: MIT
// When a container began to run, as well as that is known.
#pragma once

#include <cstdint>

namespace dockhost {

struct start_time {
  std::int64_t unix = 0; ///< seconds since 1970; 0: not known, or it does not run
  /// It may have been so many seconds earlier or later: listings of an engine only say "4 hours".
  std::int64_t give = 0;

  friend bool operator==(const start_time&, const start_time&) = default;
};

/// What is believed when `told` is heard of a container that runs: the same start keeps the time
/// that is known, unless the new one is more exact; another start replaces it. Two starts within a
/// few seconds are one: the engine's clock may be a little off ours.
[[nodiscard]] start_time settled_start(const start_time& known, const start_time& told);

} // namespace dockhost
