// SPDX-License-Identifier: MIT
// Walking over UTF-8 text, strictly: overlong forms, surrogates and values beyond U+10FFFF are
// invalid.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace dockhost {

/// Takes one code point off the front of `text`. nullopt where the front is not valid UTF-8 or
/// `text` is empty; `text` is then unchanged.
[[nodiscard]] std::optional<char32_t> take_code_point(std::string_view& text);

/// How many code points `text` holds, or nullopt where it is not valid UTF-8.
[[nodiscard]] std::optional<std::size_t> count_code_points(std::string_view text);

/// Unicode's Cc: U+0000-001F, U+007F-009F.
[[nodiscard]] constexpr bool is_control(char32_t c) {
  return c < 0x20 || (c >= 0x7f && c <= 0x9f);
}

} // namespace dockhost
