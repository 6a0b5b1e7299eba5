// SPDX-License-Identifier: MIT
// An engine's follow of a log that is rotated may leave out whole files: it reads one to its end
// and then goes on with the newest, whichever that is by then, and nothing in the stream tells.
// Here: where that may have happened, and how the lines in between are found again.
#pragma once

#include "core/log_cursor.hpp"
#include "core/log_lines.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

namespace dockhost {

/// How an engine keeps a container's log.
struct log_rotation {
  std::int64_t file_bytes = 0; ///< a new file is begun after so many; 0: never
  std::int64_t files = 1;      ///< so many are kept

  friend bool operator==(const log_rotation&, const log_rotation&) = default;
};

/// How long a file takes to be written, ns.
struct log_file_times {
  std::int64_t least = 0;  ///< in less than this no file is
  std::int64_t likely = 0; ///< in less than this hardly any is, at twice the pace ever seen
};

/// Looks at the times between lines: where files are left out, at least one whole file was written
/// in between. So a jump counts that is long enough to write one, at three times the pace that was
/// ever seen, or 64 MB/s. Most such jumps are a container that was silent.
class log_jumps {
public:
  log_jumps() = default;
  /// Lines up to `opened_unix_nano` were there when the log was opened: none of them is left out.
  log_jumps(log_rotation rotation, std::int64_t opened_unix_nano)
      : rotation_(rotation), opened_(opened_unix_nano) {}

  /// Up to that time, nothing is missing that is not known. Ignored where more has passed already.
  void goes_on_from(std::int64_t unix_nano) { last_ = std::max(last_, unix_nano); }
  /// Whether lines may be missing between the last one that passed and this one.
  [[nodiscard]] bool before(const log_line& line) const;
  void passed(const log_line& line);
  [[nodiscard]] log_file_times file_times() const;
  /// Of a line that has passed, on average; at least 1.
  [[nodiscard]] std::int64_t line_bytes() const;

private:
  /// See log_file_times.
  [[nodiscard]] std::int64_t least_time() const;

  log_rotation rotation_;
  std::int64_t opened_ = 0;
  std::int64_t last_ = 0;    ///< 0: none has passed
  std::int64_t fastest_ = 0; ///< bytes per second, over a quarter of a file
  std::int64_t window_begin_ = 0;
  std::int64_t window_bytes_ = 0;
  std::int64_t bytes_ = 0;
  std::int64_t lines_ = 0;
};

/// How many of a log's last lines are read to find a place again, at the first, second, ... try,
/// where `held` lines came behind it; none: all that the engine has, and the last try. The first
/// one is cheap, and enough wherever nothing, or little, is missing; the second one for a burst.
[[nodiscard]] std::optional<std::size_t>
mend_tail(int tries, std::size_t held, const log_rotation& rotation, std::int64_t line_bytes);

/// Puts what a follow left out between the last line that passed and those that it gave next. A
/// second read of the log, from before that place, is laid beside the lines that are held: what the
/// read has and the follow did not give is passed in its place, up to the newest that is held. With
/// nothing held all that is behind the place passes.
class log_mend {
public:
  class sink {
  public:
    virtual ~sink() = default;
    /// The next line of the log. `missing`: the follow had left it out. Where a follow reads a
    /// file twice, what it held of the second time comes again, as not missing.
    virtual void line(const log_line& line, bool missing) = 0;
    /// Of that channel's line before, so many bytes were left out.
    virtual void cut(log_channel channel, std::size_t bytes) = 0;
    /// Lines may be missing here that the engine no longer has.
    virtual void lost() = 0;
  };
  enum class state {
    reading,
    too_short, ///< the read began behind the place: one that goes back further is needed
    over,      ///< the read is not needed any more; lines that are still held follow
  };

  /// `may_be_gone`: that the engine does not have the place any more is no sign of a loss.
  log_mend(log_cursor place, log_file_times file_times, bool may_be_gone)
      : place_(std::move(place)), file_times_(file_times), may_be_gone_(may_be_gone) {}

  /// A line of the follow, behind the place; in their order.
  void hold(const log_line& line);
  /// Of that channel's last one that is held, so many bytes were left out.
  void hold_cut(log_channel channel, std::size_t bytes);
  [[nodiscard]] std::size_t held() const { return held_.size(); }
  /// Whether the read has come to lines of that time. Not: what is held of it, and came only while
  /// the log was read, may have lines missing before it in turn.
  [[nodiscard]] bool has_read_to(std::int64_t unix_nano) const { return newest_read_ >= unix_nano; }
  /// Those that are held, out of its hands.
  [[nodiscard]] std::deque<kept_log_line> take_held() { return std::exchange(held_, {}); }

  /// A read begins. `all`: with the oldest line around the place that the engine still has.
  void begin(bool all);
  state feed(const log_line& line, sink& to);
  /// The read has ended.
  state ended(sink& to);

private:
  class found;

  static bool same(const kept_log_line& held, const log_line& line);
  /// The first one that is held passes.
  void pass_held(sink& to);
  void keep_ahead(const log_line& line);
  std::size_t pass_ahead(std::size_t held, sink& to);
  void begin_without_place(const log_line& first, sink& to);
  void behind(const log_line& line, sink& to);

  log_cursor place_;
  log_file_times file_times_;
  bool may_be_gone_;
  bool gone_ = false; ///< the place; what comes behind it has not come yet
  bool all_ = false;
  bool any_ = false; ///< something of the read has come
  std::optional<log_overlap> overlap_;
  std::deque<kept_log_line> held_;
  std::int64_t newest_ = 0;                ///< time of what was ever held
  std::int64_t newest_read_ = 0;           ///< time of what the read gave
  std::vector<kept_log_line> unwitnessed_; ///< held, older than all of the read, and passed
  std::int64_t newest_unwitnessed_ = 0;
  /// Of the read, and newer than all that was held by then.
  std::vector<kept_log_line> ahead_;
  std::size_t ahead_bytes_ = 0;
  state state_ = state::reading;
};

} // namespace dockhost
