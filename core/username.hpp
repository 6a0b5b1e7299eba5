// SPDX-License-Identifier: MIT
// Usernames (PROTOCOL.md, "Usernames"): which are valid, what container name each one gets, and
// which can't be the name of an event.
#pragma once

#include "core/error.hpp"

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace dockhost {

/// SHA-256 comes from outside: core has no third-party headers.
using sha256_fn = std::function<std::array<std::uint8_t, 32>(std::string_view)>;

/// Valid: UTF-8 of 1 to 64 characters (code points) without control characters. Otherwise
/// errc::invalid_username; the message never repeats the name.
[[nodiscard]] result<unit> check_username(std::string_view username);

/// The container name of a *valid* username: `prefix` and at most 63 characters after it.
///
/// A plain name, `[A-Za-z0-9][A-Za-z0-9_.-]{0,62}`, is used as it is. Every other one is mapped:
/// each unsuitable character becomes `-`, and `-` with the first 8 hex digits of the username's
/// SHA-256 follows. Mapped too are plain names that already end like a mapped one (`-` and 8
/// lower-case hex digits), since otherwise somebody could choose the very name that another user's
/// is mapped to; and, where `prefix` is empty, one-letter names, which the engine refuses.
///
/// So a plain and a mapped name never meet, and two mapped ones only where 32 bits of SHA-256 and
/// the readable part are both equal; the engine's own lock on names then refuses the second.
[[nodiscard]] std::string container_name(std::string_view prefix, std::string_view username,
                                         const sha256_fn& sha256);

/// Whether a V2 reply, an event named after the user, can't bear this name: one of Socket.IO's
/// reserved events or one that the node itself emits.
[[nodiscard]] bool is_reserved_event(std::string_view name);

} // namespace dockhost
