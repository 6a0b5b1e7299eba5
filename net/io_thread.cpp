// SPDX-License-Identifier: MIT
#include "net/io_thread.hpp"

#include "net/detail/guard.hpp"
#include "net/detail/io_context.hpp"

#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <cstdio>
#include <exception>

namespace dockhost::net {

namespace {

using namespace std::chrono_literals;

/// A longer delay than anybody means; added to now() it can't overflow.
constexpr std::chrono::nanoseconds longest_delay = 10 * 365 * 24h;

class queued_timer final : public timer_handle {
public:
  queued_timer(std::shared_ptr<detail::timer_queue> queue, detail::timer_queue::key key)
      : queue_(std::move(queue)), key_(key) {}
  ~queued_timer() override { queue_->cancel(key_); }
  void cancel() override { queue_->cancel(key_); }

private:
  std::shared_ptr<detail::timer_queue> queue_;
  detail::timer_queue::key key_;
};

/// Returns when it was stopped.
void run_with_rests(detail::io_context& ctx, std::chrono::microseconds rest) {
  while (!ctx.stopped()) {
    ctx.run_one(); // waits for the first
    ctx.poll();
    std::this_thread::sleep_for(rest);
  }
}

void run(detail::io_context& ctx, std::chrono::microseconds rest) {
  for (;;) {
    try {
      if (rest > 0us) {
        run_with_rests(ctx, rest);
      } else {
        ctx.run(); // returns only when it was stopped
      }
      return;
    } catch (...) {
      detail::report_exception();
    }
  }
}

/// A thread that gets no signal: they are main's business.
template <class Fn>
std::thread start_without_signals(Fn fn) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  std::thread thread;
  try {
    thread = std::thread(std::move(fn));
  } catch (...) {
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    throw;
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return thread;
}

} // namespace

namespace detail {

void report_exception() noexcept {
  try {
    throw;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "dockhost: a function on the io thread threw: %s\n", e.what());
  } catch (...) {
    std::fprintf(stderr, "dockhost: a function on the io thread threw\n");
  }
}

} // namespace detail

io_thread::impl::impl()
    : work(ctx.get_executor()), timers(std::make_shared<detail::timer_queue>(ctx)),
      gate(std::make_shared<detail::io_gate>()) {
  gate->ctx = &ctx;
}

bool io_thread::impl::exclusive() const {
  return ended.load(std::memory_order_acquire) || std::this_thread::get_id() == thread.get_id();
}

io_thread::io_thread(io_thread_options options) : impl_(std::make_unique<impl>()) {
  impl_->thread = start_without_signals([&ctx = impl_->ctx, options] {
    pthread_setname_np(pthread_self(), options.name);
    run(ctx, options.rest);
  });
}

io_thread::~io_thread() {
  impl_->ctx.stop();
  impl_->thread.join();
  impl_->ended.store(true, std::memory_order_release);
  {
    const std::scoped_lock lock(impl_->gate->mutex);
    impl_->gate->ctx = nullptr;
  }
  impl_->timers->close();
}

void io_thread::post(std::function<void()> fn) {
  boost::asio::post(impl_->ctx, [fn = std::move(fn)]() mutable { detail::guarded(fn); });
}

std::unique_ptr<timer_handle> io_thread::after(std::chrono::nanoseconds delay,
                                               std::function<void()> fn) {
  const auto when = now() + std::clamp(delay, 0ns, longest_delay);
  return std::make_unique<queued_timer>(impl_->timers, impl_->timers->add(when, std::move(fn)));
}

std::chrono::steady_clock::time_point io_thread::now() const {
  return std::chrono::steady_clock::now();
}

} // namespace dockhost::net
