// SPDX-License-Identifier: MIT
// Calls into other people's functions. Nothing they throw may unwind through a socket operation.
#pragma once

#include <utility>

namespace dockhost::net::detail {

/// Reports the exception that is being handled as one line on stderr (this layer has no logger);
/// it's a defect of the function that let it out.
void report_exception() noexcept;

/// Calls `fn` if it is not empty. What it throws is reported and goes no further.
template <class Fn, class... Args>
void guarded(Fn& fn, Args&&... args) noexcept {
  try {
    if (fn) fn(std::forward<Args>(args)...);
  } catch (...) {
    report_exception();
  }
}

} // namespace dockhost::net::detail
