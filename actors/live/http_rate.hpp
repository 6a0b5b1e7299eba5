// SPDX-License-Identifier: MIT
#pragma once

#include "core/rate_limit.hpp"

#include <cstddef>
#include <string>
#include <unordered_map>

namespace dockhost::actors {

/// Requests per second of one address, and twice as many at once. It remembers max_addresses; those
/// who come while so many are busy share what one may do. Pure; time comes from outside.
class http_rate {
public:
  using time_point = rate_limit::time_point;
  static constexpr std::size_t max_addresses = 4'096;

  http_rate(double per_second, time_point now);

  /// Whether the address may make one more request now; it counts if it may.
  [[nodiscard]] bool take(const std::string& address, time_point now);
  [[nodiscard]] std::size_t remembered() const { return known_.size(); }

private:
  struct entry {
    rate_limit rate;
    time_point last;
  };

  void forget_idle(time_point now);

  double per_second_;
  std::unordered_map<std::string, entry> known_;
  rate_limit others_;
  time_point looked_; ///< for who is idle
};

} // namespace dockhost::actors
