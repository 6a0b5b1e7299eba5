// SPDX-License-Identifier: MIT
#include "core/stats.hpp"

#include <algorithm>

namespace dockhost {

std::int64_t memory_in_use(std::int64_t usage, std::int64_t inactive_file) {
  return std::max<std::int64_t>(0, usage - std::clamp<std::int64_t>(inactive_file, 0, usage));
}

std::optional<double> cpu_meter::update(const container_usage& look) {
  if (!look.cpu_ns) {
    cpu_ns_.reset();
    percent_ = look.cpu_percent;
    return percent_;
  }
  const auto now = *look.cpu_ns;
  if (cpu_ns_ && now >= *cpu_ns_ && look.clock_ns >= clock_ns_) {
    const auto span = look.clock_ns - clock_ns_;
    if (span < std::chrono::nanoseconds(shortest_span).count()) return percent_;
    percent_ = 100.0 * static_cast<double>(now - *cpu_ns_) / static_cast<double>(span);
  } else {
    percent_.reset();
  }
  cpu_ns_ = now;
  clock_ns_ = look.clock_ns;
  return percent_;
}

} // namespace dockhost
