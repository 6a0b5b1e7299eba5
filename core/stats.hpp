// SPDX-License-Identifier: MIT
// What a container uses, and how two looks at its CPU time become a percentage.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace dockhost {

/// One look at a running container. What is absent can't be known where it was taken.
struct container_usage {
  std::optional<std::int64_t> cpu_ns; ///< CPU time since its start, of all cores together
  /// When cpu_ns was read, on a clock that is only ever compared with itself: this machine's
  /// monotonic one, or the engine's time per core.
  std::int64_t clock_ns = 0;
  std::optional<double> cpu_percent;              ///< instead of cpu_ns, where only that is told
  std::optional<std::int64_t> memory_bytes;       ///< see memory_in_use()
  std::optional<std::int64_t> memory_limit_bytes; ///< 0: none
  std::optional<std::int64_t> net_rx_bytes;       ///< since its start, as the next three
  std::optional<std::int64_t> net_tx_bytes;
  std::optional<std::int64_t> block_read_bytes;
  std::optional<std::int64_t> block_write_bytes;
  std::optional<std::int64_t> pids;

  friend bool operator==(const container_usage&, const container_usage&) = default;
};

/// Usage without the page cache that nobody has touched for long, which the kernel drops first:
/// what the docker program shows, too. Never negative.
[[nodiscard]] std::int64_t memory_in_use(std::int64_t usage, std::int64_t inactive_file);

/// A container's CPU percentage; 100 is one core kept busy. This is the Engine API's
/// cpu_delta / system_cpu_delta * number_cpus * 100, where system_cpu_delta / number_cpus is the
/// time that has passed.
class cpu_meter {
public:
  /// Below this the kernel's accounting says more about its ticks than about the container.
  static constexpr std::chrono::milliseconds shortest_span{50};

  /// Absent at the first look, after a counter that went back (a new life of the container), and
  /// while nothing is known. A look too soon after the one before gives what that gave.
  std::optional<double> update(const container_usage& look);

private:
  std::optional<std::int64_t> cpu_ns_; ///< of the look that the next one is compared with
  std::int64_t clock_ns_ = 0;
  std::optional<double> percent_;
};

} // namespace dockhost
