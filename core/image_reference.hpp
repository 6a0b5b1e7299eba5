// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace dockhost {

/// Whether `text` names an image: `[host[:port]/]path[:tag][@digest]` in the grammar of the
/// distribution project's "reference" package, at most 255 bytes of name, 128 of tag. Such a text
/// can be neither an option of a command line nor a path.
[[nodiscard]] bool is_image_reference(std::string_view text);

} // namespace dockhost
