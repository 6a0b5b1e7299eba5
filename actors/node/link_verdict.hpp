// SPDX-License-Identifier: MIT
#pragma once

namespace dockhost::actors {

/// What became of a packet that a link to the main server was given.
enum class link_verdict {
  sent,    ///< handed to the sockets
  unsent,  ///< the link is ending, or its queue is full; the next one may send it
  refused, ///< not to be sent on any link
};

} // namespace dockhost::actors
