// SPDX-License-Identifier: MIT
#pragma once

#include "actors/actor_support.hpp"
#include "actors/interfaces.hpp"
#include "actors/live/log_tally.hpp"
#include "actors/live_interfaces.hpp"
#include "actors/node/environment.hpp"

#include <caf/all.hpp>

#include <map>
#include <memory>
#include <string>
#include <utility>

namespace dockhost::actors {

/// Routes watches to the stream of their container, which it makes for the first and forgets with
/// the last. It knows who watches what, so that a stream that dies leaves nobody in the dark.
struct log_hub_state {
  using self_ptr = self_pointer<log_hub_actor, log_hub_state>;

  log_hub_state(self_ptr self);
  ~log_hub_state(); ///< ends the streams
  log_hub_state(const log_hub_state&) = delete;
  log_hub_state& operator=(const log_hub_state&) = delete;
  static inline const char* name = "log_hub";

  log_hub_actor::behavior_type behave(environment_ptr env, docker_actor docker);

private:
  using watch_key = std::pair<std::string, std::uint64_t>; ///< client, its number

  struct watcher {
    std::string container_id;
    std::string spelling;
    live_outlet_ptr to;
  };

  using watch_promise = caf::typed_response_promise<log_watch_answer>;

  caf::result<log_watch_answer> watch(watch_log& w);
  void ask_stream(watch_log w, watch_promise promise, bool may_repeat);
  void unwatch(const unwatch_log& u);
  void gone(const std::string& client);
  template <class Message>
  void tell_stream(const std::string& container_id, Message message);
  void stream_down(const caf::actor_addr& who);
  void forget(const std::string& container_id);

  self_ptr self_;
  environment_ptr env_;
  docker_actor docker_;
  std::shared_ptr<log_tally> tally_ = std::make_shared<log_tally>();
  std::map<std::string, log_stream_actor> streams_; ///< by container
  std::map<watch_key, watcher> watchers_;
};

log_hub_actor::behavior_type log_hub_behavior(self_pointer<log_hub_actor, log_hub_state> self,
                                              environment_ptr env, docker_actor docker);

} // namespace dockhost::actors
