// SPDX-License-Identifier: MIT
// Beast's WebSocket on our transport. Slow to compile: include it in as few sources as possible.
#pragma once

#include "net/detail/transport.hpp"

#include <boost/beast/websocket/stream.hpp>

namespace dockhost::net::detail {

/// No permessage-deflate: compiled out.
using websocket_stream = boost::beast::websocket::stream<transport&, false>;

} // namespace dockhost::net::detail
