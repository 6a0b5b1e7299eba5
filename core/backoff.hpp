// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>

namespace dockhost {

/// How long to wait before the next attempt: full jitter, `U(0, min(cap, base * 2^n))` for the n-th
/// wait in a row. The jitter never ends, so that a fleet that lost its server does not knock in
/// step once it has reached the cap.
class backoff {
public:
  using milliseconds = std::chrono::milliseconds;

  /// `random` gives numbers in [0, 1). A `cap` below `base` bounds the first wait, too.
  backoff(milliseconds base, milliseconds cap, std::function<double()> random);

  /// The next wait.
  [[nodiscard]] milliseconds next();

  /// Begins anew; to be called when a connection has stayed up, not when it opens.
  void reset();

  /// Waits given out since the start or the last reset.
  [[nodiscard]] std::uint64_t attempts() const { return attempts_; }

private:
  milliseconds base_;
  milliseconds cap_;
  milliseconds ceiling_; ///< of the next wait
  std::uint64_t attempts_ = 0;
  std::function<double()> random_;
};

} // namespace dockhost
