// SPDX-License-Identifier: MIT
#pragma once

#include "actors/actor_support.hpp"
#include "actors/live/stats_interfaces.hpp"
#include "actors/live/usage_route.hpp"
#include "actors/node/environment.hpp"

#include <caf/all.hpp>

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace dockhost::actors {

/// Makes the reader of local files.
using stats_reader_factory = std::function<stats_reader_actor()>;

/// Looks at what containers use, at the ticks of the clients' intervals. The ticks of an interval
/// are its multiples on the monotonic clock, put off by less than 25 ms, so clients with the same
/// one share looks; and a look is shared with ticks that come right after it: however many watch,
/// and however their intervals lie, each container is looked at at most eight times a second. What
/// goes out is encoded once per tick and distinct set of containers.
///
/// A local engine's containers are read from cgroup and /proc files by a detached reader; their
/// process ids come from one inspect per start. Where the files of one that runs can't be read
/// (usage_route), the engine is asked for it; a remote engine is asked for all. While nobody
/// watches, nothing is read, and there is no reader. There is one round of looks at a time, and
/// ticks that come meanwhile share the next one, so a reader that stalls holds up nothing but this.
struct stats_state {
  using self_ptr = self_pointer<stats_actor, stats_state>;

  stats_state(self_ptr self);
  ~stats_state();
  stats_state(const stats_state&) = delete;
  stats_state& operator=(const stats_state&) = delete;
  static inline const char* name = "stats";

  stats_actor::behavior_type behave(environment_ptr env, docker_actor docker,
                                    stats_reader_factory make_reader);

private:
  using time_point = std::chrono::steady_clock::time_point;

  /// Clients that get the same.
  struct group {
    std::optional<std::vector<stats_container>> containers; ///< none: all
  };
  struct client {
    std::shared_ptr<const group> watches;
    std::chrono::milliseconds interval{};
    live_outlet_ptr to;
  };
  /// A container that runs and that somebody watches.
  struct source {
    std::uint64_t serial = 0; ///< tells lives of a container apart
    std::int64_t pid = 0;     ///< 0: not known (any more)
    bool asking = false;      ///< for the pid
    time_point ask_again;     ///< not before
    bool looked = false;      ///< there was, or need not be, a first look before its first tick
    std::uint64_t round = 0;  ///< the last one in which it was looked at
    usage_route route;
    cpu_meter meter;
    std::string members; ///< what was found last, as JSON
    time_point shared;   ///< ticks until then get that
  };
  /// Looks that are under way.
  struct round {
    std::uint64_t number = 0;
    std::vector<std::string> due;             ///< clients that then get an update
    std::map<std::string, std::string> found; ///< id -> its JSON after the id
    std::deque<std::string> to_ask;           ///< the engine: not asked for yet
    std::size_t asking = 0;                   ///< the engine: answers that are out
  };

  void subscribe(subscribe_stats& s);
  void unsubscribe(const std::string& client);
  void drop_all();
  void refresh_sources();
  void runs(const container_runs& news);
  void ended(const std::string& id);
  void listed(const containers_running& news);
  void health(const engine_health& news);
  [[nodiscard]] bool usable() const;
  void plan_tick();
  void tick(std::uint64_t generation);
  void look_first();
  void look_for(std::vector<std::string> due);
  void begin_round(std::vector<std::string> ids, std::vector<std::string> due);
  [[nodiscard]] bool give_to_reader(read_usages work);
  void ask_engine();
  void usages(const usages_read& answer);
  void files_missed(const std::string& id);
  void found(const std::string& id, const std::optional<container_usage>& usage, bool from_files);
  void tell_unreadable(const std::string& id);
  void end_round();
  void emit(const round& done);
  void want_pid(const std::string& id, source& s);
  void ask_pids();
  void got_pid(const std::string& id, std::uint64_t serial, std::optional<std::int64_t> pid);
  void end_reader();
  void reader_down();

  self_ptr self_;
  environment_ptr env_;
  docker_actor docker_;
  std::optional<engine_health> health_;

  std::map<std::string, std::int64_t> running_; ///< id -> its process, 0 where it isn't known
  std::map<std::string, client> clients_;
  std::map<std::string, std::weak_ptr<const group>> groups_; ///< by what they consist of
  std::map<std::string, source> sources_;

  std::uint64_t last_serial_ = 0;

  std::optional<round> round_;
  std::set<std::string> late_; ///< clients whose tick came during a round: they have the next one
  std::uint64_t last_round_ = 0;
  std::uint64_t tick_generation_ = 0;
  time_point last_tick_;
  std::deque<std::string> wanted_pids_;
  std::size_t asking_pids_ = 0;

  stats_reader_factory make_reader_;
  stats_reader_actor reader_;
  bool reader_alive_ = false;
  bool reading_ = false; ///< the reader has work, of this round
  bool told_unreadable_ = false;
  time_point reader_not_before_;
};

/// `make_reader` may be empty: then it reads this machine's files.
stats_actor::behavior_type stats_behavior(self_pointer<stats_actor, stats_state> self,
                                          environment_ptr env, docker_actor docker,
                                          stats_reader_factory make_reader);

} // namespace dockhost::actors
