// SPDX-License-Identifier: MIT
// The live actor's topics: what each client is told without asking again (PROTOCOL part 2,
// `subscribe` and `unsubscribe`). A field that is absent stays as it was; who leaves a topic leaves
// what was asked for with it.
#include "actors/live/live_actor.hpp"

#include <algorithm>
#include <utility>

namespace dockhost::actors {

namespace {

using namespace std::chrono_literals;

constexpr auto default_heartbeat = 15s;
constexpr auto default_stats = 1s;

std::set<std::string> ids_of(const std::vector<stats_container>& named) {
  std::set<std::string> out;
  for (const auto& each : named)
    out.insert(each.id);
  return out;
}

} // namespace

void live_state::run(const std::string& id, client& c, client_request& r,
                     const protocol::subscribe_request& what) {
  auto named = look_up_all(c, r, what.containers);
  if (!named) return;
  const bool missed = what.topics.state && subscribe_states(c, what, *named);
  if (what.topics.stats) subscribe_stats_of(id, c, what, std::move(*named));
  if (what.topics.heartbeat) {
    const std::chrono::milliseconds before = c.topics.heartbeat ? c.heartbeat : default_heartbeat;
    c.topics.heartbeat = true;
    c.heartbeat = what.interval.value_or(before);
    c.next_heartbeat = self_->clock().now() + c.heartbeat;
    plan(id, c);
  }
  r.ack({json::object{{"status", "subscribed"}}});
  if (missed) tell_whole(c);
  if (what.topics.node) {
    c.topics.node = true;
    auto now = node_now();
    emit(c, "node_state", protocol::encode_node_state(now));
    // The others are told of this change in a moment: so also of one that takes it back until then.
    if (node_told_ != now) node_told_.reset();
  }
}

void live_state::run(const std::string& id, client& c, client_request& r,
                     const protocol::unsubscribe_request& what) {
  const auto named = look_up_all(c, r, what.containers);
  if (!named) return;
  std::optional<std::set<std::string>> left;
  if (what.containers) left = ids_of(*named);
  if (what.topics.state && c.topics.state) unsubscribe_states(c, left);
  if (what.topics.stats && c.topics.stats) unsubscribe_stats_of(id, c, left);
  if (what.topics.node) c.topics.node = false;
  if (what.topics.heartbeat) {
    c.topics.heartbeat = false;
    c.heartbeat = 0ms;
    plan(id, c);
  }
  r.ack({json::object{{"status", "unsubscribed"}}});
}

/// Of a choice of all containers only those need be remembered as left that still exist.
void live_state::leave(container_choice& from, const std::set<std::string>& left) const {
  from.leave(left, [this](const std::string& id) { return !directory_.all().contains(id); });
}

// ---- states

/// True: it must be told the whole, for it has missed something of what it wants now.
bool live_state::subscribe_states(client& c, const protocol::subscribe_request& what,
                                  const std::vector<stats_container>& named) {
  flush(c.batch);
  if (what.batch) flush(*what.batch);
  const auto before = c.topics.state ? c.states : container_choice::only({});
  c.topics.state = true;
  if (what.all) c.states = {};
  if (what.containers) c.states = container_choice::only(ids_of(named));
  if (what.batch) c.batch = *what.batch;
  return c.told && !c.states.within(before);
}

void live_state::unsubscribe_states(client& c, const std::optional<std::set<std::string>>& left) {
  flush(c.batch);
  if (left) leave(c.states, *left);
  if (left && !c.states.nothing()) return;
  c.topics.state = false;
  c.states = {};
  c.batch = 0ms;
}

// ---- stats

void live_state::subscribe_stats_of(const std::string& id, client& c,
                                    const protocol::subscribe_request& what,
                                    std::vector<stats_container> named) {
  const std::chrono::milliseconds before = c.topics.stats ? c.stats_interval : default_stats;
  c.stats_interval = what.interval.value_or(before);
  c.topics.stats = true;
  if (what.all) c.stats = {};
  if (what.containers) {
    c.stats = container_choice::only(ids_of(named));
    c.stats_of = std::move(named);
  }
  tell_stats(id, c);
}

void live_state::unsubscribe_stats_of(const std::string& id, client& c,
                                      const std::optional<std::set<std::string>>& left) {
  if (left) leave(c.stats, *left);
  if (left && !c.stats.nothing()) {
    std::erase_if(c.stats_of, [&](const auto& each) { return !c.stats.contains(each.id); });
    return tell_stats(id, c);
  }
  c.topics.stats = false;
  c.stats = {};
  c.stats_of.clear();
  self_->send(stats_, unsubscribe_stats{id});
}

std::vector<stats_container> live_state::shown_stats(const client& c) const {
  std::vector<stats_container> out;
  for (const auto& [container, entry] : directory_.all()) {
    if (shows(c, entry) && c.stats.contains(container)) out.push_back({container, container});
  }
  return out;
}

void live_state::tell_stats(const std::string& id, client& c) {
  std::optional<std::vector<stats_container>> which;
  if (c.server || !c.stats.everything()) {
    if (c.stats.open()) c.stats_of = shown_stats(c);
    which = c.stats_of;
  }
  self_->send(stats_, subscribe_stats{id, c.stats_interval, std::move(which), c.outlet});
}

/// The stats actor knows nothing of owners, nor of all but some: it is told anew when there are
/// others.
void live_state::follow_shown(const std::string& id, client& c) {
  if (!c.topics.stats || !c.stats.open() || (!c.server && c.stats.everything())) return;
  const auto same = [](const auto& a, const auto& b) { return a.id == b.id; };
  if (!std::ranges::equal(shown_stats(c), c.stats_of, same)) tell_stats(id, c);
}

} // namespace dockhost::actors
