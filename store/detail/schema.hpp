// SPDX-License-Identifier: MIT
#pragma once

#include "core/error.hpp"
#include "store/detail/database.hpp"

namespace dockhost::store::detail {

/// Brings the file from its user_version to the newest schema, each step whole or not at all.
/// `code` is SQLite's when it fails. A newer file is an error with code SQLITE_OK.
[[nodiscard]] result<unit> migrate(database& db, int& code);

} // namespace dockhost::store::detail
