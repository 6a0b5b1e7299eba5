// SPDX-License-Identifier: MIT
// What this process costs the machine.
#pragma once

#include "core/error.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace dockhost::platform {

struct process_figures {
  std::int64_t resident_bytes = 0;
  double cpu_seconds = 0; ///< user and system, of all threads
  std::int64_t threads = 0;
  std::int64_t open_fds = 0;
  std::int64_t max_fds = 0; ///< the soft limit
};

/// Of this process, from /proc/self. The fewer open files the quicker: each is counted.
[[nodiscard]] result<process_figures> read_process_figures(const std::string& proc = "/proc/self");

/// What is used of /proc/PID/stat (proc(5)).
struct process_stat {
  std::int64_t user_ticks = 0;
  std::int64_t system_ticks = 0;
  std::int64_t threads = 0;
  std::int64_t resident_pages = 0;
};
/// Nothing where the text is something else. The program's name may hold anything, brackets and
/// blanks included.
[[nodiscard]] std::optional<process_stat> parse_process_stat(std::string_view text);

} // namespace dockhost::platform
