// SPDX-License-Identifier: MIT
#include "platform/fault_point.hpp"

#ifdef DOCKHOST_FAULT_POINTS

#include "platform/unique_fd.hpp"

#include <charconv>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <mutex>
#include <string>

#include <fcntl.h>

namespace dockhost::platform {

namespace {

struct fault_state {
  fault_state() {
    if (const char* path = std::getenv("DOCKHOST_FAULT_TRACE")) {
      trace = unique_fd(::open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
    }
    if (const char* text = std::getenv("DOCKHOST_FAULT_KILL")) {
      const std::string_view number = text;
      std::from_chars(number.data(), number.data() + number.size(), kill_at);
    }
  }

  std::mutex mutex; // keeps the numbers in the trace in order
  std::uint64_t passes = 0;
  std::uint64_t kill_at = 0; // 0: never
  unique_fd trace;
};

} // namespace

void fault_point(std::string_view name) {
  static fault_state state;
  const std::scoped_lock lock(state.mutex);
  ++state.passes;
  if (state.trace) {
    const std::string line = std::to_string(state.passes) + " " + std::string(name) + "\n";
    if (::write(state.trace.get(), line.data(), line.size()) < 0) {
      std::abort(); // a trace with holes would make the crash test pass over points
    }
  }
  if (state.passes == state.kill_at) ::kill(::getpid(), SIGKILL);
}

} // namespace dockhost::platform

#endif
