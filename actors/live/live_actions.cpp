// SPDX-License-Identifier: MIT
// The live actor, doing what operators ask for: through the fleet where the container is ours, so
// that the order of commands and the rules of ports hold.
#include "actors/live/live_actor.hpp"

#include <utility>

namespace dockhost::actors {

namespace {

using namespace std::chrono_literals;
using protocol::container_action;

constexpr std::size_t max_actions = 256; ///< under way, of all browsers together
constexpr auto call_slack = 10s;

} // namespace

void live_state::answer(const action& a, const std::optional<error>& failure) {
  if (!failure) return a.ack({json::object{{"status", "ok"}}});
  env_->metrics->refused(to_string(failure->code));
  a.ack({protocol::encode_live_refusal(failure->message, to_string(failure->code))});
  const auto it = clients_.find(a.client);
  if (it == clients_.end()) return;
  emit(it->second, "error",
       protocol::encode_live_error(failure->message, to_string(failure->code), "container_action"));
}

// ---- ours

void live_state::act_on_own(const std::string& id, const client_request& r,
                            const std::string& username, container_action what) {
  action a{id, r.ack, username, what == container_action::restart};
  if (actions_.size() >= max_actions) {
    return answer(a, error{errc::capacity, "too many actions are under way"});
  }
  switch (what) {
  case container_action::start: return execute_for(std::move(a), lifecycle::command_kind::start);
  case container_action::stop:
  case container_action::restart: return execute_for(std::move(a), lifecycle::command_kind::stop);
  case container_action::remove: return execute_for(std::move(a), lifecycle::command_kind::remove);
  }
}

void live_state::execute_for(action a, lifecycle::command_kind kind) {
  const auto& limits = env_->config.deadlines;
  user_command command;
  command.op_id = env_->new_id();
  command.kind = kind;
  command.username = a.username;
  command.budget = limits.start;
  if (kind == lifecycle::command_kind::remove) command.budget = limits.remove;
  if (kind == lifecycle::command_kind::stop) {
    command.budget = env_->config.containers.stop_grace + limits.stop_margin;
  }
  actions_.emplace(command.op_id, std::move(a));
  self_->send(fleet_, execute{std::move(command), outcome_sink_actor(live_actor(self_))});
}

void live_state::finished(const command_outcome& outcome) {
  auto node = actions_.extract(outcome.op_id);
  if (node.empty()) return;
  auto& a = node.mapped();
  if (outcome.failure || !a.then_start) return answer(a, outcome.failure);
  a.then_start = false;
  execute_for(std::move(a), lifecycle::command_kind::start);
}

// ---- others'

void live_state::act_on_foreign(const std::string& id, const client_request& r,
                                const std::string& container, container_action what) {
  action a{id, r.ack, {}, false};
  if (actions_.size() + calls_ >= max_actions) {
    return answer(a, error{errc::capacity, "too many actions are under way"});
  }
  ++calls_;
  const auto grace = env_->config.containers.stop_grace;
  std::vector<engine_operation> steps;
  if (what == container_action::stop || what == container_action::restart) {
    steps.emplace_back(op_stop{container, grace});
  }
  if (what == container_action::start || what == container_action::restart) {
    steps.emplace_back(op_start{container});
  }
  if (what == container_action::remove) steps.emplace_back(op_remove{container});
  call_engine(std::move(a), container, std::move(steps));
}

void live_state::call_engine(action a, const std::string& container,
                             std::vector<engine_operation> steps) {
  auto step = std::move(steps.front());
  steps.erase(steps.begin());
  const auto& config = env_->config;
  std::chrono::milliseconds timeout = config.engine.start_timeout;
  if (std::holds_alternative<op_remove>(step)) timeout = config.engine.remove_timeout;
  if (std::holds_alternative<op_stop>(step)) {
    timeout = config.containers.stop_grace + config.deadlines.stop_margin;
  }
  self_->request(docker_, timeout + call_slack, engine_call{container, std::move(step), timeout})
      .then(
          [this, a, container, steps](const engine_answer& got) {
            const auto* failed = std::get_if<docker::engine_error>(&got.value);
            if (failed == nullptr && !steps.empty()) return call_engine(a, container, steps);
            --calls_;
            if (failed == nullptr) return answer(a, std::nullopt);
            const auto code = failed->code == docker::engine_errc::not_found ? errc::not_found
                              : failed->code == docker::engine_errc::timeout ? errc::timeout
                              : failed->code == docker::engine_errc::unreachable
                                  ? errc::engine_unavailable
                                  : errc::internal;
            answer(a, error{code, failed->message});
          },
          [this, a](const caf::error&) {
            --calls_;
            answer(a, error{errc::timeout, "the engine did not answer in time"});
          });
}

} // namespace dockhost::actors
