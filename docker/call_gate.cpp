// SPDX-License-Identifier: MIT
#include "docker/call_gate.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <unordered_map>

namespace dockhost::docker {

struct gate_state {
  std::mutex mutex;
  std::condition_variable left;
  bool closed = false;
  engine_error reason;
  std::uint64_t next_id = 1;
  std::unordered_map<std::uint64_t, std::function<void(const engine_error&)>> out;
  std::vector<std::thread::id> inside; ///< one entry per callback or pass under way

  void enter() { inside.push_back(std::this_thread::get_id()); }

  /// Whether somebody on another thread is inside.
  [[nodiscard]] bool others_inside() const {
    return std::any_of(inside.begin(), inside.end(),
                       [](std::thread::id id) { return id != std::this_thread::get_id(); });
  }
};

call_gate::call_gate() : state_(std::make_shared<gate_state>()) {}

std::uint64_t call_gate::add(gate_state& state, fail_fn fail) {
  const std::lock_guard lock(state.mutex);
  if (state.closed) return 0;
  const auto id = state.next_id++;
  state.out.emplace(id, std::move(fail));
  return id;
}

bool call_gate::take(gate_state& state, std::uint64_t id) {
  std::function<void(const engine_error&)> gone; // destroyed outside the lock
  const std::lock_guard lock(state.mutex);
  const auto it = state.out.find(id);
  if (it == state.out.end()) return false;
  gone = std::move(it->second);
  state.out.erase(it);
  state.enter();
  return true;
}

void call_gate::leave(gate_state& state) {
  {
    const std::lock_guard lock(state.mutex);
    const auto it = std::find(state.inside.begin(), state.inside.end(), std::this_thread::get_id());
    if (it != state.inside.end()) state.inside.erase(it);
  }
  state.left.notify_all();
}

engine_error call_gate::closed_reason(gate_state& state) {
  const std::lock_guard lock(state.mutex);
  return state.reason;
}

call_gate::pass::pass(const call_gate& gate) {
  const std::lock_guard lock(gate.state_->mutex);
  if (gate.state_->closed) return;
  gate.state_->enter();
  state_ = gate.state_;
}

call_gate::pass::~pass() {
  if (state_) leave(*state_);
}

void call_gate::close(const engine_error& reason) {
  decltype(state_->out) out;
  {
    const std::lock_guard lock(state_->mutex);
    if (!state_->closed) state_->reason = reason;
    state_->closed = true;
    out.swap(state_->out);
  }
  for (const auto& [id, fail] : out)
    fail(reason);
  std::unique_lock lock(state_->mutex);
  state_->left.wait(lock, [this] { return !state_->others_inside(); });
}

} // namespace dockhost::docker
