// SPDX-License-Identifier: MIT
// Randomness straight from the kernel: no state, safe from any thread and across fork.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace dockhost::platform {

/// Fills `out`. Ends the process where the kernel has no random numbers: going on would make
/// guessable keys.
void random_bytes(std::span<std::uint8_t> out);

/// Uniform in [0, 1), 53 random bits.
[[nodiscard]] double uniform();

/// A random UUID (RFC 9562 version 4), lower-case with hyphens.
[[nodiscard]] std::string uuid_v4();

/// Sixteen bytes as a UUID's text; version and variant bits are set to those of version 4.
[[nodiscard]] std::string format_uuid(std::span<const std::uint8_t, 16> bytes);

} // namespace dockhost::platform
