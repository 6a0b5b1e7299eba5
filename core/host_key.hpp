// SPDX-License-Identifier: MIT
// OpenSSH's file formats for an Ed25519 host key. Each container gets one of its own: containers of
// one image would otherwise share theirs, and every tenant could pose as every other.
#pragma once

#include "core/username.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace dockhost {

using ed25519_bytes = std::array<std::uint8_t, 32>;

/// The unencrypted private key file ("openssh-key-v1" in PEM armour). `check` is a random number
/// that the format repeats, to tell a wrong passphrase. `comment` must be one line.
[[nodiscard]] std::string openssh_private_key(const ed25519_bytes& seed,
                                              const ed25519_bytes& public_key, std::uint32_t check,
                                              std::string_view comment);

/// "ssh-ed25519 BASE64 comment", without a newline.
[[nodiscard]] std::string openssh_public_line(const ed25519_bytes& public_key,
                                              std::string_view comment);

/// As `ssh-keygen -l` shows it: "SHA256:" and unpadded base64.
[[nodiscard]] std::string fingerprint(const ed25519_bytes& public_key, const sha256_fn& sha256);

} // namespace dockhost
