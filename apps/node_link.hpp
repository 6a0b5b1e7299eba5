// SPDX-License-Identifier: MIT
#pragma once

#include "actors/link/server_url.hpp"
#include "actors/node/environment.hpp"
#include "net/io_thread.hpp"

#include <memory>
#include <string>

namespace dockhost::apps {

/// What a node says of itself in the CONNECT packet.
struct node_introduction {
  std::string lan_ip; ///< empty: unknown, sent as null
  std::string node_id;
  std::string boot_id;
  std::string version;
};

/// Opens the connection actor's link on real sockets.
[[nodiscard]] std::unique_ptr<actors::server_link>
open_server_link(net::io_thread& io, const settings& values, const actors::server_address& server,
                 const node_introduction& who, const std::string& api_key,
                 const actors::server_link_handlers& handlers);

} // namespace dockhost::apps
