// SPDX-License-Identifier: MIT
// How grave a log line is, by the ways in which programs say so; the dashboard's rules
// (web/src/logs/level.ts) are the same.
#pragma once

#include "core/log_options.hpp"

#include <optional>
#include <string_view>

namespace dockhost {

/// Nothing: the line does not say. Only its first 240 bytes are looked at.
[[nodiscard]] std::optional<log_severity> severity_of(std::string_view text);

/// A word such as "warning" or "FATAL", or a number as pino and bunyan write it.
[[nodiscard]] std::optional<log_severity> severity_word(std::string_view word);

} // namespace dockhost
