// SPDX-License-Identifier: MIT
// Engines before 23 read a log file that was just rotated from its beginning twice, or more often:
// a follow repeats one line, or a whole file's. And where files are rotated while a log is opened,
// the file that was the newest comes once more, after all of those that were written since.
#pragma once

#include "core/log_lines.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace dockhost {

/// Knows the lines of a read that have come before. A channel's stamps only grow, so nearly every
/// line is new at a glance; one that steps back is looked up among the last ones. Not found, it is
/// new: the engine's clock may have been set. Only where that can't be, and the line is older than
/// some that are forgotten, it is one of those.
class log_repeats {
public:
  /// A file of 10 MiB, the usual size of rotation, holds so many lines of 9 bytes. 4 bytes each.
  static constexpr std::size_t remembered = 128 * 1024;

  /// Whether the line has come before; else it is remembered. Without a stamp nothing is known.
  bool again(const log_line& line);
  /// The time now, by the engine's clock or one like it. Stamps of the future tell that the clock
  /// was set back. Never told: it may have been.
  void clock_is(std::int64_t unix_nano) { now_ = unix_nano; }

private:
  static constexpr std::size_t ring_parts = 8;

  struct last_line {
    std::int64_t unix_nano = 0;
    std::uint32_t key = 0;
  };

  [[nodiscard]] static std::uint32_t key_of(const log_line& line);
  bool find(std::uint32_t key);
  void remember(std::uint32_t key);
  [[nodiscard]] bool is_forgotten(const log_line& line) const;

  std::array<last_line, 2> last_; ///< by channel
  /// Some stamp was finer than a microsecond: two lines of a channel never share one.
  bool fine_ = false;
  std::int64_t now_ = 0;            ///< 0: not known
  std::int64_t newest_ = 0;         ///< stamp that has come
  std::int64_t forgotten_ = 0;      ///< lines up to this stamp are not all remembered
  std::vector<std::uint32_t> keys_; ///< a ring once it is full
  /// What newest_ was at the end of each part of the ring.
  std::array<std::int64_t, ring_parts> newest_of_part_{};
  std::size_t next_ = 0;     ///< where the next one goes
  std::size_t expected_ = 0; ///< where the next line of a repetition should be found
};

} // namespace dockhost
