// SPDX-License-Identifier: MIT
// An outcome in the words of the dialect that asked (PROTOCOL.md 1a and 1b).
#pragma once

#include "protocol/command.hpp"
#include "protocol/reply.hpp"
#include "json/json.hpp"

#include <optional>
#include <string>

namespace dockhost::protocol {

/// The payload of an acknowledgement. V2: an object with an integer `status`, or for a check a bare
/// boolean (false where it failed).
[[nodiscard]] json::value encode_reply(const reply_address& to, const outcome& ended);

struct reply_event {
  std::string name;
  json::value payload;
};

/// The same as an event. Documented: `<request event>-response`, with `username` where it is known.
/// V2: the event named after the user; nothing where `to` names none or a reserved one, since the
/// server would drop the link.
[[nodiscard]] std::optional<reply_event> encode_reply_event(const reply_address& to,
                                                            const outcome& ended);

/// An acknowledgement's payload, perhaps one that was kept since, as the event for it; documented
/// dialect only: V2 replies are never kept.
[[nodiscard]] reply_event as_response_event(const reply_address& to, json::value payload);

/// What goes out instead of a documented reply that is longer than the server takes (it would drop
/// the link): an error that keeps `requestId` and `username`.
[[nodiscard]] json::value reply_too_long(const json::value& payload);

/// V2's `status` of a failure.
[[nodiscard]] int v2_status(errc code);

} // namespace dockhost::protocol
