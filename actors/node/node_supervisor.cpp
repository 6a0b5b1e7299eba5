// SPDX-License-Identifier: MIT
#include "actors/node/node_supervisor.hpp"

#include "actors/live/live_actor.hpp"
#include "actors/node/connection_actor.hpp"
#include "actors/node/docker_actor.hpp"
#include "actors/node/fleet_actor.hpp"
#include "actors/node/journal_actor.hpp"
#include "actors/node/ports_actor.hpp"
#include "actors/node/router_actor.hpp"
#include "actors/node/watch_actor.hpp"

#include <algorithm>
#include <utility>

namespace dockhost::actors {

namespace {

using namespace std::chrono_literals;
using platform::log_level;

constexpr std::size_t max_restarts = 5;
constexpr auto restart_window = 30s;
constexpr auto close_timeout = 5s;
constexpr auto browsers_timeout = 1'500ms; ///< net drops them after a second
constexpr auto describe_timeout = 2s;
constexpr auto end_timeout = 500ms; ///< for the journal, whose disk may hang

} // namespace

node_supervisor_state::node_supervisor_state(self_ptr self) : self_(self) {}

node_supervisor_state::~node_supervisor_state() {
  for (std::size_t i = count; i-- > 0;)
    end_child(i, caf::exit_reason::kill);
}

node_supervisor_actor::behavior_type
node_supervisor_state::behave(environment_ptr env, std::shared_ptr<store::journal> opened) {
  quiet_defaults(self_, name);
  env_ = std::move(env);
  count_while_alive(self_, env_->metrics, actor_kind::supervisor);
  store_ = std::move(opened);
  self_->set_down_handler([this](caf::scheduled_actor*, caf::down_msg& down) { child_down(down); });
  start_from(0);
  return {
      [this](stop_node) { stop(); },
      [this](end_due) { leave_the_journal(); },
      [this](describe_tree) -> caf::result<tree_text> {
        auto promise = self_->make_response_promise<tree_text>();
        describe(promise);
        return caf::delegated<tree_text>{};
      },
      [this](const key_changed& k) { self_->send(connection_, k); },
      [this](const kill_actor& k) { kill(k); },
  };
}

// ---- start
// ----------------------------------------------------------------------------------------------------------------------

void node_supervisor_state::start_from(std::size_t first) {
  for (std::size_t i = first; i < count; ++i)
    start(i);
}

template <class Handle>
void node_supervisor_state::started(std::size_t which, const Handle& handle) {
  addresses_[which] = handle.address();
  // The address alone would not keep the actor from being destroyed while it is being ended.
  enders_[which] = [handle](caf::exit_reason why) { end_now(handle, why); };
  alive_[which] = true;
  self_->monitor(handle);
}

void node_supervisor_state::start(std::size_t which) {
  switch (which) {
  case journal:
    journal_ = self_->spawn<caf::detached>(journal_behavior, env_, store_);
    return started(which, journal_);
  case docker: docker_ = self_->spawn(docker_behavior, env_); return started(which, docker_);
  case ports: ports_ = self_->spawn(ports_behavior, env_, journal_); return started(which, ports_);
  case fleet:
    fleet_ = self_->spawn(fleet_behavior, env_, docker_, ports_);
    return started(which, fleet_);
  case watch:
    watch_ = self_->spawn(watch_behavior, env_, docker_, ports_, fleet_);
    return started(which, watch_);
  case router:
    router_ = self_->spawn(router_behavior, env_, journal_, fleet_);
    return started(which, router_);
  case live:
    live_ = self_->spawn(live_behavior, env_, docker_, ports_, fleet_, watch_);
    return started(which, live_);
  case connection:
    connection_ = self_->spawn(connection_behavior, env_, fleet_, router_, live_);
    self_->send(connection_, subscribe_server_link{live_});
    return started(which, connection_);
  case count: return;
  }
}

// ---- restart
// --------------------------------------------------------------------------------------------------------------------

void node_supervisor_state::end_child(std::size_t which, caf::exit_reason why) {
  if (alive_[which] && enders_[which]) enders_[which](why);
}

void node_supervisor_state::child_down(const caf::down_msg& down) {
  const auto it = std::find(addresses_.begin(), addresses_.end(), down.source);
  if (it == addresses_.end()) return;
  const auto which = static_cast<std::size_t>(it - addresses_.begin());
  alive_[which] = false;
  enders_[which] = nullptr;
  const bool all_down = std::none_of(alive_.begin(), alive_.end(), [](bool a) { return a; });
  if (ending_) {
    if (all_down) self_->quit(caf::exit_reason::normal);
    return;
  }
  // What the fleet's creates had reserved dies with it: the registry is rebuilt from the engine,
  // too.
  const auto first = which == fleet ? static_cast<std::size_t>(ports) : which;
  if (!restart_from_ || first < *restart_from_) {
    platform::log(log_level::error, name, "actor.restarted",
                  "an actor ended; it and its later siblings start anew",
                  {{"actor", names[which]}, {"reason", caf::to_string(down.reason)}});
    const auto now = self_->clock().now();
    restarts_.push_back(now);
    while (now - restarts_.front() > restart_window)
      restarts_.pop_front();
    if (restarts_.size() > max_restarts) {
      platform::log(log_level::error, name, "node.giving_up",
                    "actors end again and again; the node ends");
      self_->quit(caf::sec::runtime_error);
      return;
    }
    restart_from_ = first;
    for (std::size_t i = count; i-- > first;)
      end_child(i, caf::exit_reason::kill);
  }
  const auto later_alive = std::any_of(alive_.begin() + static_cast<std::ptrdiff_t>(*restart_from_),
                                       alive_.end(), [](bool a) { return a; });
  if (later_alive) return;
  const auto from = *std::exchange(restart_from_, std::nullopt);
  if (stopping_) return end_all();
  start_from(from);
}

// ---- stop
// -----------------------------------------------------------------------------------------------------------------------

void node_supervisor_state::stop() {
  if (std::exchange(stopping_, true)) return;
  platform::log(log_level::info, name, "node.stopping", "finishing what runs, then closing");
  // Browsers are let go first, and at once: what is left may take a while.
  let_browsers_go();
  if (!alive_[router]) return end_all();
  self_->request(router_, env_->config.deadlines.shutdown, begin_shutdown{})
      .then([this](drained) { close_link(); },
            [this](const caf::error& e) {
              platform::log(log_level::warn, name, "node.not_drained",
                            "not everything finished in time", {{"reason", caf::to_string(e)}});
              close_link();
            });
}

void node_supervisor_state::close_link() {
  if (!alive_[connection]) return end_all();
  self_->request(connection_, close_timeout, close_connection{})
      .then([this](connection_closed) { end_all(); }, [this](const caf::error&) { end_all(); });
}

void node_supervisor_state::let_browsers_go() {
  if (!alive_[live]) return;
  browsers_ = true;
  const auto gone = [this] {
    browsers_ = false;
    if (std::exchange(end_after_browsers_, false)) end_all();
  };
  self_->request(live_, browsers_timeout, close_live{})
      .then([gone](live_closed) { gone(); }, [gone](const caf::error&) { gone(); });
}

void node_supervisor_state::end_all() {
  if (browsers_) {
    end_after_browsers_ = true;
    return;
  }
  if (std::exchange(ending_, true)) return;
  bool any = false;
  for (std::size_t i = count; i-- > 0;) {
    any = any || alive_[i];
    end_child(i, caf::exit_reason::user_shutdown);
  }
  if (!any) return self_->quit(caf::exit_reason::normal);
  self_->delayed_send(self_, end_timeout, end_due{});
}

/// Its thread can't be ended while SQLite holds it: whoever started the node must then end the
/// process without waiting for it.
void node_supervisor_state::leave_the_journal() {
  const bool others =
      std::any_of(alive_.begin() + journal + 1, alive_.end(), [](bool a) { return a; });
  if (others) return self_->delayed_send(self_, end_timeout, end_due{});
  platform::log(log_level::error, name, "journal.stuck", "the request journal does not end");
  self_->quit(caf::sec::request_timeout);
}

// ---- for people and tests
// -------------------------------------------------------------------------------------------------------

void node_supervisor_state::describe(caf::typed_response_promise<tree_text> promise) {
  std::string text = "node\n";
  for (std::size_t i = 0; i < count; ++i) {
    text += std::string("  ") + std::to_string(i + 1) + " " + names[i] +
            (alive_[i] ? "" : " (down)") + "\n";
  }
  self_->request(fleet_, describe_timeout, get_inventory{})
      .then(
          [promise, text](const inventory_answer& answer) mutable {
            std::string containers;
            for (const auto& view : answer.all->containers) {
              containers +=
                  "      container " + view.name + " " + std::string(to_string(view.state)) + "\n";
            }
            const auto at = text.find("  5 ");
            text.insert(at, containers);
            promise.deliver(tree_text{std::move(text)});
          },
          [promise, text](const caf::error&) mutable {
            promise.deliver(tree_text{std::move(text)});
          });
}

void node_supervisor_state::kill(const kill_actor& k) {
  if (!k.username.empty()) {
    self_->send(fleet_, k);
    return;
  }
  const auto it = std::find(names.begin(), names.end(), k.name);
  if (it != names.end())
    end_child(static_cast<std::size_t>(it - names.begin()), caf::exit_reason::kill);
}

node_supervisor_actor::behavior_type
node_supervisor_behavior(self_pointer<node_supervisor_actor, node_supervisor_state> self,
                         environment_ptr env, std::shared_ptr<store::journal> journal) {
  return self->state.behave(std::move(env), std::move(journal));
}

} // namespace dockhost::actors
