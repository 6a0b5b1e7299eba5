// SPDX-License-Identifier: MIT
// What the service manager hears (sd_notify(3)). Without a service manager all of it does nothing.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace dockhost::platform {

void notify_ready();
void notify_stopping();
/// One line for `systemctl status`; a newline in it ends it.
void notify_status(std::string_view status);
/// A sign of life. Due more often than watchdog_interval().
void notify_watchdog();
/// Asks for `time` more before the service manager counts the start or stop as hung.
void notify_extend_timeout(std::chrono::microseconds time);

/// How long the service manager waits for a sign of life from this process; nullopt: it doesn't.
[[nodiscard]] std::optional<std::chrono::microseconds> watchdog_interval();

} // namespace dockhost::platform
