// SPDX-License-Identifier: MIT
#include "actors/live/log_stream_actor.hpp"

#include "core/container_state.hpp"

#include <algorithm>
#include <utility>

namespace dockhost::actors {

namespace {

using namespace std::chrono_literals;
using docker::engine_errc;
using docker::engine_error;

constexpr auto look_timeout = 10s;
constexpr auto request_slack = 2s;
/// How often it is looked whether somebody wants more again.
constexpr auto pace_pause = 2ms;
/// Between looks at a container that doesn't run, and tries at an engine that is away.
constexpr auto probe_pause_min = 100ms;
constexpr auto probe_pause_max = 5'000ms;
/// How long lines wait for the one that shows where a reopened log goes on.
constexpr auto overlap_patience = 1s;
/// How long the end of a removed container's log is waited for.
constexpr auto farewell = 2s;
/// Between two second reads of one log: what comes meanwhile is held, and needs one for all.
constexpr auto mending_pause = 20ms;
/// A follow that gave nothing for so long stood at the log's end.
constexpr auto stood_still = 50ms;
/// After such a silence it is looked once whether the follow is stuck, and soon again if it seems
/// so.
constexpr auto silence = 300ms;
constexpr auto second_look = 100ms;
/// How often a log that can't be read is opened again without a line of it.
constexpr int tries = 3;
/// Histories that are read at the same time: each is a connection to the engine.
constexpr std::ptrdiff_t most_reading = 16;

error to_error(const engine_error& e) {
  switch (e.code) {
  case engine_errc::unreachable: return {errc::engine_unavailable, e.message};
  case engine_errc::timeout: return {errc::timeout, e.message};
  case engine_errc::not_found: return {errc::not_found, e.message};
  case engine_errc::no_such_image:
  case engine_errc::name_taken:
  case engine_errc::port_taken:
  case engine_errc::conflict:
  case engine_errc::bad_request:
  case engine_errc::failed: break;
  }
  return {errc::internal, e.message};
}

log_group_key key_of(const watch_log& w) {
  return {w.spelling, w.options.filter, w.options.encoding, w.options.timestamps};
}

} // namespace

/// What the assembler makes of the follow: through the overlap, to everybody.
class log_stream_state::follow_sink final : public log_line_sink, public log_overlap::sink {
public:
  explicit follow_sink(log_stream_state& owner) : owner_(owner) {}
  void line(const log_line& l) override {
    if (!passing_ && owner_.overlap_ && !owner_.overlap_->over()) {
      owner_.shown_[static_cast<std::size_t>(l.channel)] = false;
      passing_ = true;
      owner_.overlap_->feed(l, *this);
      passing_ = false;
      return;
    }
    owner_.line(l);
  }
  void cut(log_channel channel, std::size_t bytes) override { owner_.cut(channel, bytes); }
  void lost() override { owner_.gap(std::nullopt, owner_.overlap_reason_); }
  void give_up() {
    passing_ = true;
    owner_.overlap_->give_up(*this);
  }

private:
  log_stream_state& owner_;
  bool passing_ = false; ///< the overlap gives lines back
};

class log_stream_state::mended_sink final : public log_mending::sink {
public:
  explicit mended_sink(log_stream_state& owner) : owner_(owner) {}
  void line(const log_line& l, bool missing) override {
    if (owner_.pass_new(l) && missing) ++owner_.tally_->mended;
  }
  void cut(log_channel channel, std::size_t bytes) override { owner_.cut_passed(channel, bytes); }
  void lost() override { owner_.gap(std::nullopt, log_gap_reason::rotation); }

private:
  log_stream_state& owner_;
};

/// What the engine has behind the last line that passed, only counted.
class log_stream_state::count_sink final : public log_mending::sink {
public:
  explicit count_sink(std::size_t& count) : count_(count) {}
  void line(const log_line&, bool) override { ++count_; }
  void cut(log_channel, std::size_t) override {}
  void lost() override { ++count_; }

private:
  std::size_t& count_;
};

log_stream_state::log_stream_state(self_ptr self) : self_(self) {}

log_stream_state::time_point log_stream_state::now() const {
  return self_->clock().now();
}

log_stream_actor::behavior_type log_stream_state::behave(environment_ptr env, docker_actor docker,
                                                         log_hub_actor hub,
                                                         std::string container_id,
                                                         std::shared_ptr<log_tally> tally) {
  quiet_defaults(self_, name);
  env_ = std::move(env);
  count_while_alive(self_, env_->metrics, actor_kind::log_stream);
  docker_ = std::move(docker);
  hub_ = std::move(hub);
  id_ = std::move(container_id);
  tally_ = std::move(tally);
  return {
      [this](watch_log& w) { return watch(w); },
      [this](const unwatch_log& u) { unwatch(u.client, u.watch); },
      [this](const client_gone& c) {
        drop_client(c.client);
        settle();
      },
      [this](const log_container_news& n) { news(n); },
      [this](log_arrived& a) { arrived(a); },
      [this](const log_ended& e) { ended(e); },
      [this](const log_due& d) { due(d.generation); },
  };
}

// --- watchers

caf::result<log_watch_answer> log_stream_state::watch(watch_log& what) {
  // A second one of the same client takes the first one's place.
  replace(what.client);
  waiting_watch w{std::move(what), std::nullopt, self_->make_response_promise<log_watch_answer>()};
  if (const auto& text = w.what.options.filter.pattern; !text.empty()) {
    auto compiled = platform::pattern::compile(text);
    if (!compiled) {
      w.answer.deliver(log_watch_answer{error{errc::invalid_request, compiled.err()}});
      settle();
      return caf::delegated<log_watch_answer>{};
    }
    w.pattern = std::move(compiled).value();
  }
  if (phase_ == phase::over) {
    w.answer.deliver(log_watch_answer{error{errc::not_found, "the container was removed"}});
  } else if (phase_ == phase::looking) {
    // Not before somebody waits: with nobody there, the engine's answer would be the end.
    waiting_.push_back(std::move(w));
    look();
  } else {
    admit(w);
    settle();
  }
  return caf::delegated<log_watch_answer>{};
}

void log_stream_state::admit(waiting_watch& w) {
  const auto& options = w.what.options;
  const auto budget = static_cast<std::size_t>(env_->config.live.client_buffer);
  log_watcher watcher{w.what.client, w.what.watch, w.what.to, log_allowance(budget)};
  w.answer.deliver(log_watch_answer{});
  if (follow_serial_ == 0) { // the first of all: the follow begins with its history
    tail_ = options.tail;
    since_ = options.since_unix_nano;
    group_for(key_of(w.what), w.pattern)->watchers.push_back(std::move(watcher));
    open_follow();
    return;
  }
  auto it = std::find_if(histories_.begin(), histories_.end(),
                         [&](const auto& history) { return history->serves(options); });
  if (it == histories_.end())
    it = histories_.insert(
        it, std::make_unique<log_history>(options.tail, options.since_unix_nano, tally_));
  (*it)->add(std::move(watcher), key_of(w.what), w.pattern);
}

log_stream_state::group_ptr
log_stream_state::group_for(const log_group_key& key,
                            const std::optional<platform::pattern>& pattern) {
  for (const auto& group : groups_)
    if (group->key() == key) return group;
  groups_.push_back(std::make_shared<log_group>(key, pattern, tally_));
  return groups_.back();
}

template <class Match, class Told>
void log_stream_state::take_out(Match match, Told told) {
  std::erase_if(waiting_, [&](auto& w) {
    if (!match(w.what.client, w.what.watch)) return false;
    w.answer.deliver(log_watch_answer{error{errc::invalid_request, "stopped before it began"}});
    return true;
  });
  const auto from = [&](log_group& group) {
    std::erase_if(group.watchers, [&](const log_watcher& w) {
      if (!match(w.client, w.watch)) return false;
      told(group, w);
      return true;
    });
    return group.watchers.empty();
  };
  std::erase_if(groups_, [&](const auto& group) { return from(*group); });
  std::erase_if(histories_, [&](const auto& history) {
    std::erase_if(history->groups(), [&](const auto& group) { return from(*group); });
    return history->groups().empty();
  });
}

void log_stream_state::unwatch(const std::string& client, std::uint64_t watch) {
  take_out([&](const auto& c, auto w) { return c == client && w == watch; },
           [this](log_group& group, const log_watcher& w) {
             group.flush(now());
             group.stop(w, "Log stream stopped", "requested");
           });
  settle();
}

void log_stream_state::drop_client(const std::string& client) {
  take_out([&](const auto& c, auto) { return c == client; }, [](log_group&, const log_watcher&) {});
}

void log_stream_state::replace(const std::string& client) {
  take_out([&](const auto& c, auto) { return c == client; },
           [this](log_group& group, const log_watcher& w) {
             group.flush(now());
             group.leave(w);
           });
  // Not settle(): the stream must not end for want of watchers.
}

bool log_stream_state::nobody() const {
  return waiting_.empty() && groups_.empty() && histories_.empty();
}

// --- the container

void log_stream_state::look() {
  if (std::exchange(looking_, true)) return;
  self_
      ->request(docker_, look_timeout + request_slack,
                engine_call{"log " + id_, op_inspect{id_}, look_timeout})
      .then([this](const engine_answer& answer) { looked(answer); },
            [this](const caf::error&) {
              looked({engine_error{engine_errc::timeout, "the engine did not answer in time"}});
            });
}

void log_stream_state::looked(const engine_answer& answer) {
  looking_ = false;
  if (phase_ == phase::over) return;
  if (const auto* problem = std::get_if<engine_error>(&answer.value)) {
    if (phase_ == phase::looking) {
      for (auto& w : std::exchange(waiting_, {}))
        w.answer.deliver(log_watch_answer{to_error(*problem)});
      return settle();
    }
    if (problem->code == engine_errc::not_found)
      return finish("The container was removed", "removed");
    if (problem->code == engine_errc::unreachable) overlap_reason_ = log_gap_reason::engine_restart;
    return wait(probe_pause_);
  }
  const auto* details = std::get_if<docker::container_details>(&answer.value);
  if (details == nullptr) return wait(probe_pause_);
  tty_ = details->tty;
  rotation_ = details->log;
  if (phase_ == phase::looking) {
    phase_ = phase::waiting;
    for (auto& w : std::exchange(waiting_, {}))
      admit(w);
    return settle();
  }
  if (phase_ != phase::waiting) return;
  // One that broke off has not shown all of a log, be its container over or not.
  if (details->pid != 0 || broke_off_) return open_follow();
  wait(probe_pause_);
}

void log_stream_state::news(const log_container_news& n) {
  if (phase_ == phase::looking || phase_ == phase::over) return;
  if (n.removed) {
    removed_ = true;
    if (phase_ == phase::waiting) return finish("The container was removed", "removed");
    give_up_log_ = now() + farewell; // what it said last is still on its way
    arm(*give_up_log_);
  } else if (n.running && phase_ == phase::waiting) {
    probe_pause_ = probe_pause_min;
    look();
  }
}

void log_stream_state::wait(std::chrono::milliseconds pause) {
  phase_ = phase::waiting;
  probe_at_ = now() + pause;
  probe_pause_ = std::min<std::chrono::milliseconds>(pause * 2, probe_pause_max);
  arm(*probe_at_);
}

void log_stream_state::finish(const std::string& message, const std::string& reason) {
  jumps_ = {}; // no more looks
  if (auto mending = std::exchange(mending_, nullptr)) set_aside(mending->take_held());
  if (!unsure_.empty()) { // what is missing before them, if anything, will never be known
    gap(std::nullopt, log_gap_reason::rotation);
    release(std::exchange(unsure_, {}));
  }
  const auto tell = [&](log_group& group) {
    group.flush(now());
    for (const auto& w : group.watchers)
      group.stop(w, message, reason);
  };
  for (const auto& group : groups_)
    tell(*group);
  for (const auto& history : histories_)
    for (const auto& group : history->groups())
      tell(*group);
  for (auto& w : waiting_)
    w.answer.deliver(log_watch_answer{error{errc::not_found, message}});
  waiting_.clear();
  groups_.clear();
  histories_.clear();
  settle();
}

/// After each change: the end where nobody watches any more, else the next tick.
void log_stream_state::settle() {
  if (phase_ == phase::over) return;
  if (nobody()) {
    phase_ = phase::over;
    follow_.reset();
    self_->send(hub_, log_stream_over{id_});
    self_->quit();
    return;
  }
  merge_joined();
  const auto at = now();
  const bool wanted =
      groups_.empty() || std::any_of(groups_.begin(), groups_.end(),
                                     [](const auto& group) { return group->wants_more(); });
  if (owed_ > 0 && wanted && follow_ && !mending_) follow_->consumed(std::exchange(owed_, 0));
  if (owed_ > 0) arm(at + pace_pause);
  for (const auto& group : groups_)
    if (const auto next = group->due(at)) arm(*next);
  if (mending_) {
    if (mending_->wants_read(at)) open_read(*mending_);
    if (wanted) mending_->read_on(at);
    arm(mending_->due(at));
  }
  look_if_silent();
  open_histories();
  const bool others_wait = std::any_of(histories_.begin(), histories_.end(), [](const auto& h) {
    return h->state() == log_history::phase::queued;
  });
  for (const auto& history : histories_) {
    history->read_on(at, others_wait);
    if (const auto next = history->due(at)) arm(*next);
  }
  if (overlap_ && overlap_->holds()) {
    if (!overlap_deadline_) overlap_deadline_ = at + overlap_patience;
    arm(*overlap_deadline_);
  }
}

// --- the log at the engine

docker::log_handlers log_stream_state::handlers_for(std::uint64_t serial) {
  log_stream_actor me = self_;
  docker::log_handlers out;
  out.on_data = [me, serial](shared_log_batch batch) {
    caf::anon_send(me, log_arrived{serial, std::move(batch)});
  };
  out.on_end = [me, serial](std::optional<engine_error> why) {
    caf::anon_send(me, log_ended{serial, std::move(why)});
  };
  return out;
}

void log_stream_state::open_follow() {
  phase_ = phase::following;
  probe_at_.reset();
  follow_.reset(); // it must not be told what the next one's reader has consumed
  const bool first = follow_serial_ == 0;
  const auto serial = follow_serial_ = ++last_serial_;
  docker::log_request request;
  request.id = id_;
  request.tty = tty_;
  request.follow = true;
  if (first) {
    request.tail = tail_;
    request.since_unix_nano = since_;
    opened_unix_nano_ = env_->unix_ms() * 1'000'000;
  } else if (!cursor_.empty()) {
    request.since_unix_nano = cursor_.since();
  } else {
    // Nothing has come so far: what is new since the first opening is wanted, and with a tail of
    // what was there then there was nothing.
    request.since_unix_nano = tail_ == 0 ? std::max(since_, opened_unix_nano_) : since_;
    if (!history_over_ && tail_ > 0) request.tail = tail_;
  }
  by_silent_look_ = false;
  lines_ = {};
  jumps_ = log_jumps(rotation_, env_->unix_ms() * 1'000'000);
  if (!cursor_.empty()) jumps_.goes_on_from(cursor_.unix_nano());
  owed_ = 0;
  got_line_ = false;
  arrived_at_ = now();
  silent_look_.reset(); // what it has not seen is to come by this one
  silent_look_at_ = arrived_at_ + silence;
  seeks_ = !cursor_.empty();
  overlap_.reset();
  overlap_deadline_.reset();
  if (!first && !cursor_.empty()) overlap_.emplace(cursor_);
  self_->request(docker_, look_timeout, open_log{std::move(request), handlers_for(serial)})
      .then(
          [this, serial](log_opened& opened) {
            if (serial == follow_serial_ && phase_ == phase::following) follow_ = opened.stream;
            settle();
          },
          [this, serial](const caf::error&) {
            ended({serial, engine_error{engine_errc::unreachable, "no engine"}});
          });
}

void log_stream_state::open_histories() {
  auto reading = std::count_if(histories_.begin(), histories_.end(), [](const auto& history) {
    return history->state() == log_history::phase::reading;
  });
  for (const auto& history : histories_) {
    if (history->state() != log_history::phase::queued) continue;
    if (reading++ >= most_reading) return;
    open_history(*history);
  }
}

void log_stream_state::open_history(log_history& history) {
  const auto serial = ++last_serial_;
  auto request = history.begin(serial, now());
  request.id = id_;
  request.tty = tty_;
  self_->request(docker_, look_timeout, open_log{std::move(request), handlers_for(serial)})
      .then(
          [this, serial](log_opened& opened) {
            if (auto* wanted = history_of(serial)) wanted->opened(std::move(opened.stream));
            settle();
          },
          [this, serial](const caf::error&) {
            ended({serial, engine_error{engine_errc::unreachable, "no engine"}});
          });
}

log_history* log_stream_state::history_of(std::uint64_t serial) {
  const auto it = std::find_if(histories_.begin(), histories_.end(),
                               [&](const auto& history) { return history->serial() == serial; });
  return it == histories_.end() ? nullptr : it->get();
}

void log_stream_state::arrived(log_arrived& a) {
  if (phase_ == phase::over) return;
  repeats_.clock_is(env_->unix_ms() * 1'000'000);
  if (a.serial == follow_serial_) {
    follow_sink to(*this);
    seeks_ = false;
    lines_.feed(*a.batch, to);
    arrived_at_ = now();
    tally_->bytes += a.batch->bytes.size();
    owed_ += a.batch->bytes.size();
    for (const auto& group : groups_)
      group->send_if_ready(now());
  }
  if (mending_ && a.serial == mending_->serial()) {
    mended_sink to(*this);
    if (mending_->arrived(*a.batch, to, now())) end_mending();
  }
  if (silent_look_ && a.serial == silent_look_->serial()) {
    count_sink to(unseen_);
    if (silent_look_->arrived(*a.batch, to, now())) end_silent_look();
  }
  if (auto* history = history_of(a.serial)) history->arrived(*a.batch, now());
  settle();
}

void log_stream_state::line(const log_line& l) {
  if (!mending_ && jumps_.before(l)) begin_mending();
  if (mending_) return mending_->hold(l);
  (void)pass_new(l);
}

void log_stream_state::cut(log_channel channel, std::size_t bytes) {
  if (mending_) return mending_->hold_cut(channel, bytes);
  cut_passed(channel, bytes);
}

/// Nothing is told of a line that came again and was dropped.
void log_stream_state::cut_passed(log_channel channel, std::size_t bytes) {
  if (std::exchange(shown_[static_cast<std::size_t>(channel)], false))
    gap(log_loss{1, bytes}, log_gap_reason::line_too_long);
}

bool log_stream_state::pass_new(const log_line& l) {
  const bool is_new = !repeats_.again(l);
  shown_[static_cast<std::size_t>(l.channel)] = is_new;
  if (is_new) pass(l);
  return is_new;
}

void log_stream_state::pass(const log_line& l) {
  got_line_ = true;
  ++tally_->lines;
  cursor_.passed(l);
  jumps_.passed(l);
  const auto at = passed_at_ = silent_look_at_ = now();
  silent_look_.reset();
  silence_told_ = seems_stuck_ = false;
  silent_look_at_ += silence;
  if (!unsure_.empty() && l.unix_nano >= unsure_.back().unix_nano) unsure_.clear();
  for (const auto& group : groups_)
    group->add(l, at);
  for (const auto& history : histories_)
    history->follow_line(l, at);
}

void log_stream_state::gap(const std::optional<log_loss>& loss, log_gap_reason reason) {
  for (const auto& group : groups_)
    group->gap(loss, reason, now());
  for (const auto& history : histories_)
    history->follow_gap(loss, reason, now());
}

// --- lines that a follow may have left out

void log_stream_state::begin_mending() {
  const auto at = now();
  silent_look_.reset(); // it would take what is held now for lines that were left out
  // A log of one file is cut to nothing where it is full: its last line is gone then, though no
  // reader has missed anything that stood at its end.
  const bool may_be_gone = rotation_.files == 1 && at - passed_at_ >= stood_still;
  const auto start = mended_at_ ? std::max(at, *mended_at_ + mending_pause) : at;
  mending_ = std::make_unique<log_mending>(cursor_, jumps_, may_be_gone, rotation_, start);
}

void log_stream_state::open_read(log_mending& of) {
  const auto serial = ++last_serial_;
  auto request = of.begin(serial, now());
  request.id = id_;
  request.tty = tty_;
  self_->request(docker_, look_timeout, open_log{std::move(request), handlers_for(serial)})
      .then(
          [this, serial](log_opened& opened) {
            for (auto* wanted : {mending_.get(), silent_look_.get()})
              if (wanted && wanted->serial() == serial) wanted->opened(opened.stream);
            settle();
          },
          [this, serial](const caf::error&) {
            ended({serial, engine_error{engine_errc::unreachable, "no engine"}});
          });
}

void log_stream_state::end_mending() {
  const auto mending = std::exchange(mending_, nullptr);
  mended_at_ = now();
  auto held = mending->take_held();
  if (!held.empty()) {
    // One look at each place. What came while the log was read may be behind another one.
    const auto next = held.front().unix_nano;
    if (mending->has_read_to(next) || cursor_.same_line(mending->place()))
      jumps_.goes_on_from(next);
  }
  release(std::move(held));
  if (!mending->has_follow_ended()) return;
  if (mending_)
    mending_->follow_ended();
  else
    follow_ended(std::nullopt);
}

void log_stream_state::release(std::deque<kept_log_line> held) {
  for (const auto& kept : held) {
    line(kept.view());
    if (kept.cut > 0) cut(kept.channel, kept.cut);
  }
}

/// An engine before 23 may stop reading in the middle of a log whose files were rotated, until the
/// next rotation, or, where its container has ended, for good.
void log_stream_state::look_if_silent() {
  const bool stands = phase_ == phase::following || (phase_ == phase::waiting && !broke_off_);
  const bool idle =
      stands && owed_ == 0 && !mending_ && !cursor_.empty() && rotation_.file_bytes > 0;
  if (!idle || silence_told_) return;
  const auto at = now();
  if (!silent_look_) {
    if (at < silent_look_at_) return arm(silent_look_at_);
    silent_look_ =
        std::make_unique<log_mending>(cursor_, jumps_, rotation_.files == 1, rotation_, at);
    unseen_ = 0;
  }
  if (silent_look_->wants_read(at)) open_read(*silent_look_);
  silent_look_->read_on(at);
  arm(silent_look_->due(at));
}

void log_stream_state::end_silent_look() {
  silent_look_.reset();
  if (unseen_ == 0) {
    silence_told_ = true;
  } else if (!std::exchange(seems_stuck_, true)) {
    silent_look_at_ = now() + second_look; // it may be on its way
  } else {
    silence_told_ = true;
    open_follow();
    by_silent_look_ = true;
  }
}

/// What is held is put aside: it comes again, as the follow begins anew behind the last line that
/// passed. Whether there is such a log still, a look at the container decides, and not the read's
/// failure.
void log_stream_state::reopen(engine_error why) {
  set_aside(mending_->take_held());
  mending_.reset();
  mended_at_ = now();
  if (why.code != engine_errc::unreachable && why.code != engine_errc::timeout)
    why.code = engine_errc::failed;
  follow_ended(why);
}

/// Of two that begin at the same place, the one that goes further counts.
void log_stream_state::set_aside(std::deque<kept_log_line> held) {
  if (held.empty()) return;
  if (unsure_.empty() || held.back().unix_nano > unsure_.back().unix_nano)
    unsure_ = std::move(held);
}

/// Who has all that the follow has given goes into the group of those who get the same.
void log_stream_state::merge_joined() {
  const auto at = now();
  const auto merge = [&](const group_ptr& group) {
    const auto before = groups_.size();
    group->flush(at);
    const auto into = group_for(group->key(), group->pattern());
    if (groups_.size() > before) {
      groups_.back() = group;
      return;
    }
    into->flush(at);
    std::move(group->watchers.begin(), group->watchers.end(), std::back_inserter(into->watchers));
  };
  std::erase_if(histories_, [&](const auto& history) {
    if (history->state() != log_history::phase::joined) return false;
    for (const auto& group : history->groups())
      merge(group);
    return true;
  });
}

// --- ends

void log_stream_state::ended(const log_ended& e) {
  if (phase_ == phase::over) return;
  if (e.serial == follow_serial_ && phase_ == phase::following) {
    if (!mending_) return follow_ended(e.why);
    if (e.why) return reopen(*e.why);
    return mending_->follow_ended();
  }
  if (mending_ && e.serial == mending_->serial()) {
    if (e.why) return reopen(*e.why);
    mended_sink to(*this);
    if (mending_->ended(to, now())) end_mending();
  }
  if (silent_look_ && e.serial == silent_look_->serial()) {
    count_sink to(unseen_);
    if (e.why) {
      silent_look_.reset();
      silence_told_ = true;
    } else if (silent_look_->ended(to, now())) {
      end_silent_look();
    }
  }
  if (auto* history = history_of(e.serial)) history->ended(e.why, cursor_, now());
  settle();
}

void log_stream_state::follow_ended(const std::optional<engine_error>& why) {
  follow_sink to(*this);
  follow_serial_ = ++last_serial_; // what is on its way of it comes again
  broke_off_ = why.has_value();
  jumps_ = {}; // nothing is held any more
  if (!why) {
    // Files that it left out at the end would stay unseen; but one look without a line is enough.
    if (got_line_ || !by_silent_look_) silence_told_ = seems_stuck_ = false;
    silent_look_at_ = now() + second_look;
    lines_.finish(to);
    history_over_ = history_over_ || cursor_.empty();
  }
  if (overlap_ && !overlap_->over()) to.give_up();
  overlap_.reset();
  follow_.reset();
  owed_ = 0;
  for (const auto& group : groups_)
    group->send_if_ready(now());
  if (removed_ || (why && why->code == engine_errc::not_found))
    return finish("The container was removed", "removed");
  const bool engine =
      why && (why->code == engine_errc::unreachable || why->code == engine_errc::timeout);
  // An engine before 23 that reads a line while it is written, or a file while it is rotated, gives
  // up, and reads on well the next time.
  const bool may_go_on =
      !why || engine || (why->code == engine_errc::failed && (got_line_ || quick_ends_ < tries));
  if (!may_go_on) return finish(why->message, "error");
  overlap_reason_ = engine ? log_gap_reason::engine_restart : log_gap_reason::rotation;
  // The container has ended, or the engine, or only the log's connection: a look tells. Soon, but
  // not in a loop where each opening ends at once.
  quick_ends_ = got_line_ ? 0 : std::min(quick_ends_ + 1, 6);
  probe_pause_ = probe_pause_min;
  wait(quick_ends_ == 0 ? std::chrono::milliseconds(0)
                        : std::chrono::milliseconds(probe_pause_min) * (1 << quick_ends_) / 2);
  probe_pause_ = std::max<std::chrono::milliseconds>(probe_pause_, probe_pause_min);
  settle();
}

// --- time

void log_stream_state::arm(time_point at) {
  if (armed_at_ && *armed_at_ <= at) return;
  armed_at_ = at;
  const auto pause = std::max<time_point::duration>(at - now(), time_point::duration::zero());
  self_->delayed_send(self_, pause, log_due{++generation_});
}

void log_stream_state::due(std::uint64_t generation) {
  if (generation != generation_ || phase_ == phase::over) return;
  armed_at_.reset();
  const auto at = now();
  if (give_up_log_ && at >= *give_up_log_) return finish("The container was removed", "removed");
  if (probe_at_ && at >= *probe_at_) {
    probe_at_.reset();
    look();
  }
  if (overlap_deadline_ && at >= *overlap_deadline_ && overlap_) {
    follow_sink to(*this);
    to.give_up();
    overlap_deadline_.reset();
  }
  for (const auto& group : groups_) {
    group->send_if_ready(at);
    group->catch_up();
  }
  if (mending_ && mending_->given_up(at))
    return reopen({engine_errc::timeout, "the log does not come"});
  if (silent_look_ && silent_look_->given_up(at)) {
    silent_look_.reset();
    silence_told_ = true;
  }
  const bool at_end = phase_ == phase::following && !seeks_ && owed_ == 0 && !mending_;
  const auto quiet_since = at_end ? std::optional(arrived_at_) : std::nullopt;
  for (const auto& history : histories_) {
    if (history->given_up(at))
      history->ended(engine_error{engine_errc::timeout, "the log does not come"}, cursor_, at);
    history->look_after(at, quiet_since);
  }
  if (probe_at_) arm(*probe_at_);
  if (give_up_log_) arm(*give_up_log_);
  settle();
}

log_stream_actor::behavior_type
log_stream_behavior(self_pointer<log_stream_actor, log_stream_state> self, environment_ptr env,
                    docker_actor docker, log_hub_actor hub, std::string container_id,
                    std::shared_ptr<log_tally> tally) {
  return self->state.behave(std::move(env), std::move(docker), std::move(hub),
                            std::move(container_id), std::move(tally));
}

} // namespace dockhost::actors
