// SPDX-License-Identifier: MIT
// What more than one part of the live view is told.
#pragma once

#include <string>

namespace dockhost::actors {

/// A client has left: whatever it watched or subscribed to ends, and nothing more is sent to it.
struct client_gone {
  std::string client; ///< the socket's id
};

} // namespace dockhost::actors
