// SPDX-License-Identifier: MIT
// What the node's actors say to each other. Commands are imperative, facts past tense.
#pragma once

#include "actors/node/link_verdict.hpp"
#include "core/container_view.hpp"
#include "core/error.hpp"
#include "core/port_block.hpp"
#include "core/user_command.hpp"
#include "docker/engine.hpp"
#include "store/journal.hpp"
#include "json/json.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

namespace dockhost::actors {

// ---- docker
// -----------------------------------------------------------------------------------------------------------------

struct op_list {};
struct op_inspect {
  std::string id;
};
/// Of a remote engine only: a local one's containers are read without it.
struct op_stats {
  std::string id;
};
struct op_create {
  docker::container_spec spec;
};
struct op_put_archive {
  std::string id;
  std::string tar;
};
struct op_get_archive {
  std::string id;
  std::string path;
};
struct op_start {
  std::string id;
};
struct op_stop {
  std::string id;
  std::chrono::seconds grace{};
};
struct op_unpause {
  std::string id;
};
struct op_remove {
  std::string id;
};
struct op_pull {
  std::string image;
};

using engine_operation =
    std::variant<op_list, op_inspect, op_create, op_put_archive, op_get_archive, op_start, op_stop,
                 op_unpause, op_remove, op_pull, op_stats>;

/// Calls with the same key never overlap: the container's name, or empty where the call is about no
/// container.
struct engine_call {
  std::string key;
  engine_operation operation;
  std::chrono::milliseconds timeout{};
};

/// Holds the type that belongs to the operation, or the error.
struct engine_answer {
  std::variant<docker::engine_error, unit, std::string, docker::effect, docker::container_details,
               std::vector<docker::container_summary>, container_usage>
      value;
};

struct engine_call_done {
  std::uint64_t call = 0;
  engine_answer answer;
};
struct engine_call_overdue {
  std::uint64_t call = 0;
};
struct engine_probe_done {
  docker::engine_result<docker::engine_info> info;
};
struct engine_probe_due {};
struct engine_network_ready {
  docker::engine_result<docker::network_effect> made;
};

/// News: whether the engine answers.
struct engine_health {
  bool reachable = false;
  docker::engine_info info;
  std::string why; ///< when it does not
};

struct event_stream_ended {
  std::string why;
};

// ---- ports
// ------------------------------------------------------------------------------------------------------------------

struct reserve_block {
  std::string owner;
  std::optional<std::uint16_t> hint;
};
struct block_answer {
  result<port_block> block;
};
struct release_block {
  std::string owner;
};
struct adopt_block {
  std::string owner;
  port_block block;
};
/// Takes the block from its owner and keeps out of it for a while.
struct quarantine_block {
  std::string owner;
  port_block block;
};
/// Published ports of containers that are not ours; replaces what was told before.
struct foreign_ports_listed {
  std::set<std::uint16_t> ports;
};

/// For metrics: blocks of the range that could be tried, and all others.
struct get_port_counts {};
struct port_counts {
  std::size_t free = 0;
  std::size_t taken = 0;
};

// ---- fleet and containers
// ---------------------------------------------------------------------------------------------------

/// A look at one of our containers, taken (asked for) at `taken`; absent when `details` is empty.
struct container_seen {
  std::string username;
  std::optional<container_view> view;
  std::chrono::steady_clock::time_point taken;
};
/// All our containers, from a relist.
struct fleet_listed {
  std::vector<container_view> containers;
  std::chrono::steady_clock::time_point taken;
};
/// The relist failed: what waits for the inventory is answered with that.
struct fleet_not_listed {
  std::string why;
};
/// The engine said that something happened to the container.
struct container_event_heard {
  std::string username;
  std::string id;
  std::optional<container_state> implies; ///< nothing: only a look can tell
};
struct container_changed {
  container_view view;
  std::uint64_t version = 0; ///< of the first inventory that shows it; the fleet sets it
};
/// Answers claim_outcomes: what still runs; its outcome comes to the new sink.
struct claimed_outcomes {
  std::set<std::string> owed; ///< op_ids
};
struct begin_shutdown {};
/// Tick of a container actor: one of its commands may be out of time.
struct budget_over {
  std::chrono::steady_clock::time_point due;
};
struct command_overdue {
  std::string op_id;
};
struct ssh_probe_done {
  std::uint64_t serial = 0;
  bool answered = false;
  std::string why;
};
struct step_retry_due {
  std::uint64_t serial = 0;
};
struct recover {}; ///< to a container actor that replaces a dead one: look at the engine first
struct get_inventory {};
struct inventory_answer {
  std::shared_ptr<const inventory> all;
};
/// Test hook: the actor with that name (a user's, when not empty) ends at once.
struct kill_actor {
  std::string name;
  std::string username;
};

// ---- watch
// ------------------------------------------------------------------------------------------------------------------

struct relist_due {
  std::uint64_t generation = 0;
};

// ---- router
// -----------------------------------------------------------------------------------------------------------------

/// An event of the main server.
struct event_received {
  std::uint64_t session = 0; ///< which connection it came on
  std::string name;
  json::array arguments;
  std::optional<std::uint64_t> ack; ///< set when the server asked for an acknowledgement
};
/// What goes out for it.
struct reply_ready {
  std::uint64_t session = 0;
  std::optional<std::uint64_t> ack;
  std::string event;         ///< used when there is no ack, or its session is gone
  json::value payload;       ///< for the acknowledgement
  json::value event_payload; ///< for the event
  std::string op_id;         ///< of the journalled command; empty: not journalled
  bool replayable = false;   ///< may go out on another session than the one it was asked on
};
struct reply_delivered {
  std::string op_id;
};
struct drained {};
struct drain_due {};
struct deadline_due {
  std::uint64_t generation = 0; ///< only the newest one counts
};
struct is_idle {};

// ---- journal
// ----------------------------------------------------------------------------------------------------------------

struct journal_begin {
  store::journal_entry entry;
};
struct journal_answer {
  std::string op_id;
  std::string answer;
  bool undelivered = false;
};
struct journal_delivered {
  std::string op_id;
};
struct journal_load {};
struct journal_contents {
  std::vector<store::journal_entry> entries;
  std::vector<store::quarantine_entry> quarantined;
};
struct journal_quarantine {
  port_block block;
  std::int64_t until_ms = 0;
};
struct journal_done {
  std::optional<error> failure;
};
struct journal_purge_due {};
struct journal_probe {};

// ---- connection
// -------------------------------------------------------------------------------------------------------------

struct link_connected {
  std::uint64_t session = 0;
};
struct link_refused {
  std::uint64_t session = 0;
  std::string message;
};
struct link_closed {
  std::uint64_t session = 0;
  std::string reason;
  bool clean = false;
};
struct link_event {
  std::uint64_t session = 0;
  std::string name;
  json::array arguments;
  std::optional<std::uint64_t> ack;
};
/// What became of a reply that the link was given under this number.
struct link_reply_done {
  std::uint64_t session = 0;
  std::uint64_t number = 0;
  link_verdict verdict = link_verdict::sent;
};
struct link_heartbeat {
  std::uint64_t session = 0;
};
struct resend_due {
  std::uint64_t session = 0;
};
/// The acknowledgement of what the main server asked of the live view.
struct link_answer {
  std::uint64_t session = 0;
  std::uint64_t ack = 0;
  json::value payload;
};
struct reconnect_due {
  std::uint64_t generation = 0;
};
struct connection_stable {
  std::uint64_t session = 0;
};
struct report_due {
  std::uint64_t session = 0;
};
struct rehandshake_due {
  std::uint64_t session = 0;
};
struct close_connection {};
struct connection_closed {};
struct key_changed {
  std::string key;
};

// ---- supervisor
// -------------------------------------------------------------------------------------------------------------

struct stop_node {};
struct end_due {};
struct describe_tree {};
struct tree_text {
  std::string text;
};

} // namespace dockhost::actors
