// SPDX-License-Identifier: MIT
#pragma once

#include "core/executor.hpp"

#include <algorithm>
#include <cstdint>
#include <deque>
#include <map>
#include <utility>

namespace dockhost::test {

/// An executor in virtual time, for one thread: nothing runs but in run() and advance().
class virtual_executor final : public executor {
public:
  void post(std::function<void()> fn) override { ready_.push_back(std::move(fn)); }

  [[nodiscard]] std::unique_ptr<timer_handle> after(std::chrono::nanoseconds delay,
                                                    std::function<void()> fn) override {
    const key at{now_ + std::max(delay, std::chrono::nanoseconds(0)), next_++};
    timers_->emplace(at, std::move(fn));
    return std::make_unique<handle>(timers_, at);
  }

  [[nodiscard]] std::chrono::steady_clock::time_point now() const override { return now_; }

  /// Runs what is due now, and what that posts.
  void run() {
    while (!ready_.empty()) {
      const auto fn = std::move(ready_.front());
      ready_.pop_front();
      fn();
    }
  }

  /// Lets time pass, running each timer at its moment.
  void advance(std::chrono::nanoseconds by) {
    const auto until = now_ + by;
    run();
    while (!timers_->empty() && timers_->begin()->first.first <= until) {
      auto next = timers_->extract(timers_->begin());
      now_ = next.key().first;
      next.mapped()();
      run();
    }
    now_ = until;
  }

  [[nodiscard]] std::size_t timers() const { return timers_->size(); }

private:
  using key = std::pair<std::chrono::steady_clock::time_point, std::uint64_t>;
  using timer_map = std::map<key, std::function<void()>>;

  class handle final : public timer_handle {
  public:
    handle(std::shared_ptr<timer_map> timers, key at) : timers_(std::move(timers)), at_(at) {}
    ~handle() override { timers_->erase(at_); }
    handle(const handle&) = delete;
    handle& operator=(const handle&) = delete;
    void cancel() override { timers_->erase(at_); }

  private:
    std::shared_ptr<timer_map> timers_;
    key at_;
  };

  std::chrono::steady_clock::time_point now_{std::chrono::hours(1)};
  std::deque<std::function<void()>> ready_;
  std::shared_ptr<timer_map> timers_ = std::make_shared<timer_map>();
  std::uint64_t next_ = 0;
};

} // namespace dockhost::test
