// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace dockhost {

enum class base64_padding { padded, unpadded };

/// RFC 4648, the standard alphabet.
[[nodiscard]] std::string base64_encode(std::string_view bytes,
                                        base64_padding padding = base64_padding::padded);

/// Strict: the standard alphabet, padded to a multiple of four, unused bits zero, nothing else in
/// between; so that each byte string has exactly one text that is accepted.
[[nodiscard]] std::optional<std::string> base64_decode(std::string_view text);

} // namespace dockhost
