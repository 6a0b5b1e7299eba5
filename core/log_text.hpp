// SPDX-License-Identifier: MIT
// Log bytes as text that may go on the wire: a container may print anything.
#pragma once

#include <string>
#include <string_view>

namespace dockhost {

/// Appends `bytes` as the inside of a JSON string. What is not UTF-8 becomes U+FFFD.
void append_json_text(std::string& out, std::string_view bytes);

/// Appends `bytes`, with U+FFFD for what is not UTF-8.
void append_utf8(std::string& out, std::string_view bytes);

} // namespace dockhost
