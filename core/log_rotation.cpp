// SPDX-License-Identifier: MIT
#include "core/log_rotation.hpp"

#include <algorithm>
#include <utility>

namespace dockhost {
namespace {

constexpr std::int64_t second_nanos = 1'000'000'000;
/// What a line costs in the engine's file beside its text.
constexpr std::int64_t line_overhead = 80;
constexpr std::int64_t most_window = 4 * 1024 * 1024;
constexpr std::int64_t usual_pace = 64'000'000; ///< bytes per second
constexpr std::int64_t headroom = 3;
constexpr std::int64_t no_disk_is_faster = 1'000'000'000;

constexpr std::size_t most_ahead = 1024 * 1024; // bytes

/// What is read of a log's end, at first and where that is not enough.
constexpr std::int64_t few_lines = 256;
constexpr std::int64_t many_lines = 16'384;
constexpr std::int64_t few_files = 4;
/// As many as an engine could have.
constexpr std::int64_t most_files = 1'000'000;

} // namespace

std::int64_t log_jumps::least_time() const {
  const auto pace = std::clamp(headroom * fastest_, usual_pace, no_disk_is_faster);
  return rotation_.file_bytes * 1'000 / (pace / 1'000'000); // sizes are far below 2^53
}

log_file_times log_jumps::file_times() const {
  const auto least = least_time();
  if (fastest_ == 0) return {least, least};
  const auto pace = std::clamp<std::int64_t>(2 * fastest_, 1'000'000, no_disk_is_faster);
  return {least, rotation_.file_bytes * 1'000 / (pace / 1'000'000)};
}

bool log_jumps::before(const log_line& line) const {
  return rotation_.file_bytes > 0 && last_ != 0 && line.unix_nano > opened_ &&
         line.unix_nano - last_ >= least_time();
}

void log_jumps::passed(const log_line& line) {
  const auto size = static_cast<std::int64_t>(line.text.size()) + line_overhead;
  last_ = line.unix_nano;
  bytes_ += size;
  ++lines_;
  if (window_bytes_ == 0) window_begin_ = line.unix_nano;
  window_bytes_ += size;
  if (window_bytes_ < std::clamp<std::int64_t>(rotation_.file_bytes / 4, 1, most_window)) return;
  const auto took = line.unix_nano - window_begin_;
  if (took > 0) fastest_ = std::max(fastest_, window_bytes_ * second_nanos / took);
  window_bytes_ = 0;
}

std::int64_t log_jumps::line_bytes() const {
  return lines_ == 0 ? line_overhead : bytes_ / lines_;
}

std::optional<std::size_t> mend_tail(int tries, std::size_t held, const log_rotation& rotation,
                                     std::int64_t line_bytes) {
  const auto file_lines = rotation.file_bytes / std::max<std::int64_t>(line_bytes, 1);
  const auto whole = std::min(rotation.files, most_files) * file_lines;
  std::int64_t before = 0;
  for (const auto lines : {few_lines, many_lines, few_files * file_lines}) {
    // Half of the log or more: then rather all of it.
    if (before > 0 && (lines <= before || 2 * lines > whole)) continue;
    before = lines;
    if (tries-- == 0) return held + static_cast<std::size_t>(lines);
  }
  return std::nullopt;
}

/// What the overlap lets pass stands behind the place.
class log_mend::found final : public log_overlap::sink {
public:
  found(log_mend& owner, log_mend::sink& to) : owner_(owner), to_(to) {}
  void lost() override {
    if (!owner_.all_)
      owner_.state_ = state::too_short;
    else
      owner_.gone_ = true;
  }
  void line(const log_line& l) override { owner_.behind(l, to_); }

private:
  log_mend& owner_;
  log_mend::sink& to_;
};

void log_mend::hold(const log_line& line) {
  held_.emplace_back(line);
  newest_ = std::max(newest_, line.unix_nano);
}

void log_mend::hold_cut(log_channel channel, std::size_t bytes) {
  const auto it = std::find_if(held_.rbegin(), held_.rend(),
                               [&](const auto& kept) { return kept.channel == channel; });
  if (it != held_.rend()) it->cut += bytes;
}

void log_mend::begin(bool all) {
  all_ = all;
  any_ = false;
  newest_read_ = 0;
  ahead_.clear();
  ahead_bytes_ = 0;
  overlap_.emplace(place_);
  state_ = state::reading;
}

log_mend::state log_mend::feed(const log_line& line, sink& to) {
  if (state_ != state::reading) return state_;
  // A tail that begins behind the place can't show it: no need to read the rest.
  if (!std::exchange(any_, true) && !all_ && line.unix_nano > place_.unix_nano())
    return state_ = state::too_short;
  newest_read_ = std::max(newest_read_, line.unix_nano);
  found lets_pass(*this, to);
  overlap_->feed(line, lets_pass);
  return state_;
}

/// Of a line of several messages either may have the end only: a tail counts messages, and a file
/// may begin with one.
bool log_mend::same(const kept_log_line& held, const log_line& line) {
  return held.unix_nano == line.unix_nano && held.channel == line.channel &&
         held.view().last_message() == line.last_message();
}

void log_mend::pass_held(sink& to) {
  const auto held = std::move(held_.front());
  held_.pop_front();
  to.line(held.view(), false);
  if (held.cut > 0) to.cut(held.channel, held.cut);
}

/// Newer than all that is held: the follow has not come so far, or has left it out. Which, is known
/// when more of both has come. Far ahead, and the read is not needed any more.
void log_mend::keep_ahead(const log_line& line) {
  ahead_.emplace_back(line);
  ahead_bytes_ += ahead_.back().bytes();
  if (line.unix_nano > newest_ + log_cursor::disorder.count() || ahead_bytes_ > most_ahead)
    state_ = state::over;
}

/// The read has come to a line that the follow has passed: so it has passed what was ahead, too.
/// What of that is not among the first `held` that are held, it left out. How many of those are
/// left.
std::size_t log_mend::pass_ahead(std::size_t held, sink& to) {
  ahead_bytes_ = 0;
  for (const auto& ahead : std::exchange(ahead_, {})) {
    const auto line = ahead.view();
    const auto end = held_.begin() + static_cast<std::ptrdiff_t>(held);
    const auto it = std::find_if(held_.begin(), end,
                                 [&](const kept_log_line& kept) { return same(kept, line); });
    if (it == end) {
      to.line(line, true);
      continue;
    }
    for (auto n = it - held_.begin(); n >= 0; --n, --held)
      pass_held(to);
  }
  return held;
}

/// The read begins behind the place: what is held of the time before that has no witness. Files go
/// as a whole, so only where one fits in something may be missing. Behind the place itself one has
/// gone, so it counts there that one could have been written; further on, that it is likely.
void log_mend::begin_without_place(const log_line& first, sink& to) {
  auto last = place_.unix_nano();
  auto enough = file_times_.least;
  const auto goes_on_at = [&](std::int64_t time) {
    if (time - last >= enough && !may_be_gone_) to.lost();
    last = time;
    enough = file_times_.likely;
  };
  while (!held_.empty() && held_.front().unix_nano < first.unix_nano) {
    goes_on_at(held_.front().unix_nano);
    unwitnessed_.push_back(held_.front());
    newest_unwitnessed_ = std::max(newest_unwitnessed_, held_.front().unix_nano);
    pass_held(to);
  }
  goes_on_at(first.unix_nano);
}

void log_mend::behind(const log_line& line, sink& to) {
  if (state_ != state::reading) return; // it will come by the follow
  if (std::exchange(gone_, false)) {
    begin_without_place(line, to);
    if (held_.empty()) {
      state_ = state::over; // the follow itself gives the rest
      return;
    }
  }
  const auto is_it = [&](const kept_log_line& kept) { return same(kept, line); };
  // Out of order by a little, and passed already.
  if (line.unix_nano <= newest_unwitnessed_ &&
      std::any_of(unwitnessed_.rbegin(), unwitnessed_.rend(), is_it))
    return;
  // Nearly all that is missing is older than all that is held.
  const auto it = held_.empty() || line.unix_nano < held_.front().unix_nano
                      ? held_.end()
                      : std::find_if(held_.begin(), held_.end(), is_it);
  if (it == held_.end()) {
    if (newest_ != 0 && line.unix_nano > newest_) return keep_ahead(line);
    const bool any_held = !held_.empty();
    (void)pass_ahead(held_.size(), to);
    if (any_held && held_.empty())
      state_ = state::over; // the follow gives this one
    else
      to.line(line, true);
    return;
  }
  for (auto n = pass_ahead(static_cast<std::size_t>(it - held_.begin()), to); n > 0; --n)
    pass_held(to);
  std::size_t cut = 0;
  if (held_.front().text.size() > line.text.size()) {
    pass_held(to);
  } else {
    to.line(line, false);
    cut = held_.front().cut;
    held_.pop_front();
  }
  if (!held_.empty()) return; // what was cut off, the read tells in its turn
  state_ = state::over;
  if (cut > 0) to.cut(line.channel, cut);
}

log_mend::state log_mend::ended(sink& to) {
  if (state_ != state::reading) return state_;
  if (!overlap_->over()) {
    if (!all_) return state_ = state::too_short;
    found lets_pass(*this, to);
    if (overlap_->holds())
      overlap_->give_up(lets_pass);
    else
      lets_pass.lost();
    if (std::exchange(gone_, false) && !may_be_gone_) to.lost();
  }
  return state_ = state::over;
}

} // namespace dockhost
