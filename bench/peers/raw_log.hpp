// SPDX-License-Identifier: MIT
// What reading a container's log costs without a node: the engine's answer, taken apart and
// counted.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

namespace dockhost::bench {

struct raw_count {
  std::uint64_t lines = 0; ///< the engine's messages; one each
  std::uint64_t bytes = 0;
  std::int64_t first_at = 0; ///< ns
  std::int64_t last_at = 0;
};

/// Follows the log of `container` from now on at the engine's socket `path`, until `lines` lines
/// have come. `on_open`: the engine has answered. Throws std::runtime_error where the log
/// ends before, or nothing comes for `patience`.
[[nodiscard]] raw_count read_raw_log(const std::string& path, const std::string& container,
                                     std::uint64_t lines, std::chrono::seconds patience,
                                     const std::function<void()>& on_open);

} // namespace dockhost::bench
