// SPDX-License-Identifier: MIT
#include "platform/fault_point.hpp"

#ifdef DOCKHOST_FAULT_POINTS

#include "platform/unique_fd.hpp"

#include <array>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <mutex>
#include <string>

#include <fcntl.h>

namespace dockhost::platform {

namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : value;
}

struct fault_state {
  fault_state() {
    if (const auto path = variable("DOCKHOST_FAULT_TRACE"); !path.empty()) {
      trace = unique_fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
    }
  }

  std::mutex mutex; // keeps the passes in the trace in order
  std::array<std::array<std::uint64_t, 2>, fault_call_names.size()> passes{};
  const std::string kill_at = variable("DOCKHOST_FAULT_KILL");
  const std::string stop_at = variable("DOCKHOST_FAULT_STOP");
  unique_fd trace;
};

} // namespace

void fault_point(fault_call call, fault_side side) {
  static fault_state state;
  const std::scoped_lock lock(state.mutex);
  const auto which = static_cast<std::size_t>(call);
  const auto number = ++state.passes[which][static_cast<std::size_t>(side)];
  const std::string pass = std::string(fault_call_names[which]) +
                           (side == fault_side::before ? ".before:" : ".after:") +
                           std::to_string(number);
  if (state.trace) {
    const std::string line = pass + "\n";
    if (::write(state.trace.get(), line.data(), line.size()) < 0) {
      std::abort(); // a trace with holes would make the crash test pass over points
    }
  }
  // raise(): this very thread goes no further.
  if (pass == state.stop_at) ::raise(SIGSTOP);
  if (pass == state.kill_at) ::raise(SIGKILL);
}

} // namespace dockhost::platform

#endif
