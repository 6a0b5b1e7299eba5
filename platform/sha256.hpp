// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace dockhost::platform {

using sha256_digest = std::array<std::uint8_t, 32>;

/// SHA-256 of `data` (FIPS 180-4).
[[nodiscard]] sha256_digest sha256(std::string_view data);

/// HMAC-SHA-256 (RFC 2104).
[[nodiscard]] sha256_digest hmac_sha256(std::string_view key, std::string_view data);

/// Lower-case hex, 64 characters.
[[nodiscard]] std::string to_hex(const sha256_digest& digest);

} // namespace dockhost::platform
