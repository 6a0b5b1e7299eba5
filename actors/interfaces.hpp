// SPDX-License-Identifier: MIT
// Every actor interface of the node. This file is the architecture: who may be told what, and what
// comes back. Requests go only to earlier siblings (journal, docker, ports, fleet, watch, router,
// connection, in this order); news goes up to whoever subscribed. Messages stay inside the process.
#pragma once

#include "actors/live/log_messages.hpp"
#include "actors/live/node_news.hpp"
#include "actors/node/messages.hpp"

#include <caf/all.hpp>

#include <string>
#include <type_traits>
#include <vector>

#define DOCKHOST_MESSAGE(type) CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dockhost::actors::type)

namespace dockhost::actors {

/// Subscribes to whether the engine answers.
using health_listener_actor = caf::typed_actor<caf::reacts_to<engine_health>>;

/// Takes the engine's container events as they come, and the end of their stream.
using event_sink_actor =
    caf::typed_actor<caf::reacts_to<docker::container_event>, caf::reacts_to<event_stream_ended>>;

/// Subscribes to changes of the inventory.
using inventory_listener_actor = caf::typed_actor<caf::reacts_to<container_changed>>;

/// Takes the one outcome of each command that it gave to the fleet.
using outcome_sink_actor = caf::typed_actor<caf::reacts_to<command_outcome>>;

/// Takes replies that are ready for the main server.
using reply_sink_actor = caf::typed_actor<caf::reacts_to<reply_ready>>;

/// Takes what the engine tells of containers that are not ours: listings, and events as they come.
using engine_view_actor =
    caf::typed_actor<caf::reacts_to<engine_listed>, caf::reacts_to<docker::container_event>>;

/// Subscribes to how the link to the main server is.
using server_link_listener_actor = caf::typed_actor<caf::reacts_to<server_link_changed>>;

struct subscribe_engine_view {
  engine_view_actor who;
};
struct subscribe_server_link {
  server_link_listener_actor who;
};
struct subscribe_health {
  health_listener_actor who;
};
struct open_events {
  std::int64_t since_unix_nano = 0;
  event_sink_actor sink;
};
struct subscribe_inventory {
  inventory_listener_actor who;
};
/// A command for one user; its outcome goes to `reply_to`, exactly once, within the command's
/// budget.
struct execute {
  user_command command;
  outcome_sink_actor reply_to;
};
/// From a router that starts anew, for commands of an earlier one: outcomes that are already known
/// are sent again to `reply_to`, then the answer says which commands still run.
struct claim_outcomes {
  std::vector<std::string> op_ids;
  outcome_sink_actor reply_to;
};
struct attach_reply_sink {
  reply_sink_actor who;
};

/// The request journal and quarantine in SQLite; detached, because a disk can stall.
using journal_actor = caf::typed_actor<
    caf::replies_to<journal_load>::with<journal_contents>, // everything remembered, at start
    caf::replies_to<journal_begin>::with<journal_done>,    // before a command has its first effect
    caf::replies_to<journal_answer>::with<journal_done>,   // before its answer is sent
    caf::replies_to<journal_probe>::with<journal_done>,    // does it answer at all?
    caf::reacts_to<journal_delivered>,                     // the answer is with the server
    caf::reacts_to<journal_quarantine>,                    // a port block to keep out of
    caf::reacts_to<journal_purge_due>>;                    // tick: forget what is old

/// The only way to the engine: deadlines, health, pools; calls on one container never overlap.
using docker_actor = caf::typed_actor<
    caf::replies_to<engine_call>::with<engine_answer>, // one answer within the call's timeout
    caf::reacts_to<subscribe_health>,                  // told at once, and on each change
    caf::reacts_to<open_events>,                       // the stream goes to the sink until it ends
    caf::replies_to<open_log>::with<log_opened>,       // a container's log; from then on it is the
                                                       // asker's alone
    caf::reacts_to<engine_call_done>,                  // from the engine's threads
    caf::reacts_to<engine_call_overdue>,   // tick: a call that still waits for its turn is too late
    caf::reacts_to<engine_probe_due>,      // tick: does the engine answer again?
    caf::reacts_to<engine_probe_done>,     // from the engine's threads
    caf::reacts_to<engine_network_ready>>; // from the engine's threads

/// Who holds which block of three host ports.
using ports_actor =
    caf::typed_actor<caf::replies_to<reserve_block>::with<block_answer>, // idempotent per owner
                     caf::reacts_to<release_block>,    // the owner's container is gone
                     caf::reacts_to<adopt_block>,      // the engine says that the owner holds it
                     caf::reacts_to<quarantine_block>, // the engine says that somebody else does
                     caf::reacts_to<foreign_ports_listed>, // what containers that are not ours
                                                           // publish
                     caf::replies_to<get_port_counts>::with<port_counts>>; // for metrics

/// The life of one user's container; all its changes are serial here.
using container_actor =
    caf::typed_actor<caf::reacts_to<execute>,               // queued; answered in order
                     caf::reacts_to<container_seen>,        // a relist's look at it
                     caf::reacts_to<container_event_heard>, // something happened: look, if unknown
                     caf::reacts_to<recover>,               // it replaces a dead one: look first
                     caf::reacts_to<begin_shutdown>,        // give up what can take long
                     caf::reacts_to<engine_health>,         // from the fleet
                     caf::reacts_to<budget_over>,           // tick
                     caf::reacts_to<ssh_probe_done>,        // from the io thread
                     caf::reacts_to<step_retry_due>>;       // tick

/// One container actor per user, and the inventory.
using fleet_actor = caf::typed_actor<
    caf::reacts_to<execute>, // to the user's container actor; held until the first relist
    caf::replies_to<get_inventory>::with<inventory_answer>,  // a snapshot, no engine call
    caf::replies_to<claim_outcomes>::with<claimed_outcomes>, // a dead router's commands
    caf::reacts_to<subscribe_inventory>,                     // container_changed, one per change
    caf::reacts_to<container_changed>,                       // from a container actor
    caf::reacts_to<command_outcome>,       // from a container actor, on to who asked
    caf::reacts_to<fleet_listed>,          // from the watch
    caf::reacts_to<fleet_not_listed>,      // from the watch
    caf::reacts_to<container_event_heard>, // from the watch
    caf::reacts_to<engine_health>,         // from the docker actor
    caf::reacts_to<begin_shutdown>,        // from the router
    caf::reacts_to<kill_actor>>;           // test hook

/// The engine's events and relists, as facts to fleet and ports.
using watch_actor =
    caf::typed_actor<caf::reacts_to<docker::container_event>, // from the engine's threads
                     caf::reacts_to<event_stream_ended>,      // from the engine's threads
                     caf::reacts_to<engine_health>,           // from the docker actor
                     caf::reacts_to<subscribe_engine_view>,   // a listing follows, and all events
                     caf::reacts_to<relist_due>>;             // tick

/// Events of the main server in, exactly one reply out; journal, request ids, V2 batches.
using router_actor =
    caf::typed_actor<caf::reacts_to<event_received>,    // from the connection
                     caf::reacts_to<attach_reply_sink>, // from the connection: where replies go
                     caf::reacts_to<reply_delivered>,   // from the connection
                     caf::reacts_to<command_outcome>,   // from the fleet
                     caf::reacts_to<deadline_due>,      // tick: the next command's backstop
                     caf::reacts_to<drain_due>, // tick: a journal that hangs must not hold the end
                                                // up
                     caf::reacts_to<recover>,   // tick: what became of the commands that were cut
                                                // off?
                     caf::replies_to<begin_shutdown>::with<drained>, // refuse what comes, answer
                                                                     // when nothing runs any more
                     caf::replies_to<is_idle>::with<bool>>;          // no command runs

/// The link to the main server: connect, authenticate, back off, for ever.
using connection_actor = caf::typed_actor<
    caf::reacts_to<link_connected>, // the io thread's news of the present session
    caf::reacts_to<link_refused>, caf::reacts_to<link_closed>, caf::reacts_to<link_event>,
    caf::reacts_to<link_reply_done>, caf::reacts_to<link_heartbeat>,
    caf::reacts_to<reply_ready>,           // from the router
    caf::reacts_to<link_answer>,           // from the live actor
    caf::reacts_to<container_changed>,     // from the fleet: reported to the server
    caf::reacts_to<subscribe_server_link>, // told at once, and on each change
    caf::reacts_to<report_due>,            // tick: the state could not be reported, again
    caf::reacts_to<resend_due>,            // tick: replies could not be sent, again
    caf::reacts_to<reconnect_due>,         // ticks
    caf::reacts_to<connection_stable>, caf::reacts_to<rehandshake_due>,
    caf::reacts_to<key_changed>,                                 // a new API key: try at once
    caf::replies_to<close_connection>::with<connection_closed>>; // clean close, for the stop

/// Starts the others in order, rest-for-one, and stops them in the reverse order.
using node_supervisor_actor =
    caf::typed_actor<caf::reacts_to<stop_node>, // drain, close, end; then it ends itself
                     caf::reacts_to<end_due>,   // tick: who has not ended by now is left behind
                     caf::replies_to<describe_tree>::with<tree_text>, // the running tree, for a
                     caf::reacts_to<key_changed>,                     // to the connection
                                                                      // person
                     caf::reacts_to<kill_actor>>;                     // test hook

} // namespace dockhost::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dockhost::docker::container_event)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dockhost::command_outcome)
DOCKHOST_MESSAGE(engine_call)
DOCKHOST_MESSAGE(engine_answer)
DOCKHOST_MESSAGE(engine_call_done)
DOCKHOST_MESSAGE(engine_call_overdue)
DOCKHOST_MESSAGE(engine_probe_done)
DOCKHOST_MESSAGE(engine_probe_due)
DOCKHOST_MESSAGE(engine_network_ready)
DOCKHOST_MESSAGE(engine_health)
DOCKHOST_MESSAGE(event_stream_ended)
DOCKHOST_MESSAGE(reserve_block)
DOCKHOST_MESSAGE(block_answer)
DOCKHOST_MESSAGE(release_block)
DOCKHOST_MESSAGE(adopt_block)
DOCKHOST_MESSAGE(quarantine_block)
DOCKHOST_MESSAGE(foreign_ports_listed)
DOCKHOST_MESSAGE(get_port_counts)
DOCKHOST_MESSAGE(port_counts)
DOCKHOST_MESSAGE(container_seen)
DOCKHOST_MESSAGE(fleet_listed)
DOCKHOST_MESSAGE(fleet_not_listed)
DOCKHOST_MESSAGE(container_event_heard)
DOCKHOST_MESSAGE(container_changed)
DOCKHOST_MESSAGE(claim_outcomes)
DOCKHOST_MESSAGE(claimed_outcomes)
DOCKHOST_MESSAGE(begin_shutdown)
DOCKHOST_MESSAGE(budget_over)
DOCKHOST_MESSAGE(command_overdue)
DOCKHOST_MESSAGE(ssh_probe_done)
DOCKHOST_MESSAGE(step_retry_due)
DOCKHOST_MESSAGE(recover)
DOCKHOST_MESSAGE(get_inventory)
DOCKHOST_MESSAGE(inventory_answer)
DOCKHOST_MESSAGE(kill_actor)
DOCKHOST_MESSAGE(relist_due)
DOCKHOST_MESSAGE(event_received)
DOCKHOST_MESSAGE(reply_ready)
DOCKHOST_MESSAGE(reply_delivered)
DOCKHOST_MESSAGE(drained)
DOCKHOST_MESSAGE(drain_due)
DOCKHOST_MESSAGE(deadline_due)
DOCKHOST_MESSAGE(is_idle)
DOCKHOST_MESSAGE(journal_begin)
DOCKHOST_MESSAGE(journal_answer)
DOCKHOST_MESSAGE(journal_delivered)
DOCKHOST_MESSAGE(journal_load)
DOCKHOST_MESSAGE(journal_contents)
DOCKHOST_MESSAGE(journal_quarantine)
DOCKHOST_MESSAGE(journal_done)
DOCKHOST_MESSAGE(journal_purge_due)
DOCKHOST_MESSAGE(journal_probe)
DOCKHOST_MESSAGE(link_connected)
DOCKHOST_MESSAGE(link_refused)
DOCKHOST_MESSAGE(link_closed)
DOCKHOST_MESSAGE(link_event)
DOCKHOST_MESSAGE(link_answer)
DOCKHOST_MESSAGE(link_reply_done)
DOCKHOST_MESSAGE(link_heartbeat)
DOCKHOST_MESSAGE(resend_due)
DOCKHOST_MESSAGE(reconnect_due)
DOCKHOST_MESSAGE(connection_stable)
DOCKHOST_MESSAGE(report_due)
DOCKHOST_MESSAGE(rehandshake_due)
DOCKHOST_MESSAGE(close_connection)
DOCKHOST_MESSAGE(connection_closed)
DOCKHOST_MESSAGE(key_changed)
DOCKHOST_MESSAGE(engine_listed)
DOCKHOST_MESSAGE(server_link_changed)
DOCKHOST_MESSAGE(subscribe_engine_view)
DOCKHOST_MESSAGE(subscribe_server_link)
DOCKHOST_MESSAGE(subscribe_health)
DOCKHOST_MESSAGE(open_events)
DOCKHOST_MESSAGE(open_log)
DOCKHOST_MESSAGE(log_opened)
DOCKHOST_MESSAGE(subscribe_inventory)
DOCKHOST_MESSAGE(execute)
DOCKHOST_MESSAGE(attach_reply_sink)
DOCKHOST_MESSAGE(stop_node)
DOCKHOST_MESSAGE(end_due)
DOCKHOST_MESSAGE(describe_tree)
DOCKHOST_MESSAGE(tree_text)
