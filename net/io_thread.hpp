// SPDX-License-Identifier: MIT
// A thread that runs sockets and their timers. No Asio type is visible here.
#pragma once

#include "core/executor.hpp"

#include <chrono>

namespace dockhost::net {

struct io_thread_options {
  const char* name = "io"; ///< of the thread, at most 15 characters
  /// How long the thread sleeps after each turn in which there was something to do. For senders
  /// that write in small pieces: what comes meanwhile is read at once, and wakes nobody.
  std::chrono::microseconds rest{0};
};

/// Whatever was given an io_thread (clients, streams, sockets) is destroyed before it; only timer
/// handles may outlive it. A function that throws is reported on stderr, and the thread goes on.
/// The thread gets no signals.
class io_thread final : public executor {
public:
  explicit io_thread(io_thread_options options = {}); ///< starts the thread
  ~io_thread() override; ///< stops it and joins; functions not yet run are dropped
  io_thread(const io_thread&) = delete;
  io_thread& operator=(const io_thread&) = delete;

  void post(std::function<void()> fn) override;
  [[nodiscard]] std::unique_ptr<timer_handle> after(std::chrono::nanoseconds delay,
                                                    std::function<void()> fn) override;
  [[nodiscard]] std::chrono::steady_clock::time_point now() const override;

  struct impl;
  /// For net's own sources (net/detail/io_context.hpp).
  [[nodiscard]] impl& internals() { return *impl_; }

private:
  std::unique_ptr<impl> impl_;
};

} // namespace dockhost::net
