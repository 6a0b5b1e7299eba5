// SPDX-License-Identifier: MIT
// System errors in the words that users know from Node.js programs: "connect ECONNREFUSED
// 127.0.0.1:3001".
#pragma once

#include "net/detail/asio_types.hpp"
#include "net/error.hpp"

#include <string>
#include <string_view>

namespace dockhost::net::detail {

/// What failed, for the choice of the code and the words.
enum class operation { connect, read, write };

/// From a socket's or TLS' error; `where` is "host:port" or a path.
[[nodiscard]] net_error to_net_error(error_code ec, operation op, std::string_view where);

/// "ECONNREFUSED", or the number where it has no name.
[[nodiscard]] std::string errno_name(int number);

/// The peer ended the connection where an answer was due.
[[nodiscard]] net_error hang_up();

} // namespace dockhost::net::detail
