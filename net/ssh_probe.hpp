// SPDX-License-Identifier: MIT
#pragma once

#include "net/endpoint.hpp"
#include "net/error.hpp"

#include <chrono>
#include <functional>
#include <string>

namespace dockhost::net {

class io_thread;

/// Connects, reads up to the first line that begins with "SSH-", and closes. Gives that line
/// without its line ending ("SSH-2.0-OpenSSH_9.2p1"). Other lines may come before it (RFC 4253
/// section 4.2): at most 32, none longer than 1 KiB, else `protocol`. Accepted and closed without a
/// banner is `closed`: that's what a published port looks like while nothing listens inside. `done`
/// runs once on the io thread; from any thread.
void probe_ssh_banner(io_thread& io, endpoint where, std::chrono::milliseconds timeout,
                      std::function<void(net_result<std::string>)> done);

} // namespace dockhost::net
