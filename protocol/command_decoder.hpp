// SPDX-License-Identifier: MIT
#pragma once

#include "protocol/command.hpp"
#include "json/json.hpp"

#include <string_view>

namespace dockhost::protocol {

/// An event of the main server as a command (PROTOCOL.md 1a and 1b; both dialects are always on).
/// `arguments` are the event's, without its name; the first is the payload. Every field is checked:
/// whatever comes out as a request is well-formed, its public key one normalised line.
///
/// A failure's `to` says where the error can go: in the documented dialect always (acknowledgement
/// or response event); in V2 only to an acknowledgement where `to.username` is empty. It is empty
/// where the payload names no user, or one whose name is no possible event.
[[nodiscard]] decoded decode(std::string_view event, const json::array& arguments);

} // namespace dockhost::protocol
