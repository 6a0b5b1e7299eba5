// SPDX-License-Identifier: MIT
// Runs functions now or later on one thread. The io thread implements it for real, tests in virtual
// time.
#pragma once

#include <chrono>
#include <functional>
#include <memory>

namespace dockhost {

/// A pending timer; destroying or cancelling it before it fires means that its function never runs.
/// Safe from any thread, but only a cancel on the executor's own thread is certain that the
/// function is not running at this moment.
class timer_handle {
public:
  virtual ~timer_handle() = default;
  virtual void cancel() = 0;
};

class executor {
public:
  virtual ~executor() = default;

  /// Queues `fn` to run on the executor's thread. Safe from any thread; keeps order.
  virtual void post(std::function<void()> fn) = 0;

  /// Runs `fn` once after `delay` on the executor's thread, unless the handle is cancelled or
  /// destroyed first.
  [[nodiscard]] virtual std::unique_ptr<timer_handle> after(std::chrono::nanoseconds delay,
                                                            std::function<void()> fn) = 0;

  /// Monotonic time.
  [[nodiscard]] virtual std::chrono::steady_clock::time_point now() const = 0;
};

} // namespace dockhost
