// SPDX-License-Identifier: MIT
// How a log line looks. Pure functions; the records are clean already (platform/log.hpp).
#pragma once

#include "platform/log.hpp"

#include <string>

namespace dockhost::apps {

/// For a terminal, after the time and the level: aligned, fields and event id dim where `color`.
[[nodiscard]] std::string terminal_line(const platform::log_record& record, bool color);

/// For a file or a journal, after the time:
/// "warn connection connection.refused: the server refused the key url=... reason=\"two words\"".
[[nodiscard]] std::string plain_line(const platform::log_record& record);

/// One JSON object: time (UTC, milliseconds), level, component, event, message, fields, repeated.
[[nodiscard]] std::string json_line(const platform::log_record& record);

} // namespace dockhost::apps
