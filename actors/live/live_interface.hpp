// SPDX-License-Identifier: MIT
// The interface of the live actor; part of interfaces.hpp.
#pragma once

#include "actors/interfaces.hpp"
#include "actors/live/live_messages.hpp"
#include "actors/live_interfaces.hpp"

namespace dockhost::actors {

/// What browsers see and ask for: their sessions, and the view of every container.
using live_actor =
    caf::typed_actor<caf::reacts_to<client_joined>,           // from the io thread
                     caf::reacts_to<server_joined>,           // from the connection
                     caf::reacts_to<client_gone>,             // from the io thread, the connection
                     caf::reacts_to<client_drained>,          // from the io thread
                     caf::reacts_to<clients_behind>,          // from the io thread
                     caf::reacts_to<client_request>,          // from the io thread, the connection
                     caf::reacts_to<page_request>,            // from the io thread
                     caf::reacts_to<log_page_request>,        // from the io thread
                     caf::reacts_to<container_changed>,       // from the fleet
                     caf::reacts_to<engine_listed>,           // from the watch
                     caf::reacts_to<docker::container_event>, // from the watch
                     caf::reacts_to<engine_health>,           // from the docker actor
                     caf::reacts_to<server_link_changed>,     // from the connection
                     caf::reacts_to<command_outcome>,         // from the fleet
                     caf::reacts_to<live_due>, caf::reacts_to<live_batch_due>,
                     caf::reacts_to<live_listen_due>,
                     caf::reacts_to<live_inventory_due>,              // ticks
                     caf::reacts_to<live_shut>,                       // from the io thread
                     caf::replies_to<close_live>::with<live_closed>>; // when the browsers were
                                                                      // told, and have gone

} // namespace dockhost::actors

DOCKHOST_MESSAGE(client_joined)
DOCKHOST_MESSAGE(server_joined)
DOCKHOST_MESSAGE(client_drained)
DOCKHOST_MESSAGE(clients_behind)
DOCKHOST_MESSAGE(client_request)
DOCKHOST_MESSAGE(page_request)
DOCKHOST_MESSAGE(log_page_request)
DOCKHOST_MESSAGE(live_due)
DOCKHOST_MESSAGE(live_batch_due)
DOCKHOST_MESSAGE(live_listen_due)
DOCKHOST_MESSAGE(live_inventory_due)
DOCKHOST_MESSAGE(close_live)
DOCKHOST_MESSAGE(live_shut)
DOCKHOST_MESSAGE(live_closed)
