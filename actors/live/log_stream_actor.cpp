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
/// Of the follow, for one watcher, while its history is read.
constexpr std::size_t most_kept = 4 * 1024 * 1024;
constexpr std::size_t most_joining = 64;

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
      passing_ = true;
      owner_.overlap_->feed(l, *this);
      passing_ = false;
      return;
    }
    owner_.line(l);
  }
  void cut(log_channel, std::size_t bytes) override {
    owner_.gap(log_loss{1, bytes}, log_gap_reason::line_too_long);
  }
  void lost() override { owner_.gap(std::nullopt, owner_.overlap_reason_); }
  void give_up() {
    passing_ = true;
    owner_.overlap_->give_up(*this);
  }

private:
  log_stream_state& owner_;
  bool passing_ = false; ///< the overlap gives lines back
};

class log_stream_state::history_sink final : public log_line_sink, public log_overlap::sink {
public:
  history_sink(log_stream_state& owner, joiner& j) : owner_(owner), joiner_(j) {}
  void line(const log_line& l) override {
    if (joiner_.read) return owner_.pass_to(joiner_, l); // from the overlap
    joiner_.end.passed(l);
    if (joiner_.tail > 0) owner_.pass_to(joiner_, l);
  }
  void cut(log_channel, std::size_t bytes) override {
    joiner_.group->gap(log_loss{1, bytes}, log_gap_reason::line_too_long, owner_.now());
  }
  void lost() override {} // the follow goes on from before the history's end: nothing is

private:
  log_stream_state& owner_;
  joiner& joiner_;
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
  drop_client(what.client);
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
  } else if (joiners_.size() >= most_joining) {
    w.answer.deliver(log_watch_answer{error{errc::capacity, "too many streams are starting"}});
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
  auto j = std::make_shared<joiner>();
  j->tail = options.tail;
  j->since = options.since_unix_nano;
  j->group = std::make_shared<log_group>(key_of(w.what), w.pattern, tally_);
  j->group->watchers.push_back(std::move(watcher));
  joiners_.push_back(j);
  open_history(*j);
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
  std::erase_if(joiners_, [&](const auto& j) { return from(*j->group); });
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
  // Not settle(): another watch of this client may be about to take the place.
}

bool log_stream_state::nobody() const {
  return waiting_.empty() && groups_.empty() && joiners_.empty();
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
  if (phase_ == phase::looking) {
    phase_ = phase::waiting;
    for (auto& w : std::exchange(waiting_, {}))
      admit(w);
    return settle();
  }
  if (phase_ != phase::waiting) return;
  if (details->pid != 0) return open_follow();
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
  const auto tell = [&](log_group& group) {
    group.flush(now());
    for (const auto& w : group.watchers)
      group.stop(w, message, reason);
  };
  for (const auto& group : groups_)
    tell(*group);
  for (const auto& j : joiners_)
    tell(*j->group);
  for (auto& w : waiting_)
    w.answer.deliver(log_watch_answer{error{errc::not_found, message}});
  waiting_.clear();
  groups_.clear();
  joiners_.clear();
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
  if (owed_ > 0 && wanted && follow_) follow_->consumed(std::exchange(owed_, 0));
  if (owed_ > 0) arm(at + pace_pause);
  for (const auto& group : groups_)
    if (const auto next = group->due(at)) arm(*next);
  for (const auto& j : joiners_) {
    if (j->owed > 0 && j->history && j->group->wants_more())
      j->history->consumed(std::exchange(j->owed, 0));
    if (j->owed > 0) arm(at + pace_pause);
    if (const auto next = j->group->due(at)) arm(*next);
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
  lines_ = {};
  owed_ = 0;
  got_line_ = false;
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

void log_stream_state::open_history(joiner& j) {
  const auto serial = j.serial = ++last_serial_;
  docker::log_request request;
  request.id = id_;
  request.tty = tty_;
  request.tail = std::max<std::size_t>(j.tail, 1); // where the follow is to be joined
  request.since_unix_nano = j.since;
  self_->request(docker_, look_timeout, open_log{std::move(request), handlers_for(serial)})
      .then(
          [this, serial](log_opened& opened) {
            for (const auto& other : joiners_)
              if (other->serial == serial && !other->read) other->history = opened.stream;
            settle();
          },
          [this, serial](const caf::error&) {
            ended({serial, engine_error{engine_errc::unreachable, "no engine"}});
          });
}

void log_stream_state::arrived(log_arrived& a) {
  if (phase_ == phase::over) return;
  if (a.serial == follow_serial_) {
    follow_sink to(*this);
    lines_.feed(*a.batch, to);
    arrived_at_ = now();
    tally_->bytes += a.batch->bytes.size();
    owed_ += a.batch->bytes.size();
    for (const auto& group : groups_)
      group->send_if_ready(now());
  }
  for (const auto& j : joiners_) {
    if (j->serial == a.serial && !j->read) {
      history_sink to(*this, *j);
      j->lines.feed(*a.batch, to);
      j->owed += a.batch->bytes.size();
    }
    j->group->send_if_ready(now());
  }
  settle();
}

void log_stream_state::line(const log_line& l) {
  if (repeats_.again(l)) return;
  got_line_ = true;
  ++tally_->lines;
  cursor_.passed(l);
  const auto at = now();
  for (const auto& group : groups_)
    group->add(l, at);
  for (const auto& j : joiners_)
    join_line(*j, l);
}

void log_stream_state::gap(const std::optional<log_loss>& loss, log_gap_reason reason) {
  for (const auto& group : groups_)
    group->gap(loss, reason, now());
  for (const auto& j : joiners_)
    if (j->read) j->group->gap(loss, reason, now());
}

// --- joining

void log_stream_state::join_line(joiner& j, const log_line& l) {
  if (j.read) {
    history_sink to(*this, j);
    if (j.overlap && !j.overlap->over()) return j.overlap->feed(l, to);
    return pass_to(j, l);
  }
  if (j.kept_bytes < most_kept) {
    j.kept.emplace_back(l);
    j.kept_bytes += j.kept.back().bytes();
  } else {
    for (auto& w : j.group->watchers)
      w.allowance.missed(1, l.text.size() + 1);
  }
}

void log_stream_state::pass_to(joiner& j, const log_line& l) {
  if (l.unix_nano < j.since) return;
  j.group->add(l, now());
}

void log_stream_state::history_ended(joiner& j, const std::optional<engine_error>& why) {
  history_sink to(*this, j);
  if (!why) j.lines.finish(to);
  j.history.reset();
  j.read = true;
  j.group->flush(now());
  // Its last line is the follow's already, where nothing has been written in between.
  if (!j.end.empty() && !(j.kept.empty() && j.end.same_line(cursor_))) j.overlap.emplace(j.end);
  j.deadline = now() + overlap_patience;
  arm(j.deadline);
  for (const auto& kept : std::exchange(j.kept, {}))
    join_line(j, kept.view());
}

/// A history whose last line does not come by in the follow: that had passed it before, as far as
/// can be known when it stands still.
void log_stream_state::look_after(joiner& j) {
  if (!j.overlap || j.overlap->over()) return;
  const auto at = now();
  if (at >= j.deadline) {
    if (owed_ == 0 && at - arrived_at_ >= overlap_patience) {
      history_sink to(*this, j);
      j.overlap->give_up(to);
      j.overlap.reset();
      return;
    }
    j.deadline = at + overlap_patience;
  }
  arm(j.deadline);
}

/// Who has all that the follow has given goes into the group of those who get the same.
void log_stream_state::merge_joined() {
  std::erase_if(joiners_, [this](const auto& j) {
    if (!j->read || (j->overlap && !j->overlap->over())) return false;
    const auto at = now();
    const auto before = groups_.size();
    j->group->flush(at);
    const auto into = group_for(j->group->key(), j->group->pattern());
    if (groups_.size() > before) {
      groups_.back() = j->group;
      return true;
    }
    into->flush(at);
    std::move(j->group->watchers.begin(), j->group->watchers.end(),
              std::back_inserter(into->watchers));
    return true;
  });
}

// --- ends

void log_stream_state::ended(const log_ended& e) {
  if (phase_ == phase::over) return;
  if (e.serial == follow_serial_ && phase_ == phase::following) return follow_ended(e.why);
  for (const auto& j : joiners_)
    if (j->serial == e.serial && !j->read) {
      history_ended(*j, e.why);
      break;
    }
  settle();
}

void log_stream_state::follow_ended(const std::optional<engine_error>& why) {
  follow_sink to(*this);
  if (!why) {
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
  if (why && !engine) return finish(why->message, "error");
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
  const auto serve = [&](log_group& group) {
    group.send_if_ready(at);
    group.catch_up();
  };
  for (const auto& group : groups_)
    serve(*group);
  for (const auto& j : joiners_) {
    look_after(*j);
    serve(*j->group);
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
