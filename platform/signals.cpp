// SPDX-License-Identifier: MIT
#include "platform/signals.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <ctime>

namespace dockhost::platform {

namespace {

sigset_t awaited() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGHUP);
  return set;
}

} // namespace

void block_signals() {
  const sigset_t set = awaited();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

std::optional<int> wait_for_signal(std::chrono::milliseconds timeout) {
  const sigset_t set = awaited();
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  for (;;) {
    const auto left =
        std::max(std::chrono::nanoseconds{0},
                 std::chrono::nanoseconds(deadline - std::chrono::steady_clock::now()));
    timespec wait{};
    wait.tv_sec = static_cast<time_t>(left.count() / 1'000'000'000);
    wait.tv_nsec = static_cast<long>(left.count() % 1'000'000'000);
    const int number = sigtimedwait(&set, nullptr, &wait);
    if (number > 0) return number;
    if (errno != EINTR) return std::nullopt; // EAGAIN: the time is over
  }
}

void reset_signals_in_child() {
  const sigset_t set = awaited();
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_DFL);
}

} // namespace dockhost::platform
