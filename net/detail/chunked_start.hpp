// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace dockhost::net::detail {

/// Whether these bytes of a chunked body must wait for more before Beast's parser sees them. Where
/// the first chunk is the last one, the parser of Boost 1.81 asserts, once it has seen "0\r\n", to
/// see at least five bytes the next time. The shortest body there is "0\r\n\r\n".
template <class Parser>
[[nodiscard]] bool wait_for_chunk(const Parser& parser, bool had_chunk, std::string_view bytes) {
  return bytes.size() < 5 && bytes.starts_with("0\r\n") && !had_chunk && parser.is_header_done() &&
         parser.chunked();
}

} // namespace dockhost::net::detail
