// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

namespace dockhost::platform {

/// Whether a server could take tcp `port` now: it is bound on IPv4 and on IPv6, never listened on,
/// and given back. `address` empty: on all addresses of both families; else on that one address
/// only. What only waits out TIME_WAIT doesn't count as busy; a socket that is bound and doesn't
/// listen (and so is in no /proc file) does. A machine without IPv6 is probed on IPv4 alone. False
/// too where the port may not be bound (below 1024 without privilege) or the address isn't this
/// machine's.
///
/// Blind spot: a socket that is bound to one address with SO_REUSEADDR and does not listen, on a
/// port that also has connections in TIME_WAIT. The engine's own answer covers it.
[[nodiscard]] bool can_bind(std::uint16_t port, const std::string& address = {});

} // namespace dockhost::platform
