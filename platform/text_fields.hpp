// SPDX-License-Identifier: MIT
// Lines, words and numbers of the kernel's text files.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace dockhost::platform {

/// Takes the first line off `text`, without its end; false when nothing is left.
[[nodiscard]] bool next_line(std::string_view& text, std::string_view& line);

/// Takes the first word (between blanks and tabs) off `line`; empty when there is none.
[[nodiscard]] std::string_view next_word(std::string_view& line);

/// Digits and nothing else; a number beyond 63 bits is the largest one.
[[nodiscard]] std::optional<std::int64_t> whole_number(std::string_view word);

} // namespace dockhost::platform
