// SPDX-License-Identifier: MIT
// The text half of the log seam: pure functions.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace dockhost::platform {

/// Printable UTF-8: control characters (C0, DEL, C1), invalid bytes and the invisible characters
/// that turn text around become escapes such as \n, \x1b or \u202e. A text longer than `max_bytes`
/// is cut there, and its length said.
[[nodiscard]] std::string printable(std::string_view text, std::size_t max_bytes);

/// Whether DEBUG's `pattern` names `component` (see set_log_debug).
[[nodiscard]] bool debug_matches(std::string_view pattern, std::string_view component);

/// Strings that must not be seen.
class secret_list {
public:
  /// False when it is too short to be hidden sensibly.
  bool add(std::string_view secret);
  /// `text` with every known secret as "***".
  [[nodiscard]] std::string redact(std::string_view text) const;

private:
  std::vector<std::string> spellings_; // longest first: one secret may hold another
};

} // namespace dockhost::platform
