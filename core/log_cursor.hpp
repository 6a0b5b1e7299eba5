// SPDX-License-Identifier: MIT
// Where a reader stands in a log, and how it finds that place again when the log is opened anew.
#pragma once

#include "core/log_lines.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace dockhost {

/// The last line that was read, in the log's order: its time, and the hashes of the last lines of
/// that very time.
class log_cursor {
public:
  /// The times of neighbouring lines may be out of order by this: stdout and stderr are stamped by
  /// two threads of the engine.
  static constexpr std::chrono::nanoseconds disorder = std::chrono::milliseconds(200);

  void passed(const log_line& line);
  [[nodiscard]] bool empty() const { return hashes_.empty(); }
  [[nodiscard]] std::int64_t unix_nano() const { return unix_nano_; }
  /// From where a log must be opened to hold the cursor's line and all that follow it.
  [[nodiscard]] std::int64_t since() const;
  [[nodiscard]] bool at(const log_line& line) const;
  /// How many lines like its own the cursor has passed at its time, its own included.
  [[nodiscard]] std::size_t alike() const;

  /// Whether both stand at the same line.
  [[nodiscard]] bool same_line(const log_cursor& other) const {
    return !empty() && !other.empty() && unix_nano_ == other.unix_nano_ &&
           hashes_.back() == other.hashes_.back();
  }

private:
  static std::size_t hash_of(const log_line& line);

  std::int64_t unix_nano_ = 0;
  std::vector<std::size_t> hashes_;
};

/// Drops the lines of a log opened at cursor.since() that the cursor has passed already. Where the
/// cursor's line is not found, continuity can't be shown: lost() is told, and what is newer passes.
class log_overlap {
public:
  class sink {
  public:
    virtual ~sink() = default;
    virtual void lost() = 0;
    virtual void line(const log_line& line) = 0;
  };

  explicit log_overlap(log_cursor cursor);

  /// True: over, all that follows passes without this.
  [[nodiscard]] bool over() const { return over_; }
  void feed(const log_line& line, sink& to);
  /// Nothing more comes, or not soon: decides about lines that wait for the cursor's line.
  void give_up(sink& to);
  [[nodiscard]] bool holds() const { return !held_.empty(); }

private:
  void release(sink& to);

  log_cursor cursor_;
  std::size_t to_find_;
  std::vector<kept_log_line> held_;
  std::size_t held_bytes_ = 0;
  bool over_ = false;
};

} // namespace dockhost
