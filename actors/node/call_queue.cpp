// SPDX-License-Identifier: MIT
#include "actors/node/call_queue.hpp"

#include <algorithm>
#include <utility>

namespace dockhost::actors {

std::size_t call_queue::slots(lane where) const {
  switch (where) {
  case lane::unary: return bounds_.unary;
  case lane::lengthy: return bounds_.lengthy;
  case lane::look: return bounds_.look;
  }
  return 0;
}

bool call_queue::push(std::uint64_t call, lane where, std::string key) {
  if (waiting_.size() >= bounds_.waiting) return false;
  waiting_.push_back({call, where, std::move(key)});
  return true;
}

std::vector<std::uint64_t> call_queue::take_ready() {
  std::vector<std::uint64_t> ready;
  // A key that waits must not be overtaken by a later call with the same key in another lane.
  std::set<std::string> passed;
  for (auto it = waiting_.begin(); it != waiting_.end();) {
    const auto lane_index = static_cast<std::size_t>(it->where);
    const bool key_free =
        it->key.empty() || (!busy_keys_.contains(it->key) && !passed.contains(it->key));
    if (key_free && used_[lane_index] < slots(it->where)) {
      ++used_[lane_index];
      if (!it->key.empty()) busy_keys_.insert(it->key);
      ready.push_back(it->call);
      running_.emplace(it->call, std::move(*it));
      it = waiting_.erase(it);
    } else {
      if (!it->key.empty()) passed.insert(it->key);
      ++it;
    }
  }
  return ready;
}

bool call_queue::finish(std::uint64_t call) {
  const auto it = running_.find(call);
  if (it == running_.end()) return false;
  --used_[static_cast<std::size_t>(it->second.where)];
  busy_keys_.erase(it->second.key);
  running_.erase(it);
  return true;
}

bool call_queue::withdraw(std::uint64_t call) {
  const auto it = std::find_if(waiting_.begin(), waiting_.end(),
                               [call](const entry& e) { return e.call == call; });
  if (it == waiting_.end()) return false;
  waiting_.erase(it);
  return true;
}

std::vector<std::uint64_t> call_queue::withdraw_all() {
  std::vector<std::uint64_t> all;
  for (const auto& e : waiting_)
    all.push_back(e.call);
  waiting_.clear();
  return all;
}

} // namespace dockhost::actors
