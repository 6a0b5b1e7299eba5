// SPDX-License-Identifier: MIT
#pragma once

#include "actors/live/log_group.hpp"
#include "core/log_cursor.hpp"
#include "core/log_repeats.hpp"
#include "docker/log_stream.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace dockhost::actors {

/// Watchers on their way into a follow that others have already: one read of their history, which
/// all share who asked for the same, and then the lines of the follow behind its end.
class log_history {
public:
  using time_point = std::chrono::steady_clock::time_point;
  using group_ptr = std::shared_ptr<log_group>;
  enum class phase {
    queued,  ///< not asked for at the engine yet
    reading, ///< what the follow gives meanwhile is kept
    joining, ///< the follow's lines pass once they are behind the history's end
    joined,  ///< as far as the follow itself
  };

  /// `tail` and `since` as in log_watch_options.
  log_history(std::size_t tail, std::int64_t since_unix_nano, std::shared_ptr<log_tally> tally)
      : tail_(tail), since_(since_unix_nano), tally_(std::move(tally)) {}

  [[nodiscard]] phase state() const { return phase_; }
  [[nodiscard]] std::uint64_t serial() const { return serial_; }
  /// Whether what it reads is what these options ask for, and none of it has come yet.
  [[nodiscard]] bool serves(const log_watch_options& options) const;
  void add(log_watcher watcher, const log_group_key& key,
           const std::optional<platform::pattern>& pattern);
  [[nodiscard]] const std::vector<group_ptr>& groups() const { return groups_; }
  [[nodiscard]] std::vector<group_ptr>& groups() { return groups_; }

  /// It is asked for at the engine under this number; what of (the id, whether it is a terminal) is
  /// the caller's to fill in.
  [[nodiscard]] docker::log_request begin(std::uint64_t serial, time_point now);
  void opened(std::shared_ptr<docker::log_stream> stream);

  /// Of its own read.
  void arrived(const log_batch& batch, time_point now);
  /// The read is over, and the follow stands at `follow`. With `why` it broke off: that is told as
  /// a gap.
  void ended(const std::optional<docker::engine_error>& why, const log_cursor& follow,
             time_point now);
  void follow_line(const log_line& line, time_point now);
  /// A gap of the follow's.
  void follow_gap(const std::optional<log_loss>& loss, log_gap_reason reason, time_point now);

  /// Reads on where its watchers want more; where `others_wait` for their turn, also where they
  /// have not taken anything for long.
  void read_on(time_point now, bool others_wait);
  /// What is due, is done. `follow_quiet_since`: nothing of the follow is on its way, and when the
  /// last of it came.
  void look_after(time_point now, const std::optional<time_point>& follow_quiet_since);
  /// When that is to be called again, if ever.
  [[nodiscard]] std::optional<time_point> due(time_point now) const;
  /// The engine has been silent for so long that nothing more is waited for.
  [[nodiscard]] bool given_up(time_point now) const;

private:
  class sink;
  struct missing {
    std::optional<log_loss> loss;
    log_gap_reason reason;
  };
  /// One or the other.
  struct kept_news {
    std::optional<kept_log_line> line;
    std::optional<missing> gap;
  };

  void pass(const log_line& line, time_point now);
  void tell_gap(time_point now);

  const std::size_t tail_;
  const std::int64_t since_;
  std::shared_ptr<log_tally> tally_;
  std::vector<group_ptr> groups_;
  phase phase_ = phase::queued;
  std::uint64_t serial_ = 0;
  std::shared_ptr<docker::log_stream> stream_; ///< null: not open yet, or over
  bool came_ = false;                          ///< something of it
  log_line_assembler lines_;
  log_repeats repeats_;
  std::array<bool, 2> shown_{}; ///< by channel: its last line passed
  log_cursor end_;              ///< the last line of it
  std::optional<log_overlap> overlap_;
  std::vector<kept_news> kept_; ///< of the follow, while it is read
  std::size_t kept_bytes_ = 0;
  bool kept_full_ = false;     ///< it ends with a gap that grows
  std::size_t owed_ = 0;       ///< bytes not consumed yet
  std::optional<missing> gap_; ///< of the follow's, before the history's end was found in it
  time_point moved_at_{};      ///< when it last went on
  time_point wanted_at_{};     ///< when somebody last wanted more
  bool forced_ = false;        ///< it was read on though nobody did
  time_point look_at_{};       ///< when an overlap that does not end is looked after
};

} // namespace dockhost::actors
