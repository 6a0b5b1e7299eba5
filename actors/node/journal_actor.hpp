// SPDX-License-Identifier: MIT
#pragma once

#include "actors/actor_support.hpp"
#include "actors/interfaces.hpp"
#include "actors/node/environment.hpp"

#include <caf/all.hpp>

#include <memory>

namespace dockhost::actors {

/// Owns the SQLite journal, on a thread of its own: a stalling disk delays answers of journalled
/// commands, and nothing else. A journal that can't be written fails the commands that need it, one
/// by one, with `internal`. At its start and every minute it forgets what is older than
/// `journal.keep`.
struct journal_state {
  using self_ptr = self_pointer<journal_actor, journal_state>;

  journal_state(self_ptr self);
  static inline const char* name = "journal";

  journal_actor::behavior_type behave(environment_ptr env, std::shared_ptr<store::journal> journal);

private:
  journal_done done(const result<unit>& r, const char* doing);
  void purge();

  self_ptr self_;
  environment_ptr env_;
  std::shared_ptr<store::journal> journal_;
};

journal_actor::behavior_type journal_behavior(self_pointer<journal_actor, journal_state> self,
                                              environment_ptr env,
                                              std::shared_ptr<store::journal> journal);

} // namespace dockhost::actors
