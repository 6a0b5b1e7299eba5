// SPDX-License-Identifier: MIT
// The timers that io_thread::after gives out. They live in this map and not in Asio timers of their
// own, so that a handle may be cancelled on any thread, and even outlive the io thread.
#pragma once

#include "net/detail/asio_types.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

namespace dockhost::net::detail {

class timer_queue : public std::enable_shared_from_this<timer_queue> {
public:
  using time_point = std::chrono::steady_clock::time_point;
  /// Orders by time, then by the order of arrival.
  using key = std::pair<time_point, std::uint64_t>;

  explicit timer_queue(io_context& ctx) : driver_(std::in_place, ctx) {}

  /// `fn` runs once on the io thread when `when` has come. Safe from any thread.
  key add(time_point when, std::function<void()> fn);
  /// Drops it, unless it ran or runs already. Safe from any thread, also after close().
  void cancel(const key& k);
  /// Drops everything and lets go of the io context, whose thread must have ended.
  void close();

private:
  void arm(); // with mutex_ held
  void fire();

  std::mutex mutex_; // guards all below, the driver too
  std::optional<io_timer> driver_;
  std::map<key, std::function<void()>> entries_;
  std::optional<time_point> armed_;
  std::uint64_t next_ = 0;
};

} // namespace dockhost::net::detail
