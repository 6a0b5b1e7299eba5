// SPDX-License-Identifier: MIT
// A journal that hangs holds up those commands only that need it, and nobody's end: nothing here
// awaits it. Also the drain, which it must not hold up either.
#include "actors/node/router_actor.hpp"
#include "actors/node/router_limits.hpp"

#include <utility>

namespace dockhost::actors {

namespace {

using namespace std::chrono_literals;
using platform::log_level;

constexpr std::chrono::milliseconds journal_timeout = 10s;
constexpr std::chrono::milliseconds timeout_at_the_end = 500ms;

} // namespace

std::chrono::milliseconds router_state::journal_patience() const {
  return shutting_down_ ? timeout_at_the_end : journal_timeout;
}

void router_state::load_journal() {
  self_->request(journal_, journal_timeout, journal_load{})
      .then([this](const journal_contents& contents) { recall(contents); },
            [this](const caf::error& e) { journal_failed(e); });
}

/// Requests with an id wait for the known ids; whatever else is a command waits with them, so that
/// a user's commands keep their order. Questions do not: they change nothing.
void router_state::hold(std::string op_id, protocol::request request, asker who, time_point since) {
  const auto refuse_it = [&](error why) {
    if (op_id.empty()) return refuse(who, std::move(why));
    finished({op_id, std::move(why), {}, {}});
  };
  if (journal_silent_) return refuse_it({errc::internal, "the request journal does not answer"});
  if (held_.size() >= max_held) {
    platform::log(log_level::warn, name, "command.refused",
                  "too many requests wait for the journal");
    return refuse_it({errc::capacity, "too many requests wait for the journal"});
  }
  held_.push_back({std::move(op_id), std::move(request), std::move(who), since});
}

void router_state::release_held() {
  for (auto& h : std::exchange(held_, {})) {
    if (shutting_down_) {
      error why{errc::shutting_down, "the node is shutting down"};
      if (h.op_id.empty()) {
        refuse(h.who, std::move(why));
      } else {
        finished({h.op_id, std::move(why), {}, {}});
      }
    } else if (h.op_id.empty()) {
      begin_journalled(std::move(h.request), std::move(h.who), h.since);
    } else {
      execute_command(h.op_id, h.request.what);
    }
  }
}

/// From here on nothing more is put into its mailbox, which nobody empties, until it answers.
void router_state::journal_failed(const caf::error& why) {
  if (std::exchange(journal_silent_, true)) return;
  platform::log(log_level::error, name, "journal.silent",
                "the request journal does not answer; requests with an id are refused",
                {{"reason", caf::to_string(why)}});
  release_held();
  // A dead one is replaced, and this actor with it.
  if (why == caf::sec::request_timeout) probe_journal();
}

void router_state::probe_journal() {
  self_->request(journal_, journal_timeout, journal_probe{})
      .then(
          [this](const journal_done&) {
            journal_silent_ = false;
            platform::log(log_level::info, name, "journal.answers",
                          "the request journal answers again");
            if (!recalled_) load_journal();
          },
          [this](const caf::error& e) {
            if (e == caf::sec::request_timeout) probe_journal();
          });
}

// ---- the drain
// ------------------------------------------------------------------------------------------------------------------

caf::result<drained> router_state::drain() {
  shutting_down_ = true;
  release_held();
  if (!claiming_) leave_to_the_next_life();
  self_->send(fleet_, begin_shutdown{});
  if (idle()) return drained{};
  self_->delayed_send(self_, timeout_at_the_end, drain_due{});
  draining_.push_back(self_->make_response_promise<drained>());
  return caf::delegated<drained>{};
}

/// What waits for the journal since before the drain has waited long enough. An answer that is not
/// journalled is found again after the restart, from what exists.
void router_state::drain_without_the_journal() {
  std::vector<std::string> answered;
  std::vector<std::string> not_begun;
  for (const auto& [op_id, p] : pending_) {
    if (p.answer) {
      answered.push_back(op_id);
    } else if (p.journalled && !p.begun) {
      not_begun.push_back(op_id);
    }
  }
  for (const auto& op_id : answered)
    send_journalled(op_id);
  for (const auto& op_id : not_begun) {
    finished({op_id, error{errc::shutting_down, "the node is shutting down"}, {}, {}});
    send_journalled(op_id);
  }
}

void router_state::check_drained() {
  if (!shutting_down_ || !idle()) return;
  for (auto& promise : std::exchange(draining_, {}))
    promise.deliver(drained{});
}

} // namespace dockhost::actors
