// SPDX-License-Identifier: MIT
// The timestamps that an engine writes in front of log lines: RFC 3339 with up to nine digits of a
// second, and a space. A container may print any: only of years whose nanoseconds since 1970 fit 64
// bits (1678 to 2261, and parts of those beside them).
#pragma once

#include <cstdint>
#include <string_view>

namespace dockhost {

struct log_time {
  std::string_view text; ///< without the space; empty: there is none
  std::int64_t unix_nano = 0;
};

/// Remembers the last minute that it read: nearly all lines are of the same one.
class log_time_reader {
public:
  /// Takes a timestamp and its space off the front of `bytes`. Where there is none, `bytes` is
  /// unchanged and the text empty.
  log_time take(std::string_view& bytes);

private:
  char minute_[17] = {}; // "2026-01-02T03:04:"
  std::int64_t minute_seconds_ = 0;
};

} // namespace dockhost
