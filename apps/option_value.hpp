// SPDX-License-Identifier: MIT
// One setting's value as text and as TOML gives it. The types are those of core/settings.hpp.
#pragma once

#include "core/settings.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace dockhost::apps {

template <class T>
using member_of = T& (*)(settings&);

/// Where an option's value lives, and so its type.
using option_member =
    std::variant<member_of<std::string>, member_of<bool>, member_of<std::int64_t>,
                 member_of<double>, member_of<std::vector<std::string>>,
                 member_of<std::chrono::milliseconds>, member_of<std::chrono::seconds>,
                 member_of<std::chrono::minutes>, member_of<engine_kind>, member_of<pull_policy>,
                 member_of<log_format>, member_of<rehandshake_policy>, member_of<live_role>>;

/// As TOML knows values.
using raw_value = std::variant<bool, std::int64_t, double, std::string, std::vector<std::string>>;

/// Puts `raw` where `where` says. The error says what was expected instead ("expected a duration
/// such as ..."); the settings are then unchanged. `bytes`: an integer that may be a size.
[[nodiscard]] std::optional<std::string> assign(const option_member& where, bool bytes,
                                                const raw_value& raw, settings& out);

/// The same from the text of a flag or of the environment; a list's texts stand between commas.
[[nodiscard]] std::optional<std::string> assign_text(const option_member& where, bool bytes,
                                                     std::string_view text, settings& out);

/// The value as TOML writes it: "10s" and 16 MiB stand in quotes, numbers and truth values don't.
[[nodiscard]] std::string toml_text(const option_member& where, bool bytes, const settings& from);

/// What a user reads of the type: "duration", "number", "one of: missing, always, never".
[[nodiscard]] std::string describe_type(const option_member& where, bool bytes);

/// The value as a number in the option's own unit (milliseconds for durations), for range checks;
/// nullopt for what isn't a number.
[[nodiscard]] std::optional<double> numeric(const option_member& where, const settings& from);

/// "500ms", "30s", "10m", "2h", "1d", or a number of seconds; nullopt for anything else.
[[nodiscard]] std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);
[[nodiscard]] std::string format_duration(std::chrono::milliseconds duration);

/// "16MiB", "16m", "4k", "1g", "512"; all are powers of 1024. nullopt for anything else.
[[nodiscard]] std::optional<std::int64_t> parse_size(std::string_view text);
[[nodiscard]] std::string format_size(std::int64_t bytes);

} // namespace dockhost::apps
