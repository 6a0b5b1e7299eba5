// SPDX-License-Identifier: MIT
#pragma once

#include "actors/actor_support.hpp"
#include "actors/interfaces.hpp"
#include "actors/node/environment.hpp"

#include <caf/all.hpp>

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace dockhost::actors {

/// Supervises one container actor per user (one-for-one) and owns the inventory. It keeps the table
/// of what each container actor still owes an outcome for, so that a crash of one is answered too.
/// Commands that come before the first relist wait for it, bounded.
struct fleet_state {
  using self_ptr = self_pointer<fleet_actor, fleet_state>;

  fleet_state(self_ptr self);
  ~fleet_state();
  fleet_state(const fleet_state&) = delete;
  fleet_state& operator=(const fleet_state&) = delete;
  static inline const char* name = "fleet";

  fleet_actor::behavior_type behave(environment_ptr env, docker_actor docker, ports_actor ports);

private:
  struct member {
    container_actor actor;
    container_view view;
    std::map<std::string, outcome_sink_actor> owed; ///< op_id -> who waits for its outcome
    bool creating = false; ///< a create was let in and has not shown in the view yet
    std::string create_op;
    std::deque<std::chrono::steady_clock::time_point> crashes;
  };

  struct held {
    execute request;
    std::chrono::steady_clock::time_point since;
  };

  void accept(execute& request);
  void forward(execute& request);
  void forward_held();
  void finished(command_outcome& outcome);
  claimed_outcomes claim(const claim_outcomes& c);
  void listed(fleet_listed& all);
  void not_listed(const std::string& why);
  void changed(const container_changed& c);
  void health_changed(const engine_health& h);
  void child_down(caf::down_msg& down);
  void shut_down();
  void kill(const kill_actor& k);

  member& member_of(const std::string& username);
  void spawn(member& m, const std::string& username);
  void answer_asking();
  void retire_if_done(const std::string& username);
  [[nodiscard]] std::optional<std::string> find_by_id(const std::string& wanted) const;
  [[nodiscard]] std::optional<error> admit(const member& m, const user_command& command) const;
  [[nodiscard]] std::int64_t occupied() const;
  [[nodiscard]] inventory snapshot() const;
  void refuse(const execute& request, error why);
  void tell(const outcome_sink_actor& who, command_outcome outcome);

  self_ptr self_;
  environment_ptr env_;
  docker_actor docker_;
  ports_actor ports_;
  std::map<std::string, member> members_;
  std::map<std::string, std::string> owner_of_op_; ///< op_id -> username
  std::deque<command_outcome> told_; ///< the last ones, for a router that replaces a dead one
  std::vector<inventory_listener_actor> listeners_;                   ///< those that live
  std::uint64_t version_ = 0;                                         ///< of the inventory
  std::deque<held> held_;                                             ///< until the first relist
  std::vector<caf::typed_response_promise<inventory_answer>> asking_; ///< the same
  bool loaded_ = false;
  bool shutting_down_ = false;
  engine_health health_;
  bool health_known_ = false;
};

fleet_actor::behavior_type fleet_behavior(self_pointer<fleet_actor, fleet_state> self,
                                          environment_ptr env, docker_actor docker,
                                          ports_actor ports);

} // namespace dockhost::actors
