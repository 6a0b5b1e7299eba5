// SPDX-License-Identifier: MIT
#include "actors/live/live_actor.hpp"

#include "actors/live/log_hub_actor.hpp"
#include "actors/live/stats_actor.hpp"

#include <utility>

namespace dockhost::actors {

namespace {

using namespace std::chrono_literals;
using platform::log_level;

constexpr auto inventory_slack = 10s;
constexpr auto inventory_retry = 1s;
constexpr auto listen_retry = 5s;
constexpr std::size_t max_early = 100'000;

} // namespace

live_state::live_state(self_ptr self) : self_(self) {}

live_state::~live_state() {
  for (const auto& each : downloads_)
    end_now(each, caf::exit_reason::kill);
  if (logs_) end_now(logs_, caf::exit_reason::kill);
  if (stats_) end_now(stats_, caf::exit_reason::kill);
}

live_actor::behavior_type live_state::behave(environment_ptr env, docker_actor docker,
                                             ports_actor ports, fleet_actor fleet,
                                             watch_actor watch) {
  quiet_defaults(self_, name);
  env_ = std::move(env);
  count_while_alive(self_, env_->metrics, actor_kind::live);
  docker_ = std::move(docker);
  ports_ = std::move(ports);
  fleet_ = std::move(fleet);
  const live_actor me(self_);
  self_->send(docker_, subscribe_health{me});
  self_->send(fleet_, subscribe_inventory{me});
  if (!env_->config.live.managed_only) self_->send(watch, subscribe_engine_view{me});
  foreign_known_ = env_->config.live.managed_only;
  logs_ = self_->spawn(log_hub_behavior, env_, docker_);
  stats_ = self_->spawn(stats_behavior, env_, docker_, stats_reader_factory());
  // Without one of them browsers would wait for ever: all begin anew, and come back by themselves.
  self_->set_down_handler([this](caf::scheduled_actor*, caf::down_msg& down) {
    if (!download_over(down.source)) self_->quit(caf::sec::runtime_error);
  });
  self_->monitor(logs_);
  self_->monitor(stats_);
  ask_for_inventory();
  open_server();
  return {
      [this](client_joined& j) { joined(std::move(j.who)); },
      [this](const server_joined& j) { server_came(j); },
      [this](const client_gone& g) { gone(g.client); },
      [this](const client_drained& d) { drained(d.client); },
      [this](const clients_behind& b) {
        for (const auto& id : b.clients) {
          if (const auto it = clients_.find(id); it != clients_.end()) it->second.behind = true;
        }
      },
      [this](client_request& r) { requested(r); },
      [this](page_request& r) { page(r); },
      [this](log_page_request& r) { download(r); },
      [this](const container_changed& c) { own_changed(c); },
      [this](const engine_listed& l) {
        container_changes changes;
        const auto doubtful =
            directory_.foreign_listed(*l.foreign, l.taken, l.taken_unix_nano, changes);
        foreign_known_ = true;
        publish(changes);
        for (const auto& id : doubtful)
          look_at(id);
        became_ready();
      },
      [this](const docker::container_event& e) { heard(e); },
      [this](const engine_health& h) { health_changed(h); },
      [this](const server_link_changed& s) {
        main_server_ = s.state;
        node_changed(true);
      },
      [this](const command_outcome& outcome) { finished(outcome); },
      [this](const live_due& d) {
        if (d.generation == due_generation_) run_due();
      },
      [this](const live_batch_due& d) { flush(d.batch); },
      [this](live_listen_due) { open_server(); },
      [this](live_inventory_due) { ask_for_inventory(); },
      [this](live_shut) {
        for (auto& each : std::exchange(closing_, {}))
          each.deliver(live_closed{});
      },
      [this](close_live) -> caf::result<live_closed> {
        closed_ = true;
        if (!server_) return live_closed{};
        closing_.push_back(self_->make_response_promise<live_closed>());
        const live_actor to(self_);
        server_->close([to] { caf::anon_send(to, live_shut{}); });
        return caf::delegated<live_closed>{};
      },
  };
}

// ---- the server

void live_state::open_server() {
  if (env_->io == nullptr || !env_->open_door || closed_) return;
  const live_actor me(self_);
  if (!server_) {
    live_server_handlers handlers;
    handlers.on_joined = [me](live_client who) {
      caf::anon_send(me, client_joined{std::move(who)});
    };
    handlers.on_gone = [me](std::string id) { caf::anon_send(me, client_gone{std::move(id)}); };
    handlers.on_drained = [me](std::string id) {
      caf::anon_send(me, client_drained{std::move(id)});
    };
    handlers.on_request = [me](client_request r) { caf::anon_send(me, std::move(r)); };
    handlers.on_page = [me](page_request r) { caf::anon_send(me, std::move(r)); };
    handlers.on_log = [me](log_page_request r) { caf::anon_send(me, std::move(r)); };
    server_ = std::make_unique<live_server>(env_, std::move(handlers));
  }
  if (const auto why = server_->listen()) {
    platform::log(log_level::error, name, "live.unavailable",
                  "the live view can't be served: " + *why + "; trying again");
    self_->delayed_send(self_, listen_retry, live_listen_due{});
  }
}

// ---- our containers

void live_state::ask_for_inventory() {
  const auto timeout = env_->config.engine.list_timeout + inventory_slack;
  self_->request(fleet_, timeout, get_inventory{})
      .then([this](const inventory_answer& answer) { own_listed(*answer.all); },
            [this](const caf::error&) {
              // A fleet that is gone says so at once.
              self_->delayed_send(self_, inventory_retry, live_inventory_due{});
            });
}

void live_state::own_listed(const inventory& all) {
  if (!all.loaded) { // the engine has not been reached yet
    self_->delayed_send(self_, inventory_retry, live_inventory_due{});
    return;
  }
  container_changes changes;
  directory_.own_listed(all, changes);
  own_version_ = all.version;
  own_known_ = true;
  for (const auto& c : std::exchange(early_, {})) {
    if (c.version > own_version_) directory_.own_changed(c.view, changes);
  }
  publish(changes);
  became_ready();
}

void live_state::own_changed(const container_changed& c) {
  if (!own_known_) {
    if (early_.size() < max_early) early_.push_back(c);
    return;
  }
  if (c.version <= own_version_) return;
  container_changes changes;
  directory_.own_changed(c.view, changes);
  publish(changes);
}

// ---- the engine

void live_state::health_changed(const engine_health& h) {
  const bool lost = health_ && health_->reachable && !h.reachable;
  health_ = h;
  if (lost) {
    container_changes changes;
    directory_.engine_lost(changes);
    publish(changes);
  }
  became_ready();
  node_changed(true);
}

void live_state::heard(const docker::container_event& e) {
  container_changes changes;
  const bool look = directory_.heard(e, self_->clock().now(), changes);
  publish(changes);
  if (look) look_at(e.id);
}

/// At most one look at a container at a time.
void live_state::look_at(const std::string& id) {
  if (!looking_.insert(id).second) {
    look_again_.insert(id);
    return;
  }
  const auto asked = self_->clock().now();
  const auto asked_nano =
      std::chrono::nanoseconds(std::chrono::milliseconds(env_->unix_ms())).count();
  const auto timeout = env_->config.engine.inspect_timeout;
  const auto done = [this, id](bool again) {
    looking_.erase(id);
    if (look_again_.erase(id) + (again ? 1U : 0U) != 0U) look_at(id);
  };
  self_->request(docker_, timeout + inventory_slack, engine_call{{}, op_inspect{id}, timeout})
      .then(
          [this, asked, asked_nano, done](const engine_answer& answer) {
            bool again = false;
            if (const auto* details = std::get_if<docker::container_details>(&answer.value)) {
              container_changes changes;
              again = directory_.looked(*details, asked, asked_nano, changes);
              publish(changes);
            }
            done(again);
          },
          [done](const caf::error&) { done(false); });
}

// ---- whether there is something to show

/// Whether a container that is not in the directory does not exist.
bool live_state::known() const {
  return own_known_ && foreign_known_;
}

/// Where the engine can't be reached at the start, browsers are told of what there is, nothing, and
/// later of each container as it is found.
bool live_state::ready() const {
  return known() || (health_ && !health_->reachable);
}

/// Those who came before anything was known.
void live_state::became_ready() {
  if (!ready()) return;
  for (auto& [id, c] : clients_) {
    if (!c.told && !c.server) tell_whole(c);
  }
}

live_actor::behavior_type live_behavior(self_pointer<live_actor, live_state> self,
                                        environment_ptr env, docker_actor docker, ports_actor ports,
                                        fleet_actor fleet, watch_actor watch) {
  return self->state.behave(std::move(env), std::move(docker), std::move(ports), std::move(fleet),
                            std::move(watch));
}

} // namespace dockhost::actors
