// SPDX-License-Identifier: MIT
#include "actors/node/watch_actor.hpp"

#include "core/labels.hpp"
#include "core/username.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace dockhost::actors {

namespace {

using namespace std::chrono_literals;
using docker::engine_error;
using platform::log_level;

constexpr auto request_slack = 10s;
constexpr auto foreign_pause =
    1'000ms; ///< a burst of events of others' containers costs one relist
constexpr auto first_patience =
    2s; ///< how long the first listing waits for looks at others' containers
constexpr auto stream_pause = 250ms; ///< before a lost event stream is opened again
constexpr auto events_overlap =
    5s; ///< the stream is opened before it is subscribed: look back a little
constexpr std::array actions = {"create",  "start",   "die",    "stop",    "pause",
                                "unpause", "destroy", "rename", "restart", "oom"};
constexpr std::array port_actions = {"create", "start", "destroy"};

template <class List>
bool contains(const List& list, const std::string& word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

/// Whether it takes a port that a block could want: those are TCP's.
bool is_rival(const docker::port_binding& p) {
  return p.host_port != 0 && p.protocol == "tcp";
}

container_view to_view(const docker::container_summary& c) {
  auto view = view_from_labels(c.labels);
  view.id = c.id;
  view.name = c.name;
  view.image = c.image;
  view.state = state_from_engine(c.status);
  view.created = iso_time(c.created_unix);
  view.started = c.started;
  return view;
}

} // namespace

watch_state::watch_state(self_ptr self) : self_(self) {}

watch_actor::behavior_type watch_state::behave(environment_ptr env, docker_actor docker,
                                               ports_actor ports, fleet_actor fleet) {
  quiet_defaults(self_, name);
  env_ = std::move(env);
  count_while_alive(self_, env_->metrics, actor_kind::watch);
  docker_ = std::move(docker);
  ports_ = std::move(ports);
  fleet_ = std::move(fleet);
  self_->set_down_handler([this](caf::scheduled_actor*, caf::down_msg& down) {
    std::erase_if(viewers_, [&down](const auto& who) { return who.address() == down.source; });
  });
  self_->send(docker_, subscribe_health{watch_actor(self_)});
  return {
      [this](const docker::container_event& e) { heard(e); },
      [this](const event_stream_ended& e) {
        if (!reachable_) return;
        platform::log(log_level::debug, name, "engine.events_lost",
                      "the engine's event stream ended", {{"reason", e.why}});
        env_->metrics->event_streams_lost.add();
        stream_lost_ = true;
        relist_soon(stream_pause);
      },
      [this](const engine_health& h) { health_changed(h); },
      [this](const subscribe_engine_view& s) { subscribed(s.who); },
      [this](const relist_due& due) {
        if (due.generation != generation_) return;
        relist_at_.reset();
        relist();
      },
  };
}

void watch_state::health_changed(const engine_health& h) {
  if (std::exchange(reachable_, h.reachable) == h.reachable || !h.reachable) return;
  failures_ = 0;
  stream_lost_ = true;
  relist();
}

void watch_state::open_stream() {
  const auto since =
      std::chrono::nanoseconds(std::chrono::milliseconds(env_->unix_ms())) - events_overlap;
  self_->send(docker_, open_events{since.count(), event_sink_actor(watch_actor(self_))});
}

void watch_state::heard(const docker::container_event& e) {
  if (!contains(actions, e.action)) return;
  if (const auto state = state_after_event(e.action)) audit_.heard(e.id, *state);
  if (const auto owner = owner_of(e.attributes, env_->node_id)) {
    self_->send(fleet_, container_event_heard{*owner, e.id, state_after_event(e.action)});
    return;
  }
  for (const auto& who : viewers_)
    self_->send(who, e);
  if (contains(port_actions, e.action)) relist_soon(foreign_pause);
}

void watch_state::subscribed(const engine_view_actor& who) {
  self_->monitor(who);
  viewers_.push_back(who);
  // One that is on its way is told to everybody.
  if (told_ && !listing_) relist();
}

void watch_state::relist_soon(std::chrono::milliseconds pause) {
  // The earlier of two wishes counts: steady news of others' containers must not put the relist off
  // for ever.
  const auto at = self_->clock().now() + pause;
  if (relist_at_ && *relist_at_ <= at) return;
  relist_at_ = at;
  self_->delayed_send(self_, pause, relist_due{++generation_});
}

void watch_state::relist() {
  if (!reachable_) return;
  if (listing_) {
    again_ = true;
    return;
  }
  // The stream first: what happens after the listing was taken must be heard of.
  if (std::exchange(stream_lost_, false)) open_stream();
  listing_ = true;
  audit_.asked();
  const auto taken = self_->clock().now();
  const auto taken_unix_nano =
      std::chrono::nanoseconds(std::chrono::milliseconds(env_->unix_ms())).count();
  const auto timeout = env_->config.engine.list_timeout;
  const auto failed = [this](const std::string& why) {
    listing_ = false;
    platform::log(log_level::warn, name, "engine.list_failed",
                  "the engine's containers could not be listed", {{"reason", why}});
    self_->send(fleet_, fleet_not_listed{why});
    failures_ = std::min(failures_ + 1, 6);
    relist_soon(std::chrono::milliseconds(
        static_cast<std::int64_t>((0.5 + env_->uniform()) * 500.0 * (1 << failures_))));
  };
  self_->request(docker_, timeout + request_slack, engine_call{{}, op_list{}, timeout})
      .then(
          [this, taken, taken_unix_nano, failed](const engine_answer& answer) {
            if (const auto* e = std::get_if<engine_error>(&answer.value)) return failed(e->message);
            listing_ = false;
            failures_ = 0;
            if (const auto* all =
                    std::get_if<std::vector<docker::container_summary>>(&answer.value)) {
              audit(*all);
              tell_view(*all, taken, taken_unix_nano);
              listed(*all, taken);
            }
            const auto interval = env_->config.engine.relist_interval;
            if (std::exchange(again_, false)) {
              relist();
            } else {
              relist_soon(std::chrono::milliseconds(static_cast<std::int64_t>(
                  static_cast<double>(interval.count()) * (0.8 + 0.4 * env_->uniform()))));
            }
          },
          [failed](const caf::error& e) { failed(caf::to_string(e)); });
}

void watch_state::listed(const std::vector<docker::container_summary>& all,
                         std::chrono::steady_clock::time_point taken) {
  std::map<std::string, container_view> ours;
  for (const auto& c : all) {
    const auto owner = owner_of(c.labels, env_->node_id);
    if (!owner) continue;
    auto view = to_view(c);
    const auto expected = container_name(env_->config.containers.name_prefix, *owner, env_->sha256);
    const auto [it, fresh] = ours.try_emplace(*owner, view);
    if (fresh) continue;
    platform::log(log_level::warn, name, "fleet.duplicate",
                  "two containers are labelled as the same user's",
                  {{"user", *owner}, {"kept", expected}});
    if (view.name == expected) it->second = std::move(view);
  }
  learn_foreign(all);
  fleet_listed told;
  told.taken = taken;
  for (auto& [owner, view] : ours)
    told.containers.push_back(std::move(view));
  tell_foreign_ports();
  if (std::exchange(first_, false) && inspecting_) {
    // Nothing is created before the ports of others' stopped containers are known, but a container
    // that hangs must not hold the node up: the next listing goes through in any case.
    held_back_ = true;
    return relist_soon(first_patience);
  }
  held_back_ = false;
  self_->send(fleet_, std::move(told));
}

void watch_state::audit(const std::vector<docker::container_summary>& all) {
  std::map<std::string, container_state> states;
  for (const auto& c : all)
    states.emplace(c.id, state_from_engine(c.status));
  const auto missed = audit_.listed(states);
  if (missed == 0) return;
  env_->metrics->events_missed.add(missed);
  platform::log(log_level::info, name, "engine.events_missed",
                "a listing has shown what the engine's events did not tell",
                {{"count", std::to_string(missed)}});
}

void watch_state::learn_foreign(const std::vector<docker::container_summary>& all) {
  std::set<std::string> present;
  to_inspect_.clear();
  for (const auto& c : all) {
    if (owner_of(c.labels, env_->node_id)) continue;
    present.insert(c.id);
    auto& ports = foreign_[c.id];
    for (const auto& p : c.ports) {
      if (is_rival(p)) ports.insert(p.host_port);
    }
    const bool shows_its_ports = c.status == "running" || c.status == "paused";
    if (!shows_its_ports && !inspected_.contains(c.id)) to_inspect_.push_back(c.id);
  }
  std::erase_if(foreign_, [&present](const auto& entry) { return !present.contains(entry.first); });
  std::erase_if(inspected_, [&present](const auto& id) { return !present.contains(id); });
  inspect_next_foreign();
}

void watch_state::inspect_next_foreign() {
  if (inspecting_ || to_inspect_.empty()) return;
  inspecting_ = true;
  const auto id = to_inspect_.front();
  to_inspect_.pop_front();
  const auto timeout = env_->config.engine.inspect_timeout;
  const auto go_on = [this] {
    inspecting_ = false;
    if (to_inspect_.empty()) {
      tell_foreign_ports();
      if (std::exchange(held_back_, false)) relist();
    }
    inspect_next_foreign();
  };
  self_->request(docker_, timeout + request_slack, engine_call{{}, op_inspect{id}, timeout})
      .then(
          [this, id, go_on](const engine_answer& answer) {
            if (const auto* details = std::get_if<docker::container_details>(&answer.value)) {
              for (const auto& p : details->configured_ports) {
                if (is_rival(p)) foreign_[id].insert(p.host_port);
              }
              inspected_.insert(id);
            }
            go_on();
          },
          [go_on](const caf::error&) { go_on(); });
}

void watch_state::tell_foreign_ports() {
  foreign_ports_listed told;
  for (const auto& [id, ports] : foreign_)
    told.ports.insert(ports.begin(), ports.end());
  self_->send(ports_, std::move(told));
}

void watch_state::tell_view(const std::vector<docker::container_summary>& all,
                            std::chrono::steady_clock::time_point taken,
                            std::int64_t taken_unix_nano) {
  told_ = true;
  if (viewers_.empty()) return;
  auto foreign = std::make_shared<std::vector<docker::container_summary>>();
  for (const auto& c : all) {
    if (!owner_of(c.labels, env_->node_id)) foreign->push_back(c);
  }
  const engine_listed told{std::move(foreign), taken, taken_unix_nano};
  for (const auto& who : viewers_)
    self_->send(who, told);
}

watch_actor::behavior_type watch_behavior(self_pointer<watch_actor, watch_state> self,
                                          environment_ptr env, docker_actor docker,
                                          ports_actor ports, fleet_actor fleet) {
  return self->state.behave(std::move(env), std::move(docker), std::move(ports), std::move(fleet));
}

} // namespace dockhost::actors
