// SPDX-License-Identifier: MIT
#pragma once

#include "actors/actor_support.hpp"
#include "actors/interfaces.hpp"
#include "actors/node/environment.hpp"
#include "core/event_audit.hpp"

#include <caf/all.hpp>

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace dockhost::actors {

/// Keeps what the node believes true: the engine's events are hints that a container should be
/// looked at, the relist (at the start, after each outage, when the event stream ended, and every
/// 30 s with jitter) is the truth. Stopped containers of others show their ports only when
/// inspected; what they say can't change, so each is inspected once.
struct watch_state {
  using self_ptr = self_pointer<watch_actor, watch_state>;

  watch_state(self_ptr self);
  static inline const char* name = "watch";

  watch_actor::behavior_type behave(environment_ptr env, docker_actor docker, ports_actor ports,
                                    fleet_actor fleet);

private:
  void health_changed(const engine_health& h);
  void heard(const docker::container_event& e);
  void open_stream();
  void relist();
  void relist_soon(std::chrono::milliseconds pause);
  void subscribed(const engine_view_actor& who);
  void listed(const std::vector<docker::container_summary>& all,
              std::chrono::steady_clock::time_point taken);
  void learn_foreign(const std::vector<docker::container_summary>& all);
  void audit(const std::vector<docker::container_summary>& all);
  void inspect_next_foreign();
  void tell_foreign_ports();
  void tell_view(const std::vector<docker::container_summary>& all,
                 std::chrono::steady_clock::time_point taken, std::int64_t taken_unix_nano);

  self_ptr self_;
  environment_ptr env_;
  docker_actor docker_;
  ports_actor ports_;
  fleet_actor fleet_;
  bool reachable_ = false;
  bool stream_lost_ = false;
  bool listing_ = false;
  bool again_ = false;
  std::uint64_t generation_ = 0; ///< of the relist timer: only the newest counts
  std::optional<std::chrono::steady_clock::time_point> relist_at_; ///< when that one is due
  int failures_ = 0;
  bool first_ = true;      ///< nothing has been listed yet
  bool held_back_ = false; ///< the first listing was not told: some of others' ports are unknown
  std::map<std::string, std::set<std::uint16_t>> foreign_; ///< by container id
  std::set<std::string> inspected_;
  std::deque<std::string> to_inspect_;
  bool inspecting_ = false;
  std::vector<engine_view_actor> viewers_; ///< those that live
  bool told_ = false;                      ///< a listing has come
  event_audit audit_;
};

watch_actor::behavior_type watch_behavior(self_pointer<watch_actor, watch_state> self,
                                          environment_ptr env, docker_actor docker,
                                          ports_actor ports, fleet_actor fleet);

} // namespace dockhost::actors
