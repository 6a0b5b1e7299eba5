// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <chrono>

namespace dockhost {

/// So many things per second, and as many at once. Time comes from outside.
class rate_limit {
public:
  using time_point = std::chrono::steady_clock::time_point;

  rate_limit(double per_second, double at_once, time_point now)
      : per_second_(per_second), at_once_(at_once), left_(at_once), since_(now) {}

  /// Whether one more is allowed now; it counts if it is.
  bool take(time_point now) {
    const std::chrono::duration<double> passed = now - since_;
    since_ = now;
    left_ = std::min(at_once_, left_ + passed.count() * per_second_);
    if (left_ < 1.0) return false;
    left_ -= 1.0;
    return true;
  }

private:
  double per_second_;
  double at_once_;
  double left_;
  time_point since_;
};

} // namespace dockhost
