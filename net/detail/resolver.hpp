// SPDX-License-Identifier: MIT
// Host name -> addresses, on a thread of its own per look-up: getaddrinfo can block for half a
// minute, and Asio's resolver would make the program's end wait for it.
#pragma once

#include "net/detail/io_context.hpp"
#include "net/error.hpp"

#include <functional>
#include <string>
#include <vector>

namespace dockhost::net::detail {

using socket_endpoint = io_socket::protocol_type::endpoint;

/// `done` runs on the io thread, or never once that has ended (then it is destroyed on any thread,
/// so it must hold nothing of the io context: a weak_ptr). At most 16 look-ups run at a time; one
/// more is refused with `resolve`.
void resolve(io_thread::impl& io, const std::string& host, std::uint16_t port,
             std::function<void(net_result<std::vector<socket_endpoint>>)> done);

} // namespace dockhost::net::detail
