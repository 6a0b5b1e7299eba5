// SPDX-License-Identifier: MIT
// What io_thread hides: for net's own sources.
#pragma once

#include "net/detail/asio_types.hpp"
#include "net/detail/timer_queue.hpp"
#include "net/io_thread.hpp"

#include <boost/asio/dispatch.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include <atomic>
#include <memory>
#include <mutex>
#include <thread>

namespace dockhost::net {

namespace detail {

/// The way into the io context for threads that may outlive it (name resolution).
struct io_gate {
  std::mutex mutex;
  io_context* ctx = nullptr; ///< null once the io thread has ended
};

} // namespace detail

struct io_thread::impl {
  impl();

  /// Whether the caller is on the io thread, or the thread has ended and nothing runs beside the
  /// caller: state of the io thread may be touched then.
  [[nodiscard]] bool exclusive() const;

  detail::io_context ctx{1}; // hint: one thread runs it
  boost::asio::executor_work_guard<detail::io_executor> work;
  std::shared_ptr<detail::timer_queue> timers;
  std::shared_ptr<detail::io_gate> gate;
  std::atomic<bool> ended{false};
  std::thread thread;
};

namespace detail {

/// Runs `fn` at once when on the io thread, else there later.
template <class Fn>
void run_on(io_thread::impl& io, Fn&& fn) {
  if (io.exclusive()) {
    fn();
  } else {
    asio::post(io.ctx, std::forward<Fn>(fn));
  }
}

} // namespace detail

} // namespace dockhost::net
