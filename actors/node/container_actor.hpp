// SPDX-License-Identifier: MIT
#pragma once

#include "actors/actor_support.hpp"
#include "actors/interfaces.hpp"
#include "actors/node/environment.hpp"
#include "core/lifecycle.hpp"

#include <caf/all.hpp>

#include <deque>
#include <functional>
#include <optional>

namespace dockhost::actors {

/// The shell of core/lifecycle for one user: carries its actions out and feeds it what comes back.
/// Commands of the user wait in a bounded queue and run strictly in order; each is answered within
/// its budget, waiting included.
struct container_actor_state {
  using self_ptr = self_pointer<container_actor, container_actor_state>;

  container_actor_state(self_ptr self);
  static inline const char* name = "container";

  container_actor::behavior_type behave(environment_ptr env, docker_actor docker, ports_actor ports,
                                        inventory_listener_actor fleet, std::string username);

private:
  void enqueue(execute& request);
  void begin_next();
  void look_at_budgets(const budget_over& tick);
  void arm(std::chrono::steady_clock::time_point due);
  void seen(const container_seen& look);
  void shut_down();

  /// One step of the machine: decide, act, publish.
  void dispatch(const lifecycle::event& what);
  void act(const lifecycle::action& wanted);
  void answer_current(const lifecycle::answer& a);
  void reply(const execute& to, std::optional<error> failure, std::string message,
             std::optional<container_view> view);
  void publish();
  [[nodiscard]] container_view view_of(const lifecycle::container_facts& facts) const;

  void do_act(const lifecycle::pull_image& a);
  void do_act(const lifecycle::reserve_ports& a);
  void do_act(const lifecycle::release_ports& a);
  void do_act(const lifecycle::adopt_ports& a);
  void do_act(const lifecycle::quarantine_ports& a);
  void do_act(const lifecycle::create_container& a);
  void do_act(const lifecycle::install_files& a);
  void do_act(const lifecycle::start_container& a);
  void do_act(const lifecycle::await_ssh& a);
  void do_act(const lifecycle::unpause_container& a);
  void do_act(const lifecycle::stop_container& a);
  void do_act(const lifecycle::remove_container& a);
  void do_act(const lifecycle::look_again& a);
  void do_act(const lifecycle::pause_then_retry& a);
  void do_act(const lifecycle::answer& a);

  void install(const std::string& id, std::optional<std::string> sshd_config);
  void probe_ssh();
  void ssh_probed(const ssh_probe_done& d);
  void looked(const docker::container_details& found);

  using answer_handler = std::function<void(const engine_answer&)>;
  /// Asks the engine; the answer is dropped when the machine has moved on meanwhile.
  void call(engine_operation operation, std::chrono::milliseconds timeout,
            answer_handler on_answer);
  /// The common case: an error feeds call_failed, success feeds what `on_success` makes of it.
  template <class Value, class OnSuccess>
  void call_for(engine_operation operation, std::chrono::milliseconds timeout,
                OnSuccess on_success);

  self_ptr self_;
  environment_ptr env_;
  docker_actor docker_;
  ports_actor ports_;
  inventory_listener_actor fleet_;
  std::string username_;
  std::string container_name_;
  lifecycle::policy policy_;
  lifecycle::model model_;
  container_view published_;
  std::uint64_t serial_ = 0; ///< of the step: answers that belong to an earlier one are dropped
  std::chrono::steady_clock::time_point last_change_;
  struct command {
    execute request;
    std::chrono::steady_clock::time_point due;
    bool told = false; ///< the machine knows that its time is over
  };
  std::deque<command> waiting_;
  std::optional<command> current_;
  /// When the one tick that is under way comes; a later command needs none of its own.
  std::optional<std::chrono::steady_clock::time_point> tick_at_;
  bool shutting_down_ = false;

  std::optional<platform::ed25519_key> host_key_;
  std::string published_host_ = "127.0.0.1";
  std::chrono::steady_clock::time_point ssh_deadline_;
  int ssh_attempts_ = 0;
};

container_actor::behavior_type
container_behavior(self_pointer<container_actor, container_actor_state> self, environment_ptr env,
                   docker_actor docker, ports_actor ports, inventory_listener_actor fleet,
                   std::string username);

} // namespace dockhost::actors
