// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

namespace dockhost::bench {

/// The 20 bytes of the digest (RFC 3174): all that a WebSocket's handshake asks of cryptography.
[[nodiscard]] std::string sha1(std::string_view text);

} // namespace dockhost::bench
