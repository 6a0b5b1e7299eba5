// SPDX-License-Identifier: MIT
// Routing and the documented dialect; V2 is in router_v2.cpp, what a restart finds in
// router_recovery.cpp, a journal that hangs in router_journal.cpp.
#include "actors/node/router_actor.hpp"

#include "actors/node/router_limits.hpp"
#include "actors/node/router_values.hpp"
#include "protocol/command_decoder.hpp"
#include "protocol/reply_encoder.hpp"
#include "json/json.hpp"

#include <algorithm>
#include <type_traits>
#include <utility>

namespace dockhost::actors {

namespace {

using namespace std::chrono_literals;
using platform::log_level;

constexpr std::size_t max_ledger_entries = 10'000;
constexpr std::size_t max_askers = 64; ///< of one request id

} // namespace

router_state::router_state(self_ptr self) : self_(self) {}

router_actor::behavior_type router_state::behave(environment_ptr env, journal_actor journal,
                                                 fleet_actor fleet) {
  quiet_defaults(self_, name);
  env_ = std::move(env);
  count_while_alive(self_, env_->metrics, actor_kind::router);
  journal_ = std::move(journal);
  fleet_ = std::move(fleet);
  ledger_.emplace(std::chrono::duration_cast<std::chrono::seconds>(env_->config.journal.keep),
                  max_ledger_entries);
  load_journal();
  return {
      [this](event_received& e) { route(e); },
      [this](const attach_reply_sink& a) {
        sink_ = a.who;
        for (auto& r : std::exchange(early_, {}))
          self_->send(sink_, std::move(r));
      },
      [this](const reply_delivered& d) {
        // What is not noted is sent again after a restart.
        if (!journal_silent_) self_->send(journal_, journal_delivered{d.op_id});
      },
      [this](const command_outcome& outcome) { finished(outcome); },
      [this](const deadline_due& d) {
        if (d.generation == deadline_generation_) deadlines_passed();
      },
      [this](drain_due) { drain_without_the_journal(); },
      [this](recover) { claimed_ ? recover_running() : claim(); },
      [this](begin_shutdown) { return drain(); },
      [this](is_idle) { return idle(); },
  };
}

bool router_state::idle() const {
  return pending_.empty() && held_.empty() && v2_users_.empty() && queries_ == 0 && !claiming_;
}

// ---- in
// -------------------------------------------------------------------------------------------------------------------------

void router_state::route(event_received& e) {
  if (e.session != session_) {
    session_ = e.session;
    for (auto& [username, user] : v2_users_)
      user.batch.connection_lost();
  }
  auto decoded = protocol::decode(e.name, e.arguments);
  if (auto* request = std::get_if<protocol::request>(&decoded)) {
    asker who{e.session, e.ack, request->from};
    if (request->from.spoken == protocol::dialect::v2) {
      v2(std::move(request->what), request->fingerprint, std::move(who));
    } else {
      documented(std::move(*request), std::move(who));
    }
    return;
  }
  if (auto* failure = std::get_if<protocol::decode_failure>(&decoded)) {
    platform::log(log_level::warn, name, "command.invalid", failure->why.message,
                  {{"event", e.name}});
    asker who{e.session, e.ack, failure->to};
    if (failure->to.spoken == protocol::dialect::v2 && !failure->to.username.empty()) {
      return v2(failure->why, failure->fingerprint, std::move(who));
    }
    return refuse(who, failure->why);
  }
  platform::log(log_level::info, name, "event.unknown", "an event that no command belongs to",
                {{"event", e.name}});
  // Without an acknowledgement nobody waits: an event of a newer server's is no error of ours.
  if (!e.ack) return;
  refuse({e.session, e.ack, {protocol::dialect::documented, e.name, {}, {}}},
         {errc::invalid_request, "the node knows no such event"});
}

void router_state::documented(protocol::request request, asker who) {
  if (shutting_down_) return refuse(who, {errc::shutting_down, "the node is shutting down"});
  if (!kind_of(request.what)) return answer_query(request.what, std::move(who));
  if (chooses_image(request.what, env_->config.containers)) {
    return refuse(who, {errc::invalid_request,
                        "this node does not let requests choose an image: leave `image` out"});
  }
  if (pending_.size() >= max_pending) {
    platform::log(log_level::warn, name, "command.refused", "too many commands run",
                  {{"event", who.from.event}});
    return refuse(who, {errc::capacity, "too many commands run"});
  }
  const auto now = self_->clock().now();
  if (!who.from.request_id.empty())
    return begin_journalled(std::move(request), std::move(who), now);
  const auto op_id = env_->new_id();
  begin(op_id, now).askers.push_back(std::move(who));
  execute_command(op_id, request.what);
}

router_state::pending& router_state::begin(const std::string& op_id, time_point since) {
  auto& p = pending_[op_id];
  p.since = since;
  return p;
}

void router_state::begin_journalled(protocol::request request, asker who, time_point since) {
  // Whether the id is known can't be told before the journal has been read.
  if (!recalled_) return hold({}, std::move(request), std::move(who), since);
  const auto request_id = who.from.request_id;
  const auto digest = to_hex(env_->sha256(request.fingerprint));
  const auto now =
      std::chrono::system_clock::time_point(std::chrono::milliseconds(env_->unix_ms()));
  auto decision = ledger_->begin(request_id, digest, now);
  switch (decision.verdict) {
  case ledger_verdict::fresh: break;
  case ledger_verdict::join: {
    const auto op = op_of_request_.find(request_id);
    if (op == op_of_request_.end())
      return refuse(who, {errc::internal, "the request runs, but its command is lost"});
    auto& askers = pending_[op->second].askers;
    if (askers.size() >= max_askers)
      return refuse(who, {errc::capacity, "this request was sent too often"});
    askers.push_back(std::move(who));
    return;
  }
  case ledger_verdict::replay: {
    auto payload = json::parse(decision.answer);
    if (payload.ok()) reply_with(who, std::move(payload).value(), {});
    return;
  }
  case ledger_verdict::mismatch:
    return refuse(who, {errc::invalid_request, "this requestId was used for another request"});
  case ledger_verdict::full: return refuse(who, {errc::capacity, "too many requests run"});
  }
  const auto op_id = env_->new_id();
  op_of_request_[request_id] = op_id;
  store::journal_entry entry;
  entry.op_id = op_id;
  entry.request_id = request_id;
  entry.event = who.from.event;
  entry.username = who.from.username;
  entry.payload = target_id_of(request.what);
  entry.payload_digest = digest;
  entry.dialect = "documented";
  entry.wants_ack = who.ack.has_value();
  entry.begun_ms = env_->unix_ms();
  auto& p = begin(op_id, since);
  p.journalled = true;
  p.askers.push_back(std::move(who));
  // Journalled before its first effect: after a crash the answer can be found, and nothing is done
  // twice.
  if (journal_silent_) {
    return finished({op_id, error{errc::internal, "the request journal does not answer"}, {}, {}});
  }
  self_->request(journal_, journal_patience(), journal_begin{std::move(entry)})
      .then(
          [this, op_id, what = std::move(request.what)](const journal_done& done) {
            if (!done.failure) return execute_command(op_id, what);
            finished({op_id, error{errc::internal, "the request could not be journalled"}, {}, {}});
          },
          [this, op_id](const caf::error& e) {
            journal_failed(e);
            finished({op_id,
                      error{errc::internal, "the request could not be journalled in time"},
                      {},
                      {}});
          });
}

std::chrono::milliseconds router_state::budget_of(lifecycle::command_kind kind) const {
  const auto& d = env_->config.deadlines;
  switch (kind) {
  case lifecycle::command_kind::create: return d.create;
  case lifecycle::command_kind::start: return d.start;
  case lifecycle::command_kind::stop: return env_->config.containers.stop_grace + d.stop_margin;
  case lifecycle::command_kind::remove: return d.remove;
  }
  return d.start;
}

void router_state::execute_command(const std::string& op_id, const protocol::command& what) {
  const auto it = pending_.find(op_id);
  if (it == pending_.end() || it->second.answer) return; // answered before it could begin
  auto& p = it->second;
  if (!recalled_ && !journal_silent_) return hold(op_id, {what, {}, {}}, {}, p.since);
  auto command = to_user_command(what);
  command.op_id = op_id;
  // What the journal took comes off its time.
  const auto waited =
      std::chrono::duration_cast<std::chrono::milliseconds>(self_->clock().now() - p.since);
  command.budget = budget_of(command.kind) - waited;
  if (command.budget.count() <= 0) {
    return finished({op_id, error{errc::timeout, "the deadline of the command passed"}, {}, {}});
  }
  p.begun = true;
  set_deadline(op_id, p, p.since + budget_of(command.kind) + backstop);
  platform::log(log_level::info, name, "command.begun", "command begun",
                {{"command", std::string(word_of(command.kind))},
                 {"user", command.username.empty() ? command.container_id : command.username},
                 {"op", op_id}});
  self_->send(fleet_, execute{std::move(command), outcome_sink_actor(router_actor(self_))});
}

void router_state::answer_query(const protocol::command& what, asker who) {
  if (queries_ >= max_queries) {
    platform::log(log_level::warn, name, "command.refused", "too many questions wait",
                  {{"event", who.from.event}});
    return refuse(who, {errc::capacity, "too many questions wait"});
  }
  ++queries_;
  const auto since = self_->clock().now();
  const auto* list = std::get_if<protocol::list_containers>(&what);
  const auto username = list != nullptr ? list->username : std::nullopt;
  self_->request(fleet_, env_->config.deadlines.query, get_inventory{})
      .then(
          [this, who, username, since](const inventory_answer& answer) {
            --queries_;
            env_->metrics->finished(counted_command::list, std::nullopt,
                                    self_->clock().now() - since);
            reply(who, list_outcome(*answer.all, username), {});
            check_drained();
          },
          [this, who, since](const caf::error&) {
            --queries_;
            refuse(who, {errc::engine_unavailable, "the containers of this node are not known yet"},
                   self_->clock().now() - since);
            check_drained();
          });
}

// ---- out
// ------------------------------------------------------------------------------------------------------------------------

void router_state::finished(const command_outcome& outcome) {
  const auto it = pending_.find(outcome.op_id);
  if (it == pending_.end() || it->second.answer) return;
  recovering_.erase(outcome.op_id);
  // One of V2 counts when it is finished in its order.
  if (const auto& askers = it->second.askers; !askers.empty()) {
    env_->metrics->finished(counted_command_of(askers.front().from.event), outcome.failure,
                            self_->clock().now() - it->second.since);
  }
  platform::log(outcome.failure ? log_level::warn : log_level::info, name,
                outcome.failure ? "command.failed" : "command.done",
                outcome.failure ? outcome.failure->message : outcome.message,
                {{"op", outcome.op_id},
                 {"code", outcome.failure ? std::string(to_string(outcome.failure->code)) : "ok"}});
  settle(outcome.op_id, to_reply(outcome));
}

void router_state::settle(const std::string& op_id, const protocol::outcome& result) {
  const auto it = pending_.find(op_id);
  if (it == pending_.end() || it->second.answer) return;
  // Whoever named a container by id is told whose it is, where the reply goes out as an event.
  for (auto& who : it->second.askers) {
    if (who.from.username.empty() && result.container)
      who.from.username = result.container->username;
  }
  if (it->second.v2_request) {
    const auto id = *it->second.v2_request;
    take(op_id);
    const auto user = v2_user_of_op_.extract(op_id);
    if (!user.empty()) v2_finished(user.mapped(), id, result);
    return;
  }
  if (!it->second.journalled) {
    const auto p = take(op_id);
    for (const auto& who : p->askers)
      reply(who, result, {});
    return check_drained();
  }
  // The answer is journalled before it is sent, so that the same request id never gets another one.
  const auto& payload = it->second.answer.emplace(
      json::dump(protocol::encode_reply(it->second.askers.front().from, result)));
  if (journal_silent_) return send_journalled(op_id);
  self_->request(journal_, journal_patience(), journal_answer{op_id, payload, true})
      .then([this, op_id](const journal_done&) { send_journalled(op_id); },
            [this, op_id](const caf::error& e) {
              journal_failed(e);
              send_journalled(op_id);
            });
}

void router_state::send_journalled(const std::string& op_id) {
  const auto p = take(op_id);
  if (!p) return;
  const auto& askers = p->askers;
  const auto& payload = *p->answer;
  const auto request_id = askers.front().from.request_id;
  op_of_request_.erase(request_id);
  ledger_->answer(
      request_id, payload,
      std::chrono::system_clock::time_point(std::chrono::milliseconds(env_->unix_ms())));
  auto parsed = json::parse(payload);
  for (const auto& who : askers) {
    if (parsed.ok()) reply_with(who, parsed.value(), op_id);
  }
  check_drained();
}

std::optional<router_state::pending> router_state::take(const std::string& op_id) {
  auto found = pending_.extract(op_id);
  if (found.empty()) return std::nullopt;
  if (found.mapped().due) deadlines_.erase({*found.mapped().due, op_id});
  return std::move(found.mapped());
}

// ---- deadlines: a timer of each command's own would outlive it, and be held until it is over
// -------------------------------------------------------------------------------------------------------

void router_state::set_deadline(const std::string& op_id, pending& p, time_point due) {
  if (p.due) deadlines_.erase({*p.due, op_id});
  p.due = due;
  deadlines_.emplace(due, op_id);
  arm();
}

void router_state::arm() {
  if (deadlines_.empty()) return;
  const auto next = deadlines_.begin()->first;
  if (armed_ && *armed_ <= next) return;
  armed_ = next;
  self_->delayed_send(self_, std::max(next - self_->clock().now(), time_point::duration::zero()),
                      deadline_due{++deadline_generation_});
}

void router_state::deadlines_passed() {
  armed_.reset();
  const auto now = self_->clock().now();
  while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
    const auto op_id = deadlines_.begin()->second;
    deadlines_.erase(deadlines_.begin());
    finished({op_id, error{errc::timeout, "the deadline of the command passed"}, {}, {}});
  }
  arm();
}

void router_state::reply(const asker& to, const protocol::outcome& result,
                         const std::string& op_id) {
  reply_with(to, protocol::encode_reply(to.from, result), op_id);
}

void router_state::reply_with(const asker& to, json::value payload, const std::string& op_id) {
  auto as_event = protocol::as_response_event(to.from, payload);
  reply_ready r;
  r.session = to.session;
  r.ack = to.ack;
  r.event = std::move(as_event.name);
  r.event_payload = std::move(as_event.payload);
  r.payload = std::move(payload);
  r.op_id = op_id;
  r.replayable = !to.from.request_id.empty();
  send(std::move(r));
}

void router_state::send(reply_ready r) {
  if (sink_) {
    self_->send(sink_, std::move(r));
  } else if (r.replayable) {
    early_.push_back(std::move(r));
    if (early_.size() <= static_cast<std::size_t>(env_->config.server.max_undelivered)) return;
    platform::log(log_level::warn, name, "reply.overflow",
                  "too many undelivered replies: the oldest is dropped",
                  {{"event", early_.front().event}});
    early_.pop_front();
  }
}

void router_state::refuse(const asker& to, error why, std::chrono::nanoseconds took) {
  env_->metrics->finished(counted_command_of(to.from.event), why, took);
  if (to.from.spoken == protocol::dialect::v2) return v2_refuse(to, why);
  protocol::outcome result;
  result.failure = std::move(why);
  reply(to, result, {});
}

router_actor::behavior_type router_behavior(self_pointer<router_actor, router_state> self,
                                            environment_ptr env, journal_actor journal,
                                            fleet_actor fleet) {
  return self->state.behave(std::move(env), std::move(journal), std::move(fleet));
}

} // namespace dockhost::actors
