// SPDX-License-Identifier: MIT
// Blocking sockets. What fails while they are set up throws std::system_error; afterwards an error
// is the end of the connection.
#pragma once

#include "platform/unique_fd.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace dockhost::bench {

using platform::unique_fd;

/// CLOCK_MONOTONIC, the same in all processes.
[[nodiscard]] std::int64_t now_ns();

/// On 127.0.0.1, a port that is free.
[[nodiscard]] unique_fd listen_tcp();
[[nodiscard]] std::uint16_t port_of(int listener);
/// Replaces a socket that is left at `path`.
[[nodiscard]] unique_fd listen_unix(const std::string& path);
[[nodiscard]] unique_fd accept_one(int listener);
/// To 127.0.0.1.
[[nodiscard]] unique_fd connect_tcp(std::uint16_t port);
[[nodiscard]] unique_fd connect_unix(const std::string& path);

/// Small packets go out at once.
void no_delay(int fd);

/// Whether the other side was there for all of it.
[[nodiscard]] bool send_all(int fd, std::string_view bytes);

enum class received { bytes, nothing, end };
/// Blocks until something has come, and appends it; `nothing` only after SO_RCVTIMEO.
[[nodiscard]] received receive_some(int fd, std::string& into);

} // namespace dockhost::bench
