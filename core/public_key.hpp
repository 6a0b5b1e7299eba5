// SPDX-License-Identifier: MIT
#pragma once

#include "core/error.hpp"

#include <string>
#include <string_view>

namespace dockhost {

/// Checks an SSH public key as a user pastes it and gives the one line, without a newline, that is
/// safe to install as an authorized_keys entry: `type base64 [comment]`.
///
/// Accepted: ssh-ed25519, ssh-rsa (2048 to 16384 bits), ecdsa-sha2-nistp256/384/521 and the two
/// sk- types of OpenSSH. The decoded blob must have exactly the structure of its type. Surrounding
/// blanks and one trailing newline are trimmed; a comment that is not printable UTF-8 is dropped.
/// Refused with errc::invalid_key and the reason: options, several lines, control characters,
/// certificates, private keys, anything over 16 KiB.
[[nodiscard]] result<std::string> normalise_public_key(std::string_view text);

} // namespace dockhost
