// SPDX-License-Identifier: MIT
#pragma once

#include "actors/actor_support.hpp"
#include "actors/interfaces.hpp"
#include "actors/node/environment.hpp"
#include "core/port_registry.hpp"

#include <caf/all.hpp>

#include <deque>
#include <memory>
#include <vector>

namespace dockhost::actors {

/// Owns the port registry. Owners are usernames. A freed block is probed again before it is given
/// away; a block that the engine found taken rests in the journal's quarantine, so that a restarted
/// node does not try it at once.
struct ports_state {
  using self_ptr = self_pointer<ports_actor, ports_state>;

  ports_state(self_ptr self);
  static inline const char* name = "ports";

  ports_actor::behavior_type behave(environment_ptr env, journal_actor journal);

private:
  struct held {
    reserve_block wanted;
    caf::typed_response_promise<block_answer> promise;
  };

  void recall(const std::vector<store::quarantine_entry>& quarantined);
  caf::result<block_answer> accept(const reserve_block& wanted);
  block_answer reserve(const reserve_block& wanted);
  void open();
  void release(const std::string& owner);
  void quarantine(const quarantine_block& taken);

  self_ptr self_;
  environment_ptr env_;
  journal_actor journal_;
  std::unique_ptr<port_registry> registry_;
  bool open_ = false;     ///< the quarantine is known, or was not told in time
  std::deque<held> held_; ///< until then
};

ports_actor::behavior_type ports_behavior(self_pointer<ports_actor, ports_state> self,
                                          environment_ptr env, journal_actor journal);

} // namespace dockhost::actors
