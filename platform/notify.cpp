// SPDX-License-Identifier: MIT
#include "platform/notify.hpp"

#include <cstdint>
#include <string>

#include <systemd/sd-daemon.h>

namespace dockhost::platform {

void notify_ready() {
  sd_notify(0, "READY=1");
}

void notify_stopping() {
  sd_notify(0, "STOPPING=1");
}

void notify_status(std::string_view status) {
  // A second line would be taken as another assignment.
  sd_notify(0, ("STATUS=" + std::string(status.substr(0, status.find('\n')))).c_str());
}

void notify_watchdog() {
  sd_notify(0, "WATCHDOG=1");
}

void notify_extend_timeout(std::chrono::microseconds time) {
  sd_notify(0, ("EXTEND_TIMEOUT_USEC=" + std::to_string(time.count())).c_str());
}

std::optional<std::chrono::microseconds> watchdog_interval() {
  std::uint64_t microseconds = 0;
  if (sd_watchdog_enabled(0, &microseconds) <= 0) return std::nullopt;
  return std::chrono::microseconds(static_cast<std::int64_t>(microseconds));
}

} // namespace dockhost::platform
