// SPDX-License-Identifier: MIT
// Reading replies in tests: at(reply, "data.ports.ssh").
#pragma once

#include "json/json.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace dockhost::e2e {

/// The value at a path of object members; null when a step is missing.
[[nodiscard]] json::value at(const json::value& root, std::string_view path);
/// Its text; empty when it is no string.
[[nodiscard]] std::string text(const json::value& root, std::string_view path);
/// Its integer; -1 when it is none.
[[nodiscard]] std::int64_t number(const json::value& root, std::string_view path);
/// Whether it is the boolean true.
[[nodiscard]] bool truth(const json::value& root, std::string_view path);

} // namespace dockhost::e2e
