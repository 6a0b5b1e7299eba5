// SPDX-License-Identifier: MIT
// The life of one user's container as a pure function: (model, event) -> (model, actions). The
// container actor is only its shell. The table of docs/architecture.md, "The lifecycle", is this
// file in words; tests/core/lifecycle_test.cpp is it in cases.
//
// Rules: the engine's truth always wins over what was expected; "already there" is success; delete
// from any state; a failed create leaves nothing behind (no container, no ports); at most one
// engine call per container is in flight, so while one is, the model is busy and facts from
// elsewhere only ask for a fresh look afterwards.
#pragma once

#include "core/container_state.hpp"
#include "core/error.hpp"
#include "core/port_block.hpp"
#include "core/settings.hpp"
#include "core/start_time.hpp"

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace dockhost::lifecycle {

/// Why an engine call failed; the classes that a decision depends on.
enum class fault {
  unreachable,   ///< the engine did not answer; whether it did the work is not known
  timeout,       ///< the call's deadline passed; whether the engine will do the work is not known
  not_found,     ///< no such container
  no_such_image, ///< the image is not on the engine
  name_taken,    ///< another container has the name
  port_taken,    ///< a host port is in use
  conflict,      ///< the container's state forbids it (paused, removal in progress)
  failed,        ///< anything else
};

struct call_failure {
  fault what = fault::failed;
  std::string message;
};

/// What is known of the container. Empty where there is none.
struct container_facts {
  std::string id;
  std::string name;
  std::string image;
  std::string created;     ///< ISO 8601
  std::string fingerprint; ///< of the SSH host key, "SHA256:..."
  std::string op_id;       ///< of the create that made it
  std::optional<port_block> block;
  start_time started; ///< while it runs or is paused

  friend bool operator==(const container_facts&, const container_facts&) = default;
};

// ---- events
// -----------------------------------------------------------------------------------------------------------------

struct create_wanted {
  std::string op_id;
  std::string image;
  std::optional<std::uint16_t> port_hint;
};
struct start_wanted {};
struct stop_wanted {};
struct delete_wanted {};

struct image_pulled {};
struct ports_reserved {
  port_block block;
};
struct ports_refused {
  error why;
};
struct container_created {
  std::string id;
  std::string created;     ///< ISO 8601, now
  std::string fingerprint; ///< of the host key that is about to be installed
};
struct files_installed {};
struct container_started {
  bool already = false;
  start_time at; ///< now, by our clock
};
struct ssh_answered {};
struct ssh_silent {
  std::string why;
};
struct container_unpaused {
  bool already = false;
};
struct container_stopped {
  bool already = false;
};
struct container_removed {};
/// The engine call (or pull) of the present step failed.
struct call_failed {
  call_failure failure;
};

/// A look at the engine's truth: by inspect or by a relist.
struct container_observed {
  container_state state = container_state::unknown;
  container_facts facts;
};
struct container_absent {}; ///< looked, and there is none

struct deadline_passed {}; ///< of the running command
struct shutdown_begun {};  ///< the node is stopping: give up what can take long
struct engine_lost {};
struct look_wanted {}; ///< something may have happened to the container: the engine knows what
/// The engine told of something that happened to a container with our name or labels. A look
/// follows only where that is not what the model says anyway: each of the user's own commands makes
/// the engine tell of it, and a look after each would hold up the next command.
struct news_heard {
  std::string id;                         ///< of the container that it happened to
  std::optional<container_state> implies; ///< the state it leads to; nothing: only a look can tell

  friend bool operator==(const news_heard&, const news_heard&) = default;
};
struct retry_due {}; ///< the pause that `pause_then_retry` asked for is over

using event =
    std::variant<create_wanted, start_wanted, stop_wanted, delete_wanted, image_pulled,
                 ports_reserved, ports_refused, container_created, files_installed,
                 container_started, ssh_answered, ssh_silent, container_unpaused, container_stopped,
                 container_removed, call_failed, container_observed, container_absent,
                 deadline_passed, shutdown_begun, engine_lost, look_wanted, news_heard, retry_due>;

// ---- actions
// ----------------------------------------------------------------------------------------------------------------

struct pull_image {
  std::string image;
};
struct reserve_ports {
  std::optional<std::uint16_t> hint;
};
struct release_ports {};
struct adopt_ports {
  port_block block;
};
struct quarantine_ports {
  port_block block;
}; ///< the engine says that it is taken: release it and keep out for a while
struct create_container {
  std::string op_id;
  std::string image;
  port_block block;
};
struct install_files {
  std::string id;
};
struct start_container {
  std::string id;
};
struct await_ssh {
  port_block block;
};
struct unpause_container {
  std::string id;
};
struct stop_container {
  std::string id;
};
struct remove_container {
  std::string id;
};
/// Inspect by name and feed back container_observed, container_absent or call_failed.
struct look_again {};
struct pause_then_retry {};
struct answer {
  std::optional<error> failure;        ///< nothing: success
  std::string message;                 ///< of a success
  std::optional<container_facts> data; ///< what to tell of the container, as it was at that moment
};

using action =
    std::variant<pull_image, reserve_ports, release_ports, adopt_ports, quarantine_ports,
                 create_container, install_files, start_container, await_ssh, unpause_container,
                 stop_container, remove_container, look_again, pause_then_retry, answer>;

// ---- the model
// --------------------------------------------------------------------------------------------------------------

/// What the model waits for.
enum class step {
  idle,
  pulling,
  reserving,
  creating,
  installing,
  first_start,
  awaiting_ssh,
  next_block,       ///< removing the container whose port was taken, to try the next block
  rolling_back,     ///< removing what a failed create left
  finding_leftover, ///< a create call was lost: looking whether it left a container
  finding_owner,    ///< the name is taken: looking whose it is
  starting,
  unpausing,
  stopping,
  removing,
  remove_again, ///< a removal is in progress at the engine: waiting for its end
  looking,
};

[[nodiscard]] std::string_view to_string(step s);

enum class command_kind { create, start, stop, remove };

struct operation {
  command_kind kind = command_kind::create;
  std::string op_id;
  std::string image;
  std::optional<std::uint16_t> hint;
  int blocks_tried = 0;
  int name_conflicts = 0; ///< how often the name was taken and nothing was found to have it
  bool pulled = false;
  bool answered = false;
  std::optional<error> failure; ///< why the create is being rolled back
};

struct model {
  container_state state = container_state::absent;
  container_facts facts;
  step at = step::idle;
  std::optional<operation> op;
  bool look_needed = false; ///< while busy: look when it is over
  /// The last that was heard while busy. The engine tells in the order in which things happened, so
  /// only the last counts.
  std::optional<news_heard> news;
  /// A create that was answered as failed while what it left could not be removed: removed as soon
  /// as it is seen again.
  std::string doomed_op;

  [[nodiscard]] bool busy() const { return at != step::idle; }
};

struct policy {
  pull_policy pull = pull_policy::missing;
  bool wait_for_ssh = true;
  int max_blocks = 8;
};

struct transition {
  model next;
  std::vector<action> actions;
};

/// The one decision. Total: an event that means nothing in this step changes nothing. Commands are
/// only fed while not busy.
[[nodiscard]] transition advance(model now, const event& what, const policy& rules);

} // namespace dockhost::lifecycle
