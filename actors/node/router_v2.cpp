// SPDX-License-Identifier: MIT
// The V2 dialect: core/v2_batch decides what runs when and which reply is sent; here it is carried
// out.
#include "actors/node/router_actor.hpp"
#include "actors/node/router_limits.hpp"
#include "actors/node/router_values.hpp"
#include "protocol/reply_encoder.hpp"

#include <utility>

namespace dockhost::actors {

namespace {

using platform::log_level;

} // namespace

void router_state::v2(std::variant<protocol::command, error> what, const std::string& fingerprint,
                      asker who) {
  const auto username = who.from.username;
  const auto event = who.from.event;
  if (v2_users_.size() >= max_v2_users && !v2_users_.contains(username))
    return v2_no_room(who, true);
  auto& user = v2_users_[username];
  const auto id = ++last_v2_request_;
  const auto arrived =
      user.batch.arrived({id, event, to_hex(env_->sha256(fingerprint)), protocol::is_check(event)},
                         v2_requests_ < max_v2_requests);
  switch (arrived.fate) {
  case v2_arrival::queued:
    ++v2_requests_;
    user.requests.emplace(id, v2_waiting{std::move(who), std::move(what), self_->clock().now()});
    break;
  case v2_arrival::joined: break;
  case v2_arrival::refused:
    v2_no_room(who, arrived.tell);
    if (user.batch.idle()) v2_users_.erase(username);
    return;
  }
  if (arrived.execute) v2_execute(username, *arrived.execute);
}

void router_state::v2_execute(const std::string& username, std::uint64_t id) {
  auto& request = v2_users_.at(username).requests.at(id);
  const auto fail_with = [&](error why) {
    protocol::outcome result;
    result.failure = std::move(why);
    v2_finished(username, id, result);
  };
  if (const auto* invalid = std::get_if<error>(&request.what)) return fail_with(*invalid);
  const auto& what = std::get<protocol::command>(request.what);
  if (shutting_down_) return fail_with({errc::shutting_down, "the node is shutting down"});
  if (pending_.size() >= max_pending) return fail_with({errc::capacity, "too many commands run"});
  if (!kind_of(what)) {
    return v2_check(username, id, std::holds_alternative<protocol::container_running>(what));
  }
  const auto op_id = env_->new_id();
  begin(op_id, self_->clock().now()).v2_request = id;
  v2_user_of_op_[op_id] = username;
  execute_command(op_id, what);
}

void router_state::v2_check(const std::string& username, std::uint64_t id, bool running) {
  const auto not_known = [this, username, id] {
    protocol::outcome unknown;
    unknown.holds = false;
    v2_finished(username, id, unknown);
  };
  if (queries_ >= max_queries) {
    platform::log(log_level::warn, name, "command.refused", "too many questions wait");
    return not_known();
  }
  ++queries_;
  self_->request(fleet_, env_->config.deadlines.query, get_inventory{})
      .then(
          [this, username, id, running](const inventory_answer& answer) {
            --queries_;
            v2_finished(username, id, check_outcome(*answer.all, username, running));
          },
          [this, not_known](const caf::error&) {
            --queries_;
            not_known();
          });
}

void router_state::v2_finished(const std::string& username, std::uint64_t id,
                               const protocol::outcome& result) {
  const auto it = v2_users_.find(username);
  if (it == v2_users_.end()) return;
  auto& user = it->second;
  auto request = user.requests.extract(id);
  if (!request.empty()) {
    --v2_requests_;
    env_->metrics->finished(counted_command_of(request.mapped().who.from.event), result.failure,
                            self_->clock().now() - request.mapped().since);
  }
  const auto finished = user.batch.finished(id);
  if (!request.empty() && finished.send) {
    // A reply that is sent belongs to the present connection, also where one of it joined a request
    // of an earlier one.
    request.mapped().who.session = session_;
    v2_send(request.mapped().who, result);
  }
  if (finished.execute) return v2_execute(username, *finished.execute);
  if (user.batch.idle()) {
    v2_users_.erase(it);
    check_drained();
  }
}

void router_state::v2_send(const asker& to, const protocol::outcome& result) {
  auto event = protocol::encode_reply_event(to.from, result);
  reply_ready r;
  r.session = to.session;
  if (event) {
    r.event = std::move(event->name);
    r.event_payload = std::move(event->payload);
  } else if (to.ack) {
    r.ack = to.ack;
    r.payload = protocol::encode_reply(to.from, result);
  } else {
    platform::log(log_level::warn, name, "reply.unaddressable", "a reply has nowhere to go",
                  {{"event", to.from.event}});
    return;
  }
  send(std::move(r));
}

/// The line names no user: a flood from many is to be folded into one.
void router_state::v2_no_room(const asker& to, bool tell) {
  platform::log(log_level::warn, name, "command.refused", "too many V2 requests wait",
                {{"event", to.from.event}});
  env_->metrics->finished(counted_command_of(to.from.event), error{errc::capacity, {}}, {});
  if (!tell) return;
  protocol::outcome result;
  if (protocol::is_check(to.from.event)) {
    result.holds = false;
  } else {
    result.failure = error{errc::capacity, "too many requests wait"};
  }
  v2_send(to, result);
}

void router_state::v2_refuse(const asker& to, const error& why) {
  protocol::outcome result;
  result.failure = why;
  v2_send(to, result);
}

} // namespace dockhost::actors
