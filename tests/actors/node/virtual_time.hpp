// SPDX-License-Identifier: MIT
#pragma once

#include "core/executor.hpp"

#include <deque>
#include <map>
#include <optional>

namespace dockhost::actors::test {

/// An executor whose time only moves when it is told to, for one thread.
class virtual_executor final : public executor {
public:
  using time_point = std::chrono::steady_clock::time_point;

  void post(std::function<void()> fn) override { posted_.push_back(std::move(fn)); }
  [[nodiscard]] std::unique_ptr<timer_handle> after(std::chrono::nanoseconds delay,
                                                    std::function<void()> fn) override;
  [[nodiscard]] time_point now() const override { return now_; }

  /// Runs what is posted or due; true if there was anything.
  bool run();
  void advance_to(time_point t) { now_ = std::max(now_, t); }
  [[nodiscard]] std::optional<time_point> next_timer() const;

private:
  struct timer;
  struct table {
    std::multimap<time_point, std::shared_ptr<std::function<void()>>> timers;
  };

  time_point now_{std::chrono::hours(1)};
  std::deque<std::function<void()>> posted_;
  std::shared_ptr<table> table_ = std::make_shared<table>();
};

} // namespace dockhost::actors::test
