// SPDX-License-Identifier: MIT
#include "actors/live/stats_reader_actor.hpp"

#include <algorithm>
#include <utility>

namespace dockhost::actors {

stats_reader_state::stats_reader_state(self_ptr self) : self_(self) {}

stats_reader_actor::behavior_type stats_reader_state::behave(std::string root) {
  quiet_defaults(self_, name);
  files_.emplace(std::move(root));
  return {[this](const read_usages& asked) {
    usages_read answer{asked.round, {}};
    answer.usages.reserve(asked.containers.size());
    for (const auto& [id, pid] : asked.containers)
      answer.usages.emplace_back(id, files_->read(id, pid));
    self_->send(asked.answer_to, std::move(answer));
    files_->keep_only(asked.known);
  }};
}

stats_reader_actor::behavior_type
stats_reader_behavior(self_pointer<stats_reader_actor, stats_reader_state> self, std::string root) {
  return self->state.behave(std::move(root));
}

} // namespace dockhost::actors
