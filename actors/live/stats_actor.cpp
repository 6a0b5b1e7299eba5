// SPDX-License-Identifier: MIT
#include "actors/live/stats_actor.hpp"

#include "actors/live/stats_reader_actor.hpp"
#include "actors/live/stats_update.hpp"
#include "protocol/socketio_server.hpp"

#include <algorithm>
#include <charconv>
#include <ratio>
#include <tuple>
#include <utility>

namespace dockhost::actors {

namespace {

using namespace std::chrono_literals;
using platform::log_level;

constexpr std::chrono::milliseconds shortest_interval = 250ms;
constexpr std::chrono::milliseconds longest_interval = 1h;
/// Ticks are put off to a multiple of this, so that many odd intervals make no more of them.
using tick_steps = std::chrono::duration<std::int64_t, std::ratio<25, 1000>>;
/// Half the shortest interval: nobody gets the same look twice.
constexpr auto shared_for = 125ms;
constexpr auto pid_timeout = 10s;
constexpr auto pid_pause = 5s; ///< before a process that could not be found is asked for again
constexpr std::size_t pids_at_once = 4;
constexpr auto remote_timeout = 10s;
constexpr auto respawn_pause = 5s;
/// Of a client that takes less than it gets: it then misses updates, and nothing else.
constexpr std::size_t budget = 1024 * 1024;

/// How many multiples of the interval lie before `t`.
std::int64_t ticks_until(std::chrono::steady_clock::time_point t,
                         std::chrono::milliseconds interval) {
  return t.time_since_epoch() / interval;
}

/// Before Docker 25 looks at the same time could spoil each other.
std::size_t looks_at_once(const docker::engine_info& info) {
  int major = 0;
  std::from_chars(info.version.data(), info.version.data() + info.version.size(), major);
  return major >= 25 ? 8 : 1;
}

bool has_process(const docker::container_details& details) {
  return details.status == "running" || details.status == "paused";
}

std::string key_of(const std::optional<std::vector<stats_container>>& containers) {
  if (!containers) return "*";
  std::string key;
  for (const auto& c : *containers)
    key.append(c.id).append(1, '\0').append(c.spelling).append(1, '\0');
  return key;
}

/// Sorted and without duplicates, so that the same set is the same group.
void normalize(std::vector<stats_container>& containers) {
  for (auto& c : containers)
    if (c.spelling.empty()) c.spelling = c.id;
  const auto both = [](const stats_container& c) { return std::tie(c.id, c.spelling); };
  std::sort(containers.begin(), containers.end(),
            [&](const auto& a, const auto& b) { return both(a) < both(b); });
  const auto same = std::unique(containers.begin(), containers.end(),
                                [&](const auto& a, const auto& b) { return both(a) == both(b); });
  containers.erase(same, containers.end());
}

} // namespace

stats_state::stats_state(self_ptr self) : self_(self) {}

stats_state::~stats_state() {
  if (reader_alive_) end_now(reader_, caf::exit_reason::kill);
}

stats_actor::behavior_type stats_state::behave(environment_ptr env, docker_actor docker,
                                               stats_reader_factory make_reader) {
  quiet_defaults(self_, name);
  self_->set_down_handler([this](caf::scheduled_actor*, caf::down_msg& down) {
    if (reader_ && reader_.address() == down.source) reader_down();
  });
  env_ = std::move(env);
  count_while_alive(self_, env_->metrics, actor_kind::stats);
  docker_ = std::move(docker);
  make_reader_ = std::move(make_reader);
  if (!make_reader_)
    make_reader_ = [this]() -> stats_reader_actor {
      return self_->spawn<caf::detached>(stats_reader_behavior, std::string());
    };
  self_->send(docker_, subscribe_health{stats_actor(self_)});
  return {
      [this](subscribe_stats& s) { subscribe(s); },
      [this](const unsubscribe_stats& u) { unsubscribe(u.client); },
      [this](const client_gone& g) { unsubscribe(g.client); },
      [this](const container_runs& news) { runs(news); },
      [this](const container_ended& news) { ended(news.id); },
      [this](const containers_running& news) { listed(news); },
      [this](const engine_health& news) { health(news); },
      [this](const stats_tick& t) { tick(t.generation); },
      [this](const usages_read& answer) { usages(answer); },
  };
}

// ---- who watches what

void stats_state::subscribe(subscribe_stats& s) {
  if (!s.to) return;
  if (s.containers) normalize(*s.containers);
  auto& shared = groups_[key_of(s.containers)];
  auto watches = shared.lock();
  if (!watches) shared = watches = std::make_shared<const group>(group{std::move(s.containers)});
  if (round_) std::erase(round_->due, s.client);
  late_.erase(s.client);
  clients_[s.client] = {std::move(watches),
                        std::clamp(s.interval, shortest_interval, longest_interval),
                        std::move(s.to)};
  refresh_sources();
  plan_tick();
  look_first();
}

void stats_state::unsubscribe(const std::string& who) {
  if (clients_.erase(who) == 0) return;
  if (round_) std::erase(round_->due, who);
  late_.erase(who);
  if (clients_.empty()) return drop_all();
  refresh_sources();
  plan_tick();
}

void stats_state::drop_all() {
  groups_.clear();
  sources_.clear();
  late_.clear();
  last_tick_ = {};
  wanted_pids_.clear();
  ++tick_generation_;
  // A reader that is at work is ended when it answers: where it stalls, that keeps a client that
  // comes and goes from leaving one stalled thread behind each time.
  if (reading_) return;
  round_.reset();
  end_reader();
}

/// Keeps `sources_` what it is said to be.
void stats_state::refresh_sources() {
  std::erase_if(groups_, [](const auto& entry) { return entry.second.expired(); });
  std::set<std::string, std::less<>> watched;
  bool all = false;
  for (const auto& [key, weak] : groups_) {
    const auto watches = weak.lock();
    if (!watches->containers) {
      all = true;
      break;
    }
    for (const auto& c : *watches->containers)
      watched.insert(c.id);
  }
  std::erase_if(sources_, [&](const auto& entry) {
    return !running_.contains(entry.first) || !(all || watched.contains(entry.first));
  });
  if (clients_.empty()) return;
  for (const auto& [id, pid] : running_)
    if (all || watched.contains(id))
      if (const auto [it, added] = sources_.try_emplace(id); added) {
        it->second.pid = pid;
        it->second.serial = ++last_serial_;
      }
}

// ---- what runs

void stats_state::runs(const container_runs& news) {
  running_[news.id] = news.pid;
  sources_.erase(news.id); // another process, and counters that begin anew
  refresh_sources();
  look_first();
}

void stats_state::ended(const std::string& id) {
  running_.erase(id);
  sources_.erase(id);
}

void stats_state::listed(const containers_running& news) {
  std::map<std::string, std::int64_t> now;
  for (const auto& c : news.all) {
    auto pid = c.pid;
    const auto before = running_.find(c.id);
    if (before != running_.end()) {
      if (pid == 0) pid = before->second;
      if (pid != before->second && before->second != 0) sources_.erase(c.id);
    }
    now[c.id] = pid;
  }
  running_ = std::move(now);
  for (auto& [id, s] : sources_)
    if (const auto it = running_.find(id); it != running_.end() && s.pid == 0) s.pid = it->second;
  refresh_sources();
  look_first();
}

void stats_state::health(const engine_health& news) {
  const bool same_place = health_ && health_->info.remote == news.info.remote;
  health_ = news;
  if (!same_place) {
    sources_.clear();
    refresh_sources();
  }
  plan_tick();
  look_first();
}

/// Whether there is anything to look at by: who has not been told where the engine is must not take
/// this machine for it.
bool stats_state::usable() const {
  return health_ && !(health_->info.remote && !health_->reachable) &&
         !(health_->info.version.empty() && !health_->reachable);
}

// ---- ticks

void stats_state::plan_tick() {
  ++tick_generation_;
  if (clients_.empty()) return;
  const auto now = self_->clock().now();
  if (last_tick_ == time_point()) last_tick_ = now;
  auto next = time_point::max();
  for (const auto& [name_, c] : clients_)
    next = std::min(next, time_point((ticks_until(now, c.interval) + 1) * c.interval));
  next = std::chrono::ceil<tick_steps>(next);
  self_->delayed_send(self_, next - now, stats_tick{tick_generation_});
}

void stats_state::tick(std::uint64_t generation) {
  if (generation != tick_generation_) return;
  const auto now = self_->clock().now();
  std::vector<std::string> due;
  for (const auto& [name_, c] : clients_)
    if (ticks_until(now, c.interval) != ticks_until(last_tick_, c.interval)) due.push_back(name_);
  last_tick_ = now;
  plan_tick();
  if (round_) {
    late_.insert(due.begin(), due.end());
  } else if (!due.empty() && usable()) {
    look_for(std::move(due));
  }
}

void stats_state::look_for(std::vector<std::string> due) {
  std::set<std::string> ids;
  for (const auto& who : due) {
    const auto it = clients_.find(who);
    if (it == clients_.end()) continue;
    const auto& wanted = it->second.watches->containers;
    if (!wanted) {
      for (const auto& [id, s] : sources_)
        ids.insert(ids.end(), id);
      break;
    }
    for (const auto& c : *wanted)
      if (sources_.contains(c.id)) ids.insert(c.id);
  }
  begin_round({ids.begin(), ids.end()}, std::move(due));
}

/// A first look, so that the next tick has something to compare with.
void stats_state::look_first() {
  if (round_ || !usable()) return;
  std::vector<std::string> ids;
  for (auto& [id, s] : sources_) {
    if (s.looked) continue;
    if (s.pid == 0 && s.route.by_files() && !health_->info.remote) {
      want_pid(id, s);
    } else {
      ids.push_back(id);
    }
  }
  ask_pids();
  if (!ids.empty()) begin_round(std::move(ids), {});
}

// ---- a round of looks

void stats_state::begin_round(std::vector<std::string> ids, std::vector<std::string> due) {
  const auto now = self_->clock().now();
  const bool remote = health_->info.remote;
  round_ = round();
  round_->number = ++last_round_;
  round_->due = std::move(due);
  read_usages work;
  work.round = round_->number;
  for (const auto& id : ids) {
    auto& s = sources_.at(id);
    if (now < s.shared) {
      s.looked = true;
      round_->found[id] = s.members;
      continue;
    }
    if (!remote && s.route.wants_process(now)) want_pid(id, s);
    if (!remote && s.route.by_files() && s.pid == 0) {
      want_pid(id, s);
      continue;
    }
    s.looked = true;
    s.round = round_->number;
    if (remote || !s.route.by_files()) {
      round_->to_ask.push_back(id);
    } else {
      work.containers.emplace_back(id, s.pid);
    }
  }
  ask_pids();
  if (!work.containers.empty() && !give_to_reader(std::move(work))) return round_.reset();
  ask_engine();
}

/// False: there is none just now.
bool stats_state::give_to_reader(read_usages work) {
  if (!reader_alive_ && self_->clock().now() < reader_not_before_) return false;
  if (!reader_alive_) {
    reader_ = make_reader_();
    self_->monitor(reader_);
    reader_alive_ = true;
  }
  for (const auto& [id, s] : sources_)
    work.known.push_back(id);
  reading_ = true;
  work.answer_to = stats_actor(self_);
  self_->send(reader_, std::move(work));
  return true;
}

/// Ends the round where nothing is out any more.
void stats_state::ask_engine() {
  auto& r = *round_;
  while (!r.to_ask.empty() && r.asking < looks_at_once(health_->info)) {
    const auto id = std::move(r.to_ask.front());
    r.to_ask.pop_front();
    ++r.asking;
    // Without a key: a look does not get in the way of the container's other calls.
    const auto done = [this, id, number = r.number](const std::optional<container_usage>& usage) {
      if (!round_ || round_->number != number) return;
      --round_->asking;
      found(id, usage, false);
      ask_engine();
    };
    self_
        ->request(docker_, remote_timeout + 5s,
                  engine_call{{}, op_stats{id}, std::chrono::milliseconds(remote_timeout)})
        .then(
            [done](const engine_answer& answer) {
              const auto* usage = std::get_if<container_usage>(&answer.value);
              done(usage ? std::optional(*usage) : std::nullopt);
            },
            [done](const caf::error&) { done(std::nullopt); });
  }
  if (r.to_ask.empty() && r.asking == 0 && !reading_) end_round();
}

void stats_state::usages(const usages_read& answer) {
  reading_ = false;
  if (clients_.empty()) {
    round_.reset();
    return end_reader();
  }
  if (!round_ || round_->number != answer.round) return;
  for (const auto& [id, usage] : answer.usages) {
    found(id, usage, true);
    if (!usage) files_missed(id);
  }
  ask_pids();
  ask_engine();
}

void stats_state::files_missed(const std::string& id) {
  const auto it = sources_.find(id);
  if (it == sources_.end() || it->second.round != round_->number) return;
  auto& s = it->second;
  switch (s.route.files_missed(self_->clock().now())) {
  case usage_route::miss::ask_process:
    s.pid = running_[id] = 0;
    s.shared = {};
    return want_pid(id, s);
  case usage_route::miss::ask_engine: round_->to_ask.push_back(id);
  }
}

void stats_state::found(const std::string& id, const std::optional<container_usage>& usage,
                        bool from_files) {
  const auto it = sources_.find(id);
  if (it == sources_.end() || it->second.round != round_->number || !usage) return;
  auto& s = it->second;
  if (s.route.read(from_files)) {
    s.meter = {};
    if (!from_files && !health_->info.remote) tell_unreadable(id);
  }
  const auto percent = s.meter.update(*usage);
  auto shown = *usage;
  // An engine tells its machine's memory where there is no limit.
  if (const auto machine = health_->info.memory_bytes;
      machine > 0 && shown.memory_limit_bytes && *shown.memory_limit_bytes >= machine) {
    shown.memory_limit_bytes = 0;
  }
  s.members = stats_members(percent, shown);
  round_->found[id] = s.members;
  // A first look has no percentage: it is no update's.
  if (percent) s.shared = self_->clock().now() + shared_for;
}

void stats_state::tell_unreadable(const std::string& id) {
  platform::log(std::exchange(told_unreadable_, true) ? log_level::debug : log_level::info, name,
                "stats.files_unreadable",
                "a container runs, and its files can't be read: the engine tells its figures",
                {{"container", id}});
}

void stats_state::end_round() {
  const auto done = *std::exchange(round_, std::nullopt);
  emit(done);
  if (late_.empty()) return look_first();
  const auto due = std::exchange(late_, {});
  look_for({due.begin(), due.end()});
}

void stats_state::emit(const round& done) {
  const auto at = env_->unix_ms();
  std::map<const group*, protocol::engineio::server::shared_outgoing> encoded;
  for (const auto& who : done.due) {
    const auto it = clients_.find(who);
    if (it == clients_.end()) continue;
    const auto& c = it->second;
    auto& packet = encoded[c.watches.get()];
    if (!packet) {
      stats_payload payload(at);
      if (c.watches->containers) {
        for (const auto& wanted : *c.watches->containers)
          if (const auto seen = done.found.find(wanted.id); seen != done.found.end())
            payload.add(wanted.spelling, seen->second);
      } else {
        for (const auto& [id, members] : done.found)
          payload.add(id, members);
      }
      auto event = protocol::socketio::server::encode_event_text("/", "stats_update",
                                                                 std::move(payload).finish());
      if (!event.ok()) return;
      packet = std::move(event).value();
    }
    (void)c.to->emit(packet, budget);
  }
}

// ---- which process is it

void stats_state::want_pid(const std::string& id, source& s) {
  if (s.asking || self_->clock().now() < s.ask_again) return;
  s.asking = true;
  wanted_pids_.push_back(id);
}

void stats_state::ask_pids() {
  while (!wanted_pids_.empty() && asking_pids_ < pids_at_once) {
    const auto id = std::move(wanted_pids_.front());
    wanted_pids_.pop_front();
    const auto it = sources_.find(id);
    if (it == sources_.end() || !it->second.asking) continue;
    ++asking_pids_;
    const auto done = [this, id,
                       serial = it->second.serial](const std::optional<std::int64_t>& pid) {
      --asking_pids_;
      got_pid(id, serial, pid);
      ask_pids();
    };
    // A key of its own: a look need not wait for the container's other calls.
    self_
        ->request(
            docker_, pid_timeout + 5s,
            engine_call{"stats " + id, op_inspect{id}, std::chrono::milliseconds(pid_timeout)})
        .then(
            [done](const engine_answer& answer) {
              const auto* details = std::get_if<docker::container_details>(&answer.value);
              done(details && has_process(*details) ? std::optional(details->pid) : std::nullopt);
            },
            [done](const caf::error&) { done(std::nullopt); });
  }
}

/// None: it does not run, or the engine did not say.
void stats_state::got_pid(const std::string& id, std::uint64_t serial,
                          std::optional<std::int64_t> pid) {
  const auto it = sources_.find(id);
  if (it == sources_.end() || it->second.serial != serial) return;
  auto& s = it->second;
  const auto now = self_->clock().now();
  s.asking = false;
  s.ask_again = now + pid_pause;
  s.pid = pid.value_or(0);
  if (const auto known = running_.find(id); known != running_.end()) known->second = s.pid;
  // Files that are tried again are so at the next tick.
  if (!s.route.by_engine()) s.looked = !pid;
  if (pid) {
    s.route.process_named(*pid, now);
  } else {
    s.route.process_unknown(now);
  }
  look_first();
}

// ---- the reader

void stats_state::end_reader() {
  if (!reader_alive_) return;
  self_->demonitor(reader_.address());
  end_now(reader_, caf::exit_reason::user_shutdown);
  reader_ = nullptr;
  reader_alive_ = false;
}

void stats_state::reader_down() {
  platform::log(log_level::error, name, "stats.reader_down",
                "the reader of containers' figures ended; it starts anew");
  reader_ = nullptr;
  reader_alive_ = false;
  reading_ = false;
  round_.reset();
  late_.clear();
  reader_not_before_ = self_->clock().now() + respawn_pause;
}

stats_actor::behavior_type stats_behavior(self_pointer<stats_actor, stats_state> self,
                                          environment_ptr env, docker_actor docker,
                                          stats_reader_factory make_reader) {
  return self->state.behave(std::move(env), std::move(docker), std::move(make_reader));
}

} // namespace dockhost::actors
