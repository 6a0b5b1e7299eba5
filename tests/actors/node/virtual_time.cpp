// SPDX-License-Identifier: MIT
#include "virtual_time.hpp"

#include <algorithm>
#include <utility>

namespace dockhost::actors::test {

struct virtual_executor::timer final : timer_handle {
  timer(std::shared_ptr<table> where, std::weak_ptr<std::function<void()>> what)
      : where_(std::move(where)), what_(std::move(what)) {}
  ~timer() override { drop(); }
  void cancel() override { drop(); }

private:
  void drop() {
    const auto fn = what_.lock();
    if (!fn) return;
    std::erase_if(where_->timers, [&fn](const auto& entry) { return entry.second == fn; });
  }

  std::shared_ptr<table> where_;
  std::weak_ptr<std::function<void()>> what_;
};

std::unique_ptr<timer_handle> virtual_executor::after(std::chrono::nanoseconds delay,
                                                      std::function<void()> fn) {
  auto what = std::make_shared<std::function<void()>>(std::move(fn));
  auto handle = std::make_unique<timer>(table_, what);
  const auto due = now_ + std::chrono::duration_cast<time_point::duration>(delay);
  table_->timers.emplace(due, std::move(what));
  return handle;
}

bool virtual_executor::run() {
  bool any = false;
  for (;;) {
    if (!posted_.empty()) {
      const auto fn = std::move(posted_.front());
      posted_.pop_front();
      fn();
    } else if (const auto it = table_->timers.begin();
               it != table_->timers.end() && it->first <= now_) {
      const auto fn = it->second;
      table_->timers.erase(it);
      (*fn)();
    } else {
      return any;
    }
    any = true;
  }
}

std::optional<virtual_executor::time_point> virtual_executor::next_timer() const {
  if (table_->timers.empty()) return std::nullopt;
  return table_->timers.begin()->first;
}

} // namespace dockhost::actors::test
