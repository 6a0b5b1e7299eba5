// SPDX-License-Identifier: MIT
#include "actors/live/http_rate.hpp"

#include <chrono>

namespace dockhost::actors {

namespace {

constexpr double at_once_for = 2.0; ///< seconds; whoever is idle for so long may do all of it again

} // namespace

http_rate::http_rate(double per_second, time_point now)
    : per_second_(per_second), others_(per_second, at_once_for * per_second, now), looked_(now) {}

bool http_rate::take(const std::string& address, time_point now) {
  auto it = known_.find(address);
  if (it == known_.end()) {
    if (known_.size() >= max_addresses) forget_idle(now);
    if (known_.size() >= max_addresses) return others_.take(now);
    it = known_.try_emplace(address, entry{{per_second_, at_once_for * per_second_, now}, now})
             .first;
  }
  it->second.last = now;
  return it->second.rate.take(now);
}

/// Nobody gains by being forgotten. Looked at once a second at most: who comes with ever new
/// addresses is not to cost a look at all of them each time.
void http_rate::forget_idle(time_point now) {
  const std::chrono::duration<double> idle(at_once_for);
  if (now - looked_ < std::chrono::seconds(1)) return;
  looked_ = now;
  std::erase_if(known_, [&](const auto& each) { return now - each.second.last >= idle; });
}

} // namespace dockhost::actors
