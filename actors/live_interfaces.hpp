// SPDX-License-Identifier: MIT
// The interfaces of the live view's actors; part of interfaces.hpp.
#pragma once

#include "actors/live/log_messages.hpp"

#include <caf/all.hpp>

namespace dockhost::actors {

/// Who watches which container's log. One stream actor per container, whatever the number of
/// watchers.
using log_hub_actor =
    caf::typed_actor<caf::replies_to<watch_log>::with<log_watch_answer>, // from the live actor;
                                                                         // after the look-up
                     caf::reacts_to<unwatch_log>,                        // from the live actor
                     caf::reacts_to<client_gone>,                        // from the live actor
                     caf::reacts_to<log_container_news>, // a container runs, ends or is removed
                     caf::reacts_to<log_stream_over>,    // from a stream
                     caf::replies_to<get_log_counts>::with<log_counts>>; // for metrics

/// Reads one container's log and hands it to its watchers.
using log_stream_actor =
    caf::typed_actor<caf::replies_to<watch_log>::with<log_watch_answer>, // from the hub
                     caf::reacts_to<unwatch_log>,                        // from the hub
                     caf::reacts_to<client_gone>,                        // from the hub
                     caf::reacts_to<log_container_news>,                 // from the hub
                     caf::reacts_to<log_arrived>, // from the engine's threads
                     caf::reacts_to<log_ended>,   // from the engine's threads
                     caf::reacts_to<log_due>>;    // tick

/// Answers one HTTP request with a container's log.
using log_download_actor =
    caf::typed_actor<caf::reacts_to<log_arrived>, // from the engine's threads
                     caf::reacts_to<log_ended>,   // from the engine's threads
                     caf::reacts_to<body_room>,   // from the io thread
                     caf::reacts_to<body_gone>,   // from the io thread
                     caf::reacts_to<log_due>>;    // tick

} // namespace dockhost::actors

#define DOCKHOST_LIVE_MESSAGE(type) CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dockhost::actors::type)

DOCKHOST_LIVE_MESSAGE(client_gone)
DOCKHOST_LIVE_MESSAGE(watch_log)
DOCKHOST_LIVE_MESSAGE(log_watch_answer)
DOCKHOST_LIVE_MESSAGE(unwatch_log)
DOCKHOST_LIVE_MESSAGE(log_container_news)
DOCKHOST_LIVE_MESSAGE(get_log_counts)
DOCKHOST_LIVE_MESSAGE(log_counts)
DOCKHOST_LIVE_MESSAGE(log_arrived)
DOCKHOST_LIVE_MESSAGE(log_ended)
DOCKHOST_LIVE_MESSAGE(log_due)
DOCKHOST_LIVE_MESSAGE(log_stream_over)
DOCKHOST_LIVE_MESSAGE(body_room)
DOCKHOST_LIVE_MESSAGE(body_gone)
