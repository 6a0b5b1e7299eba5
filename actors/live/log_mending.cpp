// SPDX-License-Identifier: MIT
#include "actors/live/log_mending.hpp"

#include <utility>

namespace dockhost::actors {

namespace {

using namespace std::chrono_literals;

/// How long the engine may keep silent, and where it reads all of a log.
constexpr auto engine_patience = 10s;
constexpr auto whole_log_patience = 30s;
/// How often it is looked whether somebody wants more again.
constexpr auto pace_pause = 2ms;

} // namespace

/// What log_mend lets pass; it remembers what came last.
class log_mending::passing_sink final : public log_mend::sink {
public:
  explicit passing_sink(log_mending::sink& to) : to_(to) {}
  void line(const log_line& l, bool missing) override {
    any_ = true;
    channel_ = l.channel;
    unix_nano_ = l.unix_nano;
    to_.line(l, missing);
  }
  void cut(log_channel channel, std::size_t bytes) override { to_.cut(channel, bytes); }
  void lost() override { to_.lost(); }
  [[nodiscard]] bool was(const log_line& l) const {
    return any_ && channel_ == l.channel && unix_nano_ == l.unix_nano;
  }

private:
  log_mending::sink& to_;
  bool any_ = false;
  log_channel channel_ = log_channel::out;
  std::int64_t unix_nano_ = 0;
};

/// The read's lines to log_mend.
class log_mending::read_sink final : public log_line_sink {
public:
  read_sink(log_mending& owner, log_mending::sink& to) : owner_(owner), to_(to) {}
  void line(const log_line& l) override {
    passing_sink passing(to_);
    owner_.state_ = owner_.mend_.feed(l, passing);
    owner_.passed_[static_cast<std::size_t>(l.channel)] = passing.was(l);
  }
  void cut(log_channel channel, std::size_t bytes) override {
    // Once it is over, the follow tells what of its lines was cut off.
    if (owner_.passed_[static_cast<std::size_t>(channel)] &&
        owner_.state_ == log_mend::state::reading)
      to_.cut(channel, bytes);
  }

private:
  log_mending& owner_;
  log_mending::sink& to_;
};

log_mending::log_mending(const log_cursor& place, const log_jumps& jumps, bool may_be_gone,
                         log_rotation rotation, time_point start)
    : mend_(place, jumps.file_times(), may_be_gone), place_(place), rotation_(rotation),
      line_bytes_(jumps.line_bytes()), at_(start) {}

docker::log_request log_mending::begin(std::uint64_t serial, time_point now) {
  serial_ = serial;
  at_ = now;
  lines_ = {};
  passed_ = {};
  state_ = log_mend::state::reading;
  docker::log_request request;
  request.tail = mend_tail(tries_, mend_.held(), rotation_, line_bytes_);
  all_ = !request.tail;
  mend_.begin(all_);
  request.since_unix_nano = place_.since();
  return request;
}

bool log_mending::arrived(const log_batch& batch, sink& to, time_point now) {
  at_ = now;
  owed_ += batch.bytes.size();
  read_sink read(*this, to);
  lines_.feed(batch, read);
  return decide(now);
}

bool log_mending::ended(sink& to, time_point now) {
  read_sink read(*this, to);
  // A long line that is being written has its begin there only; the follow gives all of it.
  lines_.finish_so_far(read);
  passing_sink passing(to);
  state_ = mend_.ended(passing);
  return decide(now);
}

bool log_mending::decide(time_point now) {
  if (state_ == log_mend::state::reading) return false;
  stream_.reset();
  serial_ = 0;
  owed_ = 0;
  at_ = now;
  if (state_ == log_mend::state::over) return true;
  ++tries_;
  return false;
}

void log_mending::read_on(time_point now) {
  if (owed_ == 0 || !stream_) return;
  at_ = now;
  stream_->consumed(std::exchange(owed_, 0));
}

std::chrono::seconds log_mending::patience() const {
  return all_ ? whole_log_patience : engine_patience;
}

log_mending::time_point log_mending::due(time_point now) const {
  if (serial_ == 0) return at_;
  return owed_ > 0 ? now + pace_pause : at_ + patience();
}

bool log_mending::given_up(time_point now) const {
  return serial_ != 0 && owed_ == 0 && now - at_ >= patience();
}

} // namespace dockhost::actors
