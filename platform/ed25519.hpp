// SPDX-License-Identifier: MIT
#pragma once

#include "core/error.hpp"

#include <array>
#include <cstdint>

namespace dockhost::platform {

/// A key pair as OpenSSH's files want it: the 32-byte seed and the 32-byte public point (RFC 8032).
struct ed25519_key {
  std::array<std::uint8_t, 32> seed{};
  std::array<std::uint8_t, 32> public_key{};
};

/// A fresh key pair. errc::internal when the crypto library refuses (no entropy, no memory).
[[nodiscard]] result<ed25519_key> generate_ed25519();

} // namespace dockhost::platform
