// SPDX-License-Identifier: MIT
// What an earlier life of the node (or of the router) left in the journal: answers that are still
// owed.
#include "actors/node/router_actor.hpp"
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
constexpr int max_rounds =
    300; ///< about a minute with an engine that answers; then what is open is given up

std::chrono::system_clock::time_point at(std::int64_t unix_ms) {
  return std::chrono::system_clock::time_point(std::chrono::milliseconds(unix_ms));
}

} // namespace

void router_state::recall(const journal_contents& contents) {
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
      auto& p = pending_[entry.op_id];
      p.journalled = true;
      p.askers.push_back(who);
      op_of_request_[entry.request_id] = entry.op_id;
      recovering_[entry.op_id] = entry;
    }
  }
  if (recovering_.empty()) return;
  platform::log(log_level::info, name, "recovery.begun",
                "commands were cut off: looking what became of them",
                {{"commands", std::to_string(recovering_.size())}});
  recover_running();
}

void router_state::recover_running() {
  self_->request(fleet_, inventory_timeout, get_inventory{})
      .then(
          [this](const inventory_answer& answer) {
            recover_from(*answer.all);
            if (!recovering_.empty()) self_->delayed_send(self_, look_pause, recover{});
          },
          [this](const caf::error&) { self_->delayed_send(self_, look_pause, recover{}); });
}

void router_state::recover_from(const inventory& now) {
  if (!now.loaded || !now.reachable) return;
  const bool last = ++recovery_rounds_ >= max_rounds;
  for (auto it = recovering_.begin(); it != recovering_.end();) {
    const auto& entry = it->second;
    const auto view = std::find_if(
        now.containers.begin(), now.containers.end(), [&entry](const container_view& v) {
          if (!entry.username.empty()) return v.username == entry.username;
          return v.name == entry.payload ||
                 (!entry.payload.empty() && v.id.starts_with(entry.payload));
        });
    const auto* container = view == now.containers.end() ? nullptr : &*view;
    const auto kind = kind_of_event(entry.event).value_or(lifecycle::command_kind::start);
    auto judged = recover_outcome(kind, entry.op_id, container);
    if (!judged && last)
      judged = recovered_outcome{
          error{errc::timeout, "the command was cut off, and its end is not known"}, {}, false};
    if (!judged) {
      ++it;
      continue;
    }
    command_outcome outcome{entry.op_id, judged->failure, judged->message, std::nullopt};
    if (judged->with_data && container != nullptr) outcome.container = *container;
    it = recovering_.erase(it);
    finished(outcome);
  }
}

} // namespace dockhost::actors
