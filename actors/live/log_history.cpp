// SPDX-License-Identifier: MIT
#include "actors/live/log_history.hpp"

#include <algorithm>
#include <utility>

namespace dockhost::actors {

namespace {

using namespace std::chrono_literals;
using docker::engine_errc;

/// Of the follow, while the history is read.
constexpr std::size_t most_kept = 4 * 1024 * 1024;
/// How long the history's last line is waited for in the follow.
constexpr auto overlap_patience = 1s;
/// How often it is looked whether somebody wants more again.
constexpr auto pace_pause = 2ms;
/// How long its watchers may take nothing while others wait for their turn.
constexpr auto watcher_patience = 10s;
/// How long the engine may keep silent in the middle of a log that has an end.
constexpr auto engine_patience = 30s;

} // namespace

/// What the assembler makes of the history, and the overlap of the follow.
class log_history::sink final : public log_line_sink, public log_overlap::sink {
public:
  sink(log_history& owner, time_point now) : owner_(owner), now_(now) {}
  void line(const log_line& l) override {
    if (owner_.phase_ == phase::reading) {
      auto& shown = owner_.shown_[static_cast<std::size_t>(l.channel)];
      shown = false;
      if (owner_.repeats_.again(l)) return;
      owner_.end_.passed(l);
      if (owner_.tail_ == 0) return; // it was read to find the place only
      shown = true;
    }
    owner_.pass(l, now_);
  }
  void cut(log_channel channel, std::size_t bytes) override {
    if (!owner_.shown_[static_cast<std::size_t>(channel)]) return;
    for (const auto& group : owner_.groups_)
      group->gap(log_loss{1, bytes}, log_gap_reason::line_too_long, now_);
  }
  void lost() override { owner_.tell_gap(now_); }

private:
  log_history& owner_;
  const time_point now_;
};

bool log_history::serves(const log_watch_options& options) const {
  return !came_ && phase_ <= phase::reading && options.tail == tail_ &&
         options.since_unix_nano == since_;
}

void log_history::add(log_watcher watcher, const log_group_key& key,
                      const std::optional<platform::pattern>& pattern) {
  auto it = std::find_if(groups_.begin(), groups_.end(),
                         [&](const auto& group) { return group->key() == key; });
  if (it == groups_.end())
    it = groups_.insert(it, std::make_shared<log_group>(key, pattern, tally_));
  (*it)->watchers.push_back(std::move(watcher));
}

docker::log_request log_history::begin(std::uint64_t serial, time_point now) {
  phase_ = phase::reading;
  serial_ = serial;
  moved_at_ = wanted_at_ = now;
  docker::log_request request;
  request.tail = std::max<std::size_t>(tail_, 1); // where the follow is to be joined
  request.since_unix_nano = since_;
  return request;
}

void log_history::opened(std::shared_ptr<docker::log_stream> stream) {
  if (phase_ == phase::reading) stream_ = std::move(stream);
}

void log_history::arrived(const log_batch& batch, time_point now) {
  if (phase_ != phase::reading) return;
  came_ = true;
  moved_at_ = now;
  if (owed_ == 0 && !forced_) wanted_at_ = now;
  sink to(*this, now);
  lines_.feed(batch, to);
  owed_ += batch.bytes.size();
  for (const auto& group : groups_)
    group->send_if_ready(now);
}

void log_history::pass(const log_line& line, time_point now) {
  if (line.unix_nano < since_) return;
  for (const auto& group : groups_)
    group->add(line, now);
}

void log_history::ended(const std::optional<docker::engine_error>& why, const log_cursor& follow,
                        time_point now) {
  if (phase_ != phase::reading) return;
  sink to(*this, now);
  if (!why) lines_.finish(to);
  stream_.reset();
  owed_ = 0;
  phase_ = phase::joining;
  for (const auto& group : groups_)
    group->flush(now);
  if (why) {
    const bool engine = why->code == engine_errc::unreachable || why->code == engine_errc::timeout;
    for (const auto& group : groups_)
      group->gap(std::nullopt, engine ? log_gap_reason::engine_restart : log_gap_reason::rotation,
                 now);
  }
  // Its last line is the follow's already, where nothing has been written in between.
  if (!end_.empty() && !(kept_.empty() && end_.same_line(follow))) {
    overlap_.emplace(end_);
    look_at_ = now + overlap_patience;
  } else {
    phase_ = phase::joined;
  }
  for (const auto& kept : std::exchange(kept_, {})) {
    if (kept.line) follow_line(kept.line->view(), now);
    if (kept.gap) follow_gap(kept.gap->loss, kept.gap->reason, now);
  }
}

void log_history::follow_line(const log_line& line, time_point now) {
  switch (phase_) {
  case phase::queued: return; // it will be in the history
  case phase::reading:
    if (!kept_full_ && kept_bytes_ < most_kept) {
      kept_.push_back({kept_log_line(line), std::nullopt});
      kept_bytes_ += kept_.back().line->bytes();
      return;
    }
    if (!kept_full_)
      kept_.push_back({std::nullopt, missing{log_loss{}, log_gap_reason::slow_client}});
    kept_full_ = true;
    kept_.back().gap->loss->lines += 1;
    kept_.back().gap->loss->bytes += line.text.size() + 1;
    return;
  case phase::joining: {
    sink to(*this, now);
    overlap_->feed(line, to);
    if (overlap_->over()) phase_ = phase::joined;
    return;
  }
  case phase::joined: return pass(line, now);
  }
}

void log_history::follow_gap(const std::optional<log_loss>& loss, log_gap_reason reason,
                             time_point now) {
  const missing gap{loss, reason};
  switch (phase_) {
  case phase::queued: return; // the history does without
  case phase::reading:
    kept_.push_back({std::nullopt, gap});
    kept_full_ = false;
    return;
  case phase::joining: gap_ = gap; return; // it is behind the history's end only if that is in it
  case phase::joined: gap_ = gap; return tell_gap(now);
  }
}

void log_history::tell_gap(time_point now) {
  if (!gap_) return;
  for (const auto& group : groups_)
    group->gap(gap_->loss, gap_->reason, now);
  gap_.reset();
}

void log_history::read_on(time_point now, bool others_wait) {
  if (owed_ == 0 || !stream_) return;
  const bool wanted = std::any_of(groups_.begin(), groups_.end(),
                                  [](const auto& group) { return group->wants_more(); });
  if (wanted) wanted_at_ = now;
  if (!wanted && !(others_wait && now - wanted_at_ >= watcher_patience)) return;
  forced_ = !wanted;
  moved_at_ = now;
  stream_->consumed(std::exchange(owed_, 0));
}

/// A history whose last line does not come by in the follow: that had passed it before, as far as
/// can be known when it stands still.
void log_history::look_after(time_point now, const std::optional<time_point>& follow_quiet_since) {
  if (phase_ == phase::joining && now >= look_at_) {
    if (follow_quiet_since && now - *follow_quiet_since >= overlap_patience) {
      sink to(*this, now);
      overlap_->give_up(to);
      overlap_.reset();
      phase_ = phase::joined;
    } else {
      look_at_ = now + overlap_patience;
    }
  }
  for (const auto& group : groups_) {
    group->send_if_ready(now);
    group->catch_up();
  }
}

std::optional<log_history::time_point> log_history::due(time_point now) const {
  std::optional<time_point> out;
  const auto also = [&](std::optional<time_point> at) {
    if (at && (!out || *at < *out)) out = at;
  };
  if (phase_ == phase::joining) also(look_at_);
  if (phase_ == phase::reading) also(owed_ > 0 ? now + pace_pause : moved_at_ + engine_patience);
  for (const auto& group : groups_)
    also(group->due(now));
  return out;
}

bool log_history::given_up(time_point now) const {
  return phase_ == phase::reading && owed_ == 0 && now - moved_at_ >= engine_patience;
}

} // namespace dockhost::actors
