// SPDX-License-Identifier: MIT
#include "actors/node/fleet_actor.hpp"

#include "actors/node/container_actor.hpp"
#include "core/capacity.hpp"
#include "core/username.hpp"

#include <algorithm>
#include <utility>

namespace dockhost::actors {

namespace {

using namespace std::chrono_literals;
using platform::log_level;

constexpr std::size_t max_held = 1'000;
constexpr std::size_t max_told = 256; ///< more than a router has unread in its mailbox when it dies
constexpr std::size_t min_id_prefix = 12;
constexpr std::size_t max_crashes = 5;
constexpr auto crash_window = 10s;
constexpr std::int64_t mebibyte = 1024 * 1024;

} // namespace

fleet_state::fleet_state(self_ptr self) : self_(self) {}

// The container actors live and die with their supervisor, which CAF does not see to by itself.
fleet_state::~fleet_state() {
  for (auto& [username, m] : members_) {
    if (m.actor) end_now(m.actor, caf::exit_reason::kill);
  }
}

fleet_actor::behavior_type fleet_state::behave(environment_ptr env, docker_actor docker,
                                               ports_actor ports) {
  quiet_defaults(self_, name);
  env_ = std::move(env);
  count_while_alive(self_, env_->metrics, actor_kind::fleet);
  docker_ = std::move(docker);
  ports_ = std::move(ports);
  self_->set_down_handler([this](caf::scheduled_actor*, caf::down_msg& down) { child_down(down); });
  self_->send(docker_, subscribe_health{fleet_actor(self_)});
  return {
      [this](execute& request) { accept(request); },
      [this](get_inventory) -> caf::result<inventory_answer> {
        if (loaded_ || (health_known_ && !health_.reachable)) {
          return inventory_answer{std::make_shared<const inventory>(snapshot())};
        }
        // At the start the first relist is a moment away: better a true answer then than an empty
        // one now.
        if (asking_.size() >= max_held) return caf::make_error(caf::sec::runtime_error);
        asking_.push_back(self_->make_response_promise<inventory_answer>());
        return caf::delegated<inventory_answer>{};
      },
      [this](const claim_outcomes& c) { return claim(c); },
      [this](const subscribe_inventory& s) {
        self_->monitor(s.who);
        listeners_.push_back(s.who);
      },
      [this](const container_changed& c) { changed(c); },
      [this](command_outcome& outcome) { finished(outcome); },
      [this](fleet_listed& all) { listed(all); },
      [this](const fleet_not_listed& n) { not_listed(n.why); },
      [this](const container_event_heard& e) {
        // An unknown user's container may be what a create left that was cut off. That one of an
        // unknown user is gone is nothing to look at: mostly our own delete, told of late.
        const bool gone = e.implies == container_state::absent;
        if (!loaded_ || (gone && !members_.contains(e.username))) return;
        self_->send(member_of(e.username).actor, e);
      },
      [this](const engine_health& h) { health_changed(h); },
      [this](begin_shutdown) { shut_down(); },
      [this](const kill_actor& k) { kill(k); },
  };
}

// ---- commands
// -------------------------------------------------------------------------------------------------------------------

void fleet_state::refuse(const execute& request, error why) {
  tell(request.reply_to, command_outcome{request.command.op_id, std::move(why), {}, {}});
}

/// What was in the mailbox of a router when it died is lost to it: the next one claims it here.
void fleet_state::tell(const outcome_sink_actor& who, command_outcome outcome) {
  if (told_.size() >= max_told) told_.pop_front();
  told_.push_back(outcome);
  self_->send(who, std::move(outcome));
}

claimed_outcomes fleet_state::claim(const claim_outcomes& c) {
  claimed_outcomes answer;
  for (const auto& op_id : c.op_ids) {
    if (const auto owner = owner_of_op_.find(op_id); owner != owner_of_op_.end()) {
      members_.at(owner->second).owed[op_id] = c.reply_to;
      answer.owed.insert(op_id);
    }
    for (auto& waiting : held_) {
      if (waiting.request.command.op_id != op_id) continue;
      waiting.request.reply_to = c.reply_to;
      answer.owed.insert(op_id);
    }
    const auto known = std::find_if(told_.begin(), told_.end(), [&op_id](const command_outcome& o) {
      return o.op_id == op_id;
    });
    if (known != told_.end()) self_->send(c.reply_to, *known);
  }
  return answer;
}

void fleet_state::accept(execute& request) {
  if (shutting_down_) return refuse(request, {errc::shutting_down, "the node is shutting down"});
  if (loaded_) return forward(request);
  if (health_known_ && !health_.reachable) {
    return refuse(request, {errc::engine_unavailable,
                            "the container engine can't be reached: " + health_.why});
  }
  if (held_.size() >= max_held)
    return refuse(request, {errc::capacity, "too many requests wait for the engine"});
  held_.push_back({std::move(request), self_->clock().now()});
}

/// What waited for the first relist has the rest of its time; one whose time is over has been
/// answered by the router, and must have no effect any more.
void fleet_state::forward_held() {
  for (auto& [request, since] : std::exchange(held_, {})) {
    const auto waited =
        std::chrono::duration_cast<std::chrono::milliseconds>(self_->clock().now() - since);
    if (waited >= request.command.budget) {
      refuse(request, {errc::timeout, "the containers of this node were not known in time"});
    } else {
      request.command.budget -= waited;
      forward(request);
    }
  }
}

void fleet_state::forward(execute& request) {
  auto& command = request.command;
  if (command.username.empty()) {
    const auto found = find_by_id(command.container_id);
    if (!found)
      return refuse(request, {errc::not_found, "no container of this node has that id or name"});
    command.username = *found;
  }
  auto& m = member_of(command.username);
  if (command.kind == lifecycle::command_kind::create) {
    if (auto refusal = admit(m, command)) {
      refuse(request, std::move(*refusal));
      return retire_if_done(command.username);
    }
    if (m.view.state == container_state::absent && !m.creating) {
      m.creating = true;
      m.create_op = command.op_id;
    }
  }
  owner_of_op_[command.op_id] = command.username;
  m.owed[command.op_id] = request.reply_to;
  self_->send(m.actor, execute{std::move(command), outcome_sink_actor(fleet_actor(self_))});
}

std::optional<std::string> fleet_state::find_by_id(const std::string& wanted) const {
  std::optional<std::string> found;
  for (const auto& [username, m] : members_) {
    if (m.view.id.empty()) continue;
    if (m.view.id == wanted || m.view.name == wanted) return username;
    if (wanted.size() >= min_id_prefix && m.view.id.starts_with(wanted)) {
      if (found) return std::nullopt;
      found = username;
    }
  }
  return found;
}

std::int64_t fleet_state::occupied() const {
  return std::count_if(members_.begin(), members_.end(), [](const auto& entry) {
    return entry.second.creating || entry.second.view.state != container_state::absent;
  });
}

std::optional<error> fleet_state::admit(const member& m, const user_command& command) const {
  // Whoever has a container already gets the documented conflict, not a complaint about room.
  if (m.creating || m.view.state != container_state::absent) return std::nullopt;
  const auto& config = env_->config;
  capacity_readings now;
  now.containers = occupied();
  if (!health_.info.remote) {
    now.free_disk_bytes = env_->disk_free_bytes(health_.info.root_dir);
    now.free_memory_bytes = env_->memory_available_bytes();
  }
  capacity_limits limits;
  limits.max_containers = config.capacity.max_containers;
  limits.min_free_disk_bytes = config.capacity.min_free_disk_mb * mebibyte;
  limits.min_free_memory_bytes = config.capacity.min_free_memory_mb * mebibyte;
  const auto wanted = command.create.memory_mb.value_or(config.containers.memory_mb) * mebibyte;
  const auto admitted = dockhost::admit(now, limits, wanted);
  if (admitted.ok()) return std::nullopt;
  return admitted.err();
}

void fleet_state::finished(command_outcome& outcome) {
  const auto it = owner_of_op_.find(outcome.op_id);
  if (it == owner_of_op_.end()) return;
  const auto username = it->second;
  owner_of_op_.erase(it);
  auto& m = members_.at(username);
  if (m.create_op == outcome.op_id) m.creating = false;
  const auto waiting = m.owed.extract(outcome.op_id);
  if (!waiting.empty()) tell(waiting.mapped(), std::move(outcome));
  retire_if_done(username);
}

// ---- the members
// ----------------------------------------------------------------------------------------------------------------

fleet_state::member& fleet_state::member_of(const std::string& username) {
  auto& m = members_[username];
  if (!m.actor) {
    m.view.username = username;
    m.view.name = container_name(env_->config.containers.name_prefix, username, env_->sha256);
    spawn(m, username);
  }
  return m;
}

void fleet_state::spawn(member& m, const std::string& username) {
  m.actor = self_->spawn(container_behavior, env_, docker_, ports_,
                         inventory_listener_actor(fleet_actor(self_)), username);
  self_->monitor(m.actor);
  if (health_known_) self_->send(m.actor, health_);
}

/// A user without a container and without a running command needs no actor.
void fleet_state::retire_if_done(const std::string& username) {
  const auto it = members_.find(username);
  if (it == members_.end()) return;
  auto& m = it->second;
  if (m.view.state != container_state::absent || !m.owed.empty() || m.creating) return;
  self_->demonitor(m.actor.address());
  end_now(m.actor, caf::exit_reason::user_shutdown);
  members_.erase(it);
}

void fleet_state::changed(const container_changed& c) {
  const auto it = members_.find(c.view.username);
  if (it == members_.end()) return;
  it->second.view = c.view;
  if (c.view.state != container_state::absent) it->second.creating = false;
  const container_changed news{c.view, ++version_};
  for (const auto& who : listeners_)
    self_->send(who, news);
  retire_if_done(c.view.username);
}

void fleet_state::child_down(caf::down_msg& down) {
  std::erase_if(listeners_, [&down](const auto& who) { return who.address() == down.source; });
  const auto it = std::find_if(members_.begin(), members_.end(), [&down](const auto& entry) {
    return entry.second.actor && entry.second.actor.address() == down.source;
  });
  if (it == members_.end()) return;
  auto& [username, m] = *it;
  platform::log(log_level::error, name, "container.actor_restarted",
                "a container's actor ended and is replaced",
                {{"user", username}, {"reason", caf::to_string(down.reason)}});
  for (auto& [op_id, who] : std::exchange(m.owed, {})) {
    owner_of_op_.erase(op_id);
    tell(who,
         command_outcome{
             op_id, error{errc::internal, "the command was interrupted inside the node"}, {}, {}});
  }
  m.creating = false;
  const auto now = self_->clock().now();
  m.crashes.push_back(now);
  while (now - m.crashes.front() > crash_window)
    m.crashes.pop_front();
  if (m.crashes.size() > max_crashes) {
    platform::log(log_level::error, name, "fleet.giving_up",
                  "a container's actor ends again and again", {{"user", username}});
    self_->quit(caf::sec::runtime_error);
    return;
  }
  spawn(m, username);
  self_->send(m.actor, recover{});
}

// ---- the engine's truth
// ---------------------------------------------------------------------------------------------------------

void fleet_state::listed(fleet_listed& all) {
  // Every block is adopted before a held command may reserve one: a stopped container holds no
  // socket that a probe would meet.
  for (const auto& view : all.containers) {
    if (view.block) self_->send(ports_, adopt_block{view.username, *view.block});
  }
  std::map<std::string, const container_view*> present;
  for (const auto& view : all.containers) {
    present[view.username] = &view;
    auto& m = member_of(view.username);
    if (!loaded_ && m.view.state == container_state::absent) m.view = view;
    self_->send(m.actor, container_seen{view.username, view, all.taken});
  }
  std::vector<std::string> gone;
  for (auto& [username, m] : members_) {
    if (present.contains(username)) continue;
    if (m.view.state == container_state::absent && m.owed.empty()) {
      gone.push_back(username);
    } else {
      self_->send(m.actor, container_seen{username, std::nullopt, all.taken});
    }
  }
  for (const auto& username : gone)
    retire_if_done(username);
  if (!std::exchange(loaded_, true)) {
    platform::log(log_level::info, name, "fleet.loaded", "containers of this node taken over",
                  {{"containers", std::to_string(all.containers.size())}});
    ++version_;
    forward_held();
    answer_asking();
  }
}

void fleet_state::answer_asking() {
  const inventory_answer answer{std::make_shared<const inventory>(snapshot())};
  for (auto& promise : std::exchange(asking_, {}))
    promise.deliver(answer);
}

void fleet_state::not_listed(const std::string& why) {
  if (loaded_) return;
  for (const auto& waiting : std::exchange(held_, {})) {
    refuse(waiting.request,
           {errc::engine_unavailable, "the container engine can't be listed: " + why});
  }
  answer_asking();
}

void fleet_state::health_changed(const engine_health& h) {
  health_ = h;
  health_known_ = true;
  for (auto& [username, m] : members_)
    self_->send(m.actor, h);
  if (!h.reachable) not_listed(h.why);
}

inventory fleet_state::snapshot() const {
  inventory all;
  all.loaded = loaded_;
  all.reachable = health_known_ && health_.reachable;
  all.version = version_;
  for (const auto& [username, m] : members_) {
    if (m.view.state != container_state::absent) all.containers.push_back(m.view);
    if (!m.owed.empty()) all.busy.insert(username);
  }
  return all;
}

// ---- the end
// --------------------------------------------------------------------------------------------------------------------

void fleet_state::shut_down() {
  shutting_down_ = true;
  for (const auto& waiting : std::exchange(held_, {}))
    refuse(waiting.request, {errc::shutting_down, "the node is shutting down"});
  for (auto& [username, m] : members_)
    self_->send(m.actor, begin_shutdown{});
}

void fleet_state::kill(const kill_actor& k) {
  const auto it = members_.find(k.username);
  if (it != members_.end()) end_now(it->second.actor, caf::exit_reason::kill);
}

fleet_actor::behavior_type fleet_behavior(self_pointer<fleet_actor, fleet_state> self,
                                          environment_ptr env, docker_actor docker,
                                          ports_actor ports) {
  return self->state.behave(std::move(env), std::move(docker), std::move(ports));
}

} // namespace dockhost::actors
