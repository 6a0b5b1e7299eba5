// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <thread>

namespace dockhost::e2e {

/// Calls `condition` until it is true; false when the deadline came first. For facts that live
/// outside the test's process and can only be asked for.
template <class Condition>
bool eventually(Condition condition, std::chrono::milliseconds timeout,
                std::chrono::milliseconds step = std::chrono::milliseconds(20)) {
  const auto end = std::chrono::steady_clock::now() + timeout;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= end) return false;
    std::this_thread::sleep_for(step);
  }
  return true;
}

} // namespace dockhost::e2e
