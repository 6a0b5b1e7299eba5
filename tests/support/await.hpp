// SPDX-License-Identifier: MIT
// Waiting in tests: for an answer or a condition, always with a deadline.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <thread>

namespace dockhost::test {

inline constexpr std::chrono::milliseconds patience{30'000};

/// The answer of an asynchronous call: keep `callback()` in the call, then `get()`.
template <class R>
class answer_box {
public:
  [[nodiscard]] std::function<void(R)> callback() const {
    return [state = state_](R value) {
      const std::lock_guard lock(state->mutex);
      ++state->answers;
      if (!state->value) state->value.emplace(std::move(value));
      state->came.notify_all();
    };
  }
  [[nodiscard]] bool wait(std::chrono::milliseconds limit = patience) const {
    std::unique_lock lock(state_->mutex);
    return state_->came.wait_for(lock, limit, [&] { return state_->value.has_value(); });
  }
  /// Throws (and so fails the test) when there is none in time.
  [[nodiscard]] R get(std::chrono::milliseconds limit = patience) const {
    if (!wait(limit)) throw std::runtime_error("no answer within the test's deadline");
    const std::lock_guard lock(state_->mutex);
    return *state_->value;
  }
  [[nodiscard]] int answers() const {
    const std::lock_guard lock(state_->mutex);
    return state_->answers;
  }

private:
  struct state {
    std::mutex mutex;
    std::condition_variable came;
    std::optional<R> value;
    int answers = 0;
  };
  std::shared_ptr<state> state_ = std::make_shared<state>();
};

/// Starts a call with a callback and waits for its answer.
template <class R, class Start>
R await(Start start, std::chrono::milliseconds limit = patience) {
  answer_box<R> box;
  start(box.callback());
  return box.get(limit);
}

/// Whether `condition` comes true within `limit`.
template <class Condition>
bool eventually(Condition condition, std::chrono::milliseconds limit = patience) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

} // namespace dockhost::test
