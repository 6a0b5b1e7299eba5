// SPDX-License-Identifier: MIT
// What an earlier life of the node (or of the router) left in the journal: answers that are still
// owed.
#include "actors/node/router_actor.hpp"
#include "actors/node/router_limits.hpp"
#include "actors/node/router_values.hpp"
#include "core/recovery.hpp"
#include "protocol/reply_encoder.hpp"
#include "json/json.hpp"

#include <algorithm>
#include <utility>

namespace dockhost::actors {

namespace {

using namespace std::chrono_literals;
using platform::log_level;

constexpr auto look_pause = 200ms;
constexpr auto inventory_timeout = 10s;
/// However long ago the command began: so long the node looks what became of it.
constexpr std::chrono::milliseconds least_look = 60s;

std::chrono::system_clock::time_point at(std::int64_t unix_ms) {
  return std::chrono::system_clock::time_point(std::chrono::milliseconds(unix_ms));
}

lifecycle::command_kind kind_of(const store::journal_entry& entry) {
  return kind_of_event(entry.event).value_or(lifecycle::command_kind::start);
}

/// The container that the command was about; nullptr where there is none.
const container_view* find(const inventory& all, const store::journal_entry& entry) {
  const auto found =
      std::find_if(all.containers.begin(), all.containers.end(), [&entry](const auto& v) {
        if (!entry.username.empty()) return v.username == entry.username;
        return v.name == entry.payload ||
               (!entry.payload.empty() && v.id.starts_with(entry.payload));
      });
  return found == all.containers.end() ? nullptr : &*found;
}

} // namespace

void router_state::recall(const journal_contents& contents) {
  recalled_ = true;
  if (shutting_down_) return;
  const auto now = self_->clock().now();
  for (const auto& entry : contents.entries) {
    if (entry.request_id.empty()) continue;
    const bool answered = !entry.answer.empty();
    request_ledger::entry known{entry.request_id, entry.payload_digest, std::nullopt,
                                at(answered ? entry.answered_ms : entry.begun_ms)};
    if (answered) known.answer = entry.answer;
    if (!ledger_->restore(std::move(known))) continue;
    // An acknowledgement can't outlive its connection: session 0 is none, so the reply goes out as
    // an event.
    const asker who{0,
                    std::nullopt,
                    {protocol::dialect::documented, entry.event, entry.username, entry.request_id}};
    if (answered) {
      if (!entry.undelivered) continue;
      auto payload = json::parse(entry.answer);
      if (payload.ok()) reply_with(who, std::move(payload).value(), entry.op_id);
    } else {
      auto& p = begin(entry.op_id, now);
      p.journalled = true;
      p.begun = true;
      p.askers.push_back(who);
      op_of_request_[entry.request_id] = entry.op_id;
      const auto left = time_left(budget_of(kind_of(entry)), entry.begun_ms, env_->unix_ms());
      recovering_[entry.op_id] = {entry, now + std::max(left, least_look) + backstop};
    }
  }
  release_held();
  if (recovering_.empty()) return;
  platform::log(log_level::info, name, "recovery.begun",
                "commands were cut off: looking what became of them",
                {{"commands", std::to_string(recovering_.size())}});
  claim();
}

/// Where only this actor was replaced, the fleet goes on: what it still runs is not judged but
/// waited for. Where the whole process was, it owes nothing, and nobody will run what was cut off.
void router_state::claim() {
  if (std::exchange(claiming_, true)) return;
  claim_outcomes ours{{}, outcome_sink_actor(router_actor(self_))};
  for (const auto& [op_id, cut] : recovering_)
    ours.op_ids.push_back(op_id);
  const auto go_on = [this] {
    claiming_ = false;
    if (!shutting_down_) return self_->send(self_, recover{});
    leave_to_the_next_life();
    check_drained();
  };
  self_->request(fleet_, inventory_timeout, std::move(ours))
      .then(
          [this, go_on](const claimed_outcomes& answer) {
            claimed_ = true;
            for (const auto& op_id : answer.owed) {
              const auto cut = recovering_.extract(op_id);
              const auto p = pending_.find(op_id);
              if (!cut.empty() && p != pending_.end())
                set_deadline(op_id, p->second, cut.mapped().give_up);
            }
            go_on();
          },
          [go_on](const caf::error&) { go_on(); });
}

void router_state::recover_running() {
  if (recovering_.empty()) return;
  const auto go_on = [this](const inventory* now) {
    recover_from(now);
    if (!recovering_.empty()) self_->delayed_send(self_, look_pause, recover{});
  };
  self_->request(fleet_, inventory_timeout, get_inventory{})
      .then([go_on](const inventory_answer& answer) { go_on(answer.all.get()); },
            [go_on](const caf::error&) { go_on(nullptr); });
}

void router_state::recover_from(const inventory* now) {
  const bool known = now != nullptr && now->loaded && now->reachable;
  std::vector<command_outcome> ended;
  for (const auto& [op_id, cut] : recovering_) {
    const auto* container = known ? find(*now, cut.entry) : nullptr;
    const auto& user = container != nullptr ? container->username : cut.entry.username;
    const bool late = self_->clock().now() >= cut.give_up;
    std::optional<recovered_outcome> judged;
    if (known && (late || !now->busy.contains(user)))
      judged = recover_outcome(kind_of(cut.entry), op_id, container);
    if (!judged && late)
      judged = recovered_outcome{
          error{errc::timeout, "the command was cut off, and its end is not known"}, {}, false};
    if (!judged) continue;
    ended.push_back({op_id, judged->failure, judged->message, std::nullopt});
    if (judged->with_data && container != nullptr) ended.back().container = *container;
  }
  for (const auto& outcome : ended)
    finished(outcome);
}

/// What an earlier life left open stays in the journal for the next one.
void router_state::leave_to_the_next_life() {
  for (const auto& [op_id, cut] : std::exchange(recovering_, {}))
    take(op_id);
}

} // namespace dockhost::actors
