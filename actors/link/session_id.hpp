// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace dockhost::actors {

/// 20 characters of A-Z a-z 0-9 _ -, 120 random bits: whoever knows one may speak for its session.
[[nodiscard]] std::string new_session_id();

} // namespace dockhost::actors
