// SPDX-License-Identifier: MIT
// The command queue and the turn of the machine; what its actions do is in container_actions.cpp.
#include "actors/node/container_actor.hpp"

#include <algorithm>
#include <utility>

namespace dockhost::actors {

namespace {

using platform::log_level;

constexpr std::size_t max_waiting = 64;

lifecycle::event to_event(const user_command& command, const std::string& default_image) {
  switch (command.kind) {
  case lifecycle::command_kind::create:
    return lifecycle::create_wanted{
        command.op_id, command.create.image.empty() ? default_image : command.create.image,
        command.create.port_hint};
  case lifecycle::command_kind::start: return lifecycle::start_wanted{};
  case lifecycle::command_kind::stop: return lifecycle::stop_wanted{};
  case lifecycle::command_kind::remove: return lifecycle::delete_wanted{};
  }
  return lifecycle::start_wanted{};
}

lifecycle::container_facts facts_of(const container_view& view) {
  return {view.id,          view.name,  view.image, view.created,
          view.fingerprint, view.op_id, view.block, view.started};
}

} // namespace

container_actor_state::container_actor_state(self_ptr self) : self_(self) {}

container_actor::behavior_type container_actor_state::behave(environment_ptr env,
                                                             docker_actor docker, ports_actor ports,
                                                             inventory_listener_actor fleet,
                                                             std::string username) {
  quiet_defaults(self_, name);
  env_ = std::move(env);
  count_while_alive(self_, env_->metrics, actor_kind::container);
  docker_ = std::move(docker);
  ports_ = std::move(ports);
  fleet_ = std::move(fleet);
  username_ = std::move(username);
  const auto& config = env_->config;
  container_name_ = container_name(config.containers.name_prefix, username_, env_->sha256);
  policy_ = {config.containers.pull, config.containers.ssh_ready,
             static_cast<int>(config.ports.max_attempts)};
  published_.username = username_;
  published_.name = container_name_;
  return {
      [this](execute& request) { enqueue(request); },
      [this](const container_seen& look) { seen(look); },
      [this](const container_event_heard& e) {
        dispatch(lifecycle::news_heard{e.id, e.implies});
      },
      [this](recover) {
        // What the dead one did is not known, nor what the fleet believes still true: look, then
        // tell.
        model_.state = container_state::unknown;
        dispatch(lifecycle::look_wanted{});
      },
      [this](begin_shutdown) { shut_down(); },
      [this](const engine_health& health) {
        if (health.reachable) {
          published_host_ =
              health.info.published_host.empty() ? published_host_ : health.info.published_host;
        } else {
          dispatch(lifecycle::engine_lost{});
        }
      },
      [this](const budget_over& tick) { look_at_budgets(tick); },
      [this](const ssh_probe_done& d) { ssh_probed(d); },
      [this](const step_retry_due& r) {
        if (r.serial != serial_) return;
        if (model_.at == lifecycle::step::awaiting_ssh) {
          probe_ssh();
        } else {
          dispatch(lifecycle::retry_due{});
        }
      },
  };
}

void container_actor_state::enqueue(execute& request) {
  if (shutting_down_)
    return reply(request, error{errc::shutting_down, "the node is shutting down"}, {}, {});
  if (waiting_.size() >= max_waiting) {
    return reply(request, error{errc::capacity, "too many requests of this user wait"}, {}, {});
  }
  const auto due = self_->clock().now() + request.command.budget;
  waiting_.push_back({std::move(request), due});
  arm(due);
  begin_next();
}

void container_actor_state::begin_next() {
  while (!model_.busy() && !waiting_.empty()) {
    current_ = std::move(waiting_.front());
    waiting_.pop_front();
    dispatch(to_event(current_->request.command, env_->config.containers.image));
  }
}

void container_actor_state::arm(std::chrono::steady_clock::time_point due) {
  if (tick_at_ && *tick_at_ <= due) return;
  tick_at_ = due;
  self_->delayed_send(self_, due - self_->clock().now(), budget_over{due});
}

void container_actor_state::look_at_budgets(const budget_over& tick) {
  const auto now = self_->clock().now();
  // A tick that was overtaken by an earlier one leaves that one armed.
  if (tick_at_ == tick.due) tick_at_.reset();
  for (auto it = waiting_.begin(); it != waiting_.end();) {
    if (it->due > now) {
      ++it;
      continue;
    }
    reply(it->request, error{errc::timeout, "earlier commands of this user took too long"}, {}, {});
    it = waiting_.erase(it);
  }
  if (current_ && !current_->told && current_->due <= now) {
    current_->told = true;
    dispatch(lifecycle::deadline_passed{});
  }
  for (const auto& c : waiting_)
    arm(c.due);
  if (current_ && !current_->told) arm(current_->due);
}

void container_actor_state::seen(const container_seen& look) {
  // A relist that began before our last change may show the state before it, and while a call is
  // out it must not pass for that call's own look. Even one that began after it may: the engine
  // tells of a change a little before its listings show it. So it decides nothing that is known.
  const bool known =
      model_.state != container_state::absent && model_.state != container_state::unknown;
  const bool contradicts = known && look.view && look.view->state != model_.state;
  if (model_.busy() || look.taken <= last_change_ || contradicts) {
    dispatch(lifecycle::look_wanted{});
  } else if (look.view) {
    dispatch(lifecycle::container_observed{look.view->state, facts_of(*look.view)});
  } else {
    dispatch(lifecycle::container_absent{});
  }
}

void container_actor_state::shut_down() {
  shutting_down_ = true;
  for (const auto& c : std::exchange(waiting_, {})) {
    reply(c.request, error{errc::shutting_down, "the node is shutting down"}, {}, {});
  }
  dispatch(lifecycle::shutdown_begun{});
}

void container_actor_state::dispatch(const lifecycle::event& what) {
  const auto before = model_.at;
  const auto state_before = model_.state;
  auto turn = lifecycle::advance(std::move(model_), what, policy_);
  model_ = std::move(turn.next);
  if (model_.at != before) ++serial_;
  if (model_.state != state_before) {
    last_change_ = self_->clock().now();
    platform::log(log_level::info, name, "container.state", "container state changed",
                  {{"user", username_},
                   {"change", std::string(to_string(state_before)) + "->" +
                                  std::string(to_string(model_.state))},
                   {"id", model_.facts.id.substr(0, 12)}});
  }
  // The inventory first: whoever has the answer may ask for the list at once, and must find it
  // true.
  publish();
  for (const auto& a : turn.actions)
    act(a);
  if (!model_.busy()) {
    current_.reset();
    begin_next();
  }
}

void container_actor_state::act(const lifecycle::action& wanted) {
  std::visit([this](const auto& a) { do_act(a); }, wanted);
}

void container_actor_state::do_act(const lifecycle::answer& a) {
  answer_current(a);
}

void container_actor_state::answer_current(const lifecycle::answer& a) {
  if (!current_) return;
  std::optional<container_view> view;
  if (a.data) view = view_of(*a.data);
  reply(current_->request, a.failure, a.message, std::move(view));
}

void container_actor_state::reply(const execute& to, std::optional<error> failure,
                                  std::string message, std::optional<container_view> view) {
  self_->send(to.reply_to, command_outcome{to.command.op_id, std::move(failure), std::move(message),
                                           std::move(view)});
}

container_view container_actor_state::view_of(const lifecycle::container_facts& facts) const {
  container_view view;
  view.username = username_;
  view.name = facts.name.empty() ? container_name_ : facts.name;
  view.id = facts.id;
  view.image = facts.image;
  view.state = model_.state;
  view.block = facts.block;
  view.fingerprint = facts.fingerprint;
  view.created = facts.created;
  view.op_id = facts.op_id;
  view.started = facts.started;
  return view;
}

void container_actor_state::publish() {
  auto view = view_of(model_.facts);
  if (view == published_) return;
  published_ = view;
  self_->send(fleet_, container_changed{std::move(view)});
}

container_actor::behavior_type
container_behavior(self_pointer<container_actor, container_actor_state> self, environment_ptr env,
                   docker_actor docker, ports_actor ports, inventory_listener_actor fleet,
                   std::string username) {
  return self->state.behave(std::move(env), std::move(docker), std::move(ports), std::move(fleet),
                            std::move(username));
}

} // namespace dockhost::actors
