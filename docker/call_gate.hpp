// SPDX-License-Identifier: MIT
// What makes the seam's promises about callbacks true for every engine: exactly once, and all of
// them before the engine's destructor returns.
#pragma once

#include "docker/engine.hpp"

#include <memory>

namespace dockhost::docker {

struct gate_state;

class call_gate {
public:
  call_gate();

  /// A callback that answers `fn` at most once: by its own call or, where `close` comes first, by
  /// that. After `close`, `fn` is answered at once.
  template <class T>
  [[nodiscard]] done<T> track(done<T> fn);

  /// Lets a piece of code that uses the engine run. False when the gate is closed: the engine may
  /// be gone.
  class pass {
  public:
    explicit pass(const call_gate& gate);
    ~pass();
    pass(const pass&) = delete;
    pass& operator=(const pass&) = delete;
    explicit operator bool() const { return state_ != nullptr; }

  private:
    std::shared_ptr<gate_state> state_;
  };

  /// Answers every tracked callback that is still out with `reason`, and waits until no callback
  /// and no pass is left on another thread.
  void close(const engine_error& reason);

private:
  using fail_fn = std::function<void(const engine_error&)>;
  /// 0 when the gate is closed.
  static std::uint64_t add(gate_state& state, fail_fn fail);
  /// True for the first taker of `id` only; the caller then runs its callback and calls `leave`.
  static bool take(gate_state& state, std::uint64_t id);
  static void leave(gate_state& state);
  static engine_error closed_reason(gate_state& state);

  std::shared_ptr<gate_state> state_; // outlives the engine in callbacks that come late
};

template <class T>
done<T> call_gate::track(done<T> fn) {
  auto shared = std::make_shared<done<T>>(std::move(fn));
  const auto id =
      add(*state_, [shared](const engine_error& reason) { (*shared)(fail(engine_error(reason))); });
  if (id == 0) {
    (*shared)(fail(closed_reason(*state_)));
    return [](engine_result<T>) {};
  }
  return [state = state_, id, shared](engine_result<T> result) {
    if (!take(*state, id)) return;
    (*shared)(std::move(result));
    *shared = nullptr; // what the callback holds goes now, not with the last copy of this
    leave(*state);
  };
}

} // namespace dockhost::docker
