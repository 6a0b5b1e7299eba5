// SPDX-License-Identifier: MIT
#pragma once

#include "actors/actor_support.hpp"
#include "actors/interfaces.hpp"
#include "actors/node/call_queue.hpp"
#include "actors/node/environment.hpp"

#include <caf/all.hpp>

#include <map>
#include <memory>
#include <vector>

namespace dockhost::actors {

/// Every engine call of the node passes here. One call per container at a time; calls for the same
/// image's pull share one pull; while the engine is known to be gone calls fail at once and a probe
/// asks until it is back; before the first create after each (re)appearance of the engine the
/// containers' own network is made sure of.
struct docker_state {
  using self_ptr = self_pointer<docker_actor, docker_state>;

  docker_state(self_ptr self);
  static inline const char* name = "docker";

  docker_actor::behavior_type behave(environment_ptr env);

private:
  struct pending {
    engine_call call;
    std::vector<caf::typed_response_promise<engine_answer>> promises; ///< several for a shared pull
    std::chrono::steady_clock::time_point due;
    bool running = false;
  };

  caf::result<engine_answer> accept(engine_call& call);
  void pump();
  void launch(std::uint64_t id, pending& p);
  void await_network(std::uint64_t id, const std::string& network,
                     std::chrono::milliseconds timeout);
  void answered(engine_call_done& d);
  void finish(std::uint64_t id, engine_answer answer);
  void count(const engine_operation& operation, const engine_answer& answer,
             std::chrono::nanoseconds took);
  void overdue(std::uint64_t id);
  void note(const engine_answer& answer);
  void probe();
  void probe_done(docker::engine_result<docker::engine_info> info);
  void network_made(const docker::engine_result<docker::network_effect>& made);
  void set_health(bool reachable, std::string why);
  void open(const open_events& request);

  self_ptr self_;
  environment_ptr env_;
  std::shared_ptr<docker::engine> engine_;
  call_queue queue_;
  std::map<std::uint64_t, pending> pending_;
  std::map<std::string, std::uint64_t> pulls_; ///< image -> its running pull
  std::uint64_t last_call_ = 0;
  std::vector<health_listener_actor> listeners_;
  engine_health health_;
  bool known_ = false; ///< the first probe has answered
  bool probing_ = false;
  int failed_probes_ = 0;
  enum class network_state { missing, making, ready } network_ = network_state::missing;
  std::vector<std::uint64_t> waiting_for_network_;
  std::unique_ptr<docker::subscription> events_;
};

docker_actor::behavior_type docker_behavior(self_pointer<docker_actor, docker_state> self,
                                            environment_ptr env);

} // namespace dockhost::actors
