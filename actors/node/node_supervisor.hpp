// SPDX-License-Identifier: MIT
#pragma once

#include "actors/actor_support.hpp"
#include "actors/interfaces.hpp"
#include "actors/live/live_interface.hpp"
#include "actors/node/environment.hpp"

#include <caf/all.hpp>

#include <array>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>

namespace dockhost::actors {

/// Starts the node's actors in their order, restarts rest-for-one, stops in the reverse order. When
/// restarts come too often it gives up, and the process ends for the service manager to start anew.
struct node_supervisor_state {
  using self_ptr = self_pointer<node_supervisor_actor, node_supervisor_state>;

  node_supervisor_state(self_ptr self);
  ~node_supervisor_state();
  node_supervisor_state(const node_supervisor_state&) = delete;
  node_supervisor_state& operator=(const node_supervisor_state&) = delete;
  static inline const char* name = "supervisor";

  node_supervisor_actor::behavior_type behave(environment_ptr env,
                                              std::shared_ptr<store::journal> opened);

private:
  enum child : std::size_t {
    journal,
    docker,
    ports,
    fleet,
    watch,
    router,
    live,
    connection,
    count
  };
  static constexpr std::array<const char*, count> names = {
      "journal", "docker", "ports", "fleet", "watch", "router", "live", "connection"};

  void start_from(std::size_t first);
  void start(std::size_t which);
  template <class Handle>
  void started(std::size_t which, const Handle& handle);
  void end_child(std::size_t which, caf::exit_reason why);
  void child_down(const caf::down_msg& down);
  void stop();
  void let_browsers_go();
  void close_link();
  void end_all();
  void leave_the_journal();
  void kill(const kill_actor& k);
  void describe(caf::typed_response_promise<tree_text> promise);

  self_ptr self_;
  environment_ptr env_;
  std::shared_ptr<store::journal> store_;

  journal_actor journal_;
  docker_actor docker_;
  ports_actor ports_;
  fleet_actor fleet_;
  watch_actor watch_;
  router_actor router_;
  live_actor live_;
  connection_actor connection_;

  std::array<caf::actor_addr, count> addresses_;
  std::array<std::function<void(caf::exit_reason)>, count> enders_;
  std::array<bool, count> alive_{};
  std::optional<std::size_t> restart_from_; ///< while the later siblings of a dead one are ended
  std::deque<std::chrono::steady_clock::time_point> restarts_;
  bool stopping_ = false;
  bool browsers_ = false; ///< they are being let go
  bool end_after_browsers_ = false;
  bool ending_ = false;
};

node_supervisor_actor::behavior_type
node_supervisor_behavior(self_pointer<node_supervisor_actor, node_supervisor_state> self,
                         environment_ptr env, std::shared_ptr<store::journal> journal);

} // namespace dockhost::actors
