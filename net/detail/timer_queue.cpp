// SPDX-License-Identifier: MIT
#include "net/detail/timer_queue.hpp"

#include "net/detail/guard.hpp"

namespace dockhost::net::detail {

timer_queue::key timer_queue::add(time_point when, std::function<void()> fn) {
  const std::scoped_lock lock(mutex_);
  const key k{when, next_++};
  if (!driver_) return k; // closed: it never runs
  entries_.emplace(k, std::move(fn));
  arm();
  return k;
}

void timer_queue::cancel(const key& k) {
  std::function<void()> doomed; // its captures are destroyed without the lock
  const std::scoped_lock lock(mutex_);
  const auto it = entries_.find(k);
  if (it == entries_.end()) return;
  doomed = std::move(it->second);
  entries_.erase(it);
  // The driver stays armed: it then fires for nothing once, which costs less than arming it again.
}

void timer_queue::close() {
  std::map<key, std::function<void()>> doomed;
  const std::scoped_lock lock(mutex_);
  driver_.reset();
  doomed.swap(entries_);
}

void timer_queue::arm() {
  if (entries_.empty()) return;
  const time_point first = entries_.begin()->first.first;
  if (armed_ && *armed_ <= first) return;
  armed_ = first;
  driver_->expires_at(first); // aborts the wait for the later one
  driver_->async_wait([self = shared_from_this()](error_code ec) {
    if (!ec) self->fire();
  });
}

void timer_queue::fire() {
  // What is added with no delay meanwhile waits for the next turn, so that sockets get theirs.
  const time_point now = std::chrono::steady_clock::now();
  for (;;) {
    std::function<void()> fn;
    {
      const std::scoped_lock lock(mutex_);
      if (entries_.empty() || entries_.begin()->first.first > now) {
        armed_.reset();
        if (driver_) arm();
        return;
      }
      fn = std::move(entries_.begin()->second);
      entries_.erase(entries_.begin());
    }
    guarded(fn);
  }
}

} // namespace dockhost::net::detail
