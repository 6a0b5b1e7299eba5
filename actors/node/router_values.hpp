// SPDX-License-Identifier: MIT
// From the wire's values to the fleet's and back: pure.
#pragma once

#include "core/container_view.hpp"
#include "core/lifecycle.hpp"
#include "core/user_command.hpp"
#include "protocol/command.hpp"
#include "protocol/reply.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace dockhost::actors {

/// Which kind of command on one container it is; nothing for queries, which are answered from the
/// inventory.
[[nodiscard]] std::optional<lifecycle::command_kind> kind_of(const protocol::command& what);

/// The kind by the documented event's name, for what the journal remembers.
[[nodiscard]] std::optional<lifecycle::command_kind> kind_of_event(std::string_view event);

[[nodiscard]] std::string_view word_of(lifecycle::command_kind kind);

/// The container id that the command names its container by; empty where it names a user.
[[nodiscard]] std::string target_id_of(const protocol::command& what);

/// Whether it names another image than the node's, and may not.
[[nodiscard]] bool chooses_image(const protocol::command& what, const container_settings& config);

/// `what` must be of a kind; op_id and budget are the caller's to set.
[[nodiscard]] user_command to_user_command(const protocol::command& what);

[[nodiscard]] protocol::outcome to_reply(const command_outcome& ended);

[[nodiscard]] protocol::outcome list_outcome(const inventory& all,
                                             const std::optional<std::string>& username);

/// The answer of a check; false while the engine can't be reached.
[[nodiscard]] protocol::outcome check_outcome(const inventory& all, const std::string& username,
                                              bool running);

[[nodiscard]] std::string to_hex(const std::array<std::uint8_t, 32>& digest);

} // namespace dockhost::actors
