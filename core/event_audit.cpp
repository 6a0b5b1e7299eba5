// SPDX-License-Identifier: MIT
#include "core/event_audit.hpp"

namespace dockhost {

namespace {

/// Events know fewer states than listings do. What is on its way from one to the next (`unknown`)
/// equals everything.
container_state as_events_tell(container_state state) {
  switch (state) {
  case container_state::creating: return container_state::created;
  case container_state::restarting:
  case container_state::dead:
  case container_state::starting: return container_state::stopped;
  case container_state::stopping: return container_state::running;
  case container_state::deleting: return container_state::unknown;
  case container_state::absent:
  case container_state::created:
  case container_state::running:
  case container_state::paused:
  case container_state::stopped:
  case container_state::unknown: break;
  }
  return state;
}

bool differ(container_state a, container_state b) {
  return a != b && a != container_state::unknown && b != container_state::unknown;
}

} // namespace

void event_audit::heard(const std::string& id, container_state state) {
  heard_.insert(id);
  doubted_.erase(id);
  if (state == container_state::absent) {
    known_.erase(id);
  } else {
    known_[id] = as_events_tell(state);
  }
}

void event_audit::asked() {
  heard_.clear();
}

std::size_t event_audit::listed(const std::map<std::string, container_state>& all) {
  const auto missed = doubted_.size();
  doubted_.clear();
  const auto doubt = [this](const std::string& id) {
    if (!first_ && !heard_.contains(id)) doubted_.insert(id);
  };
  for (const auto& [id, state] : known_) {
    if (!all.contains(id)) doubt(id);
  }
  for (const auto& [id, state] : all) {
    const auto it = known_.find(id);
    if (it == known_.end() || differ(it->second, as_events_tell(state))) doubt(id);
  }
  std::map<std::string, container_state> next;
  for (const auto& [id, state] : all)
    next.emplace(id, as_events_tell(state));
  // What was heard since the listing was asked for is newer than it, or the same.
  for (const auto& id : heard_) {
    if (const auto it = known_.find(id); it != known_.end()) {
      next[id] = it->second;
    } else {
      next.erase(id);
    }
  }
  known_ = std::move(next);
  first_ = false;
  return missed;
}

} // namespace dockhost
