// SPDX-License-Identifier: MIT
#include "actors/node/journal_actor.hpp"

#include "actors/actor_support.hpp"
#include "platform/fault_point.hpp"

#include <utility>

namespace dockhost::actors {

namespace {

using namespace std::chrono_literals;
using platform::fault_call;
using platform::fault_point;
using platform::fault_side;
using platform::log_level;

constexpr auto purge_interval = 60s;

} // namespace

journal_state::journal_state(self_ptr self) : self_(self) {}

journal_actor::behavior_type journal_state::behave(environment_ptr env,
                                                   std::shared_ptr<store::journal> journal) {
  quiet_defaults(self_, name);
  env_ = std::move(env);
  count_while_alive(self_, env_->metrics, actor_kind::journal);
  journal_ = std::move(journal);
  self_->send(self_, journal_purge_due{});
  return {
      [this](journal_load) {
        journal_contents contents;
        auto loaded = journal_->load();
        if (loaded.ok()) {
          contents.entries = std::move(loaded).value();
        } else {
          platform::log(log_level::error, name, "journal.unreadable", loaded.err().message);
        }
        auto quarantined = journal_->quarantines();
        if (quarantined.ok()) contents.quarantined = std::move(quarantined).value();
        return contents;
      },
      [this](const journal_begin& b) {
        fault_point(fault_call::journal_begin, fault_side::before);
        const auto answer = done(journal_->begin(b.entry), "begin");
        fault_point(fault_call::journal_begin, fault_side::after);
        return answer;
      },
      [this](const journal_answer& a) {
        fault_point(fault_call::journal_answer, fault_side::before);
        const auto answer =
            done(journal_->answer(a.op_id, a.answer, a.undelivered, env_->unix_ms()), "answer");
        fault_point(fault_call::journal_answer, fault_side::after);
        return answer;
      },
      [](journal_probe) { return journal_done{}; },
      [this](const journal_delivered& d) {
        fault_point(fault_call::journal_delivered, fault_side::before);
        done(journal_->mark_delivered(d.op_id), "mark_delivered");
        fault_point(fault_call::journal_delivered, fault_side::after);
      },
      [this](const journal_quarantine& q) {
        fault_point(fault_call::journal_quarantine, fault_side::before);
        done(journal_->set_quarantine(q.block.base, q.until_ms), "quarantine");
        fault_point(fault_call::journal_quarantine, fault_side::after);
      },
      [this](journal_purge_due) { purge(); },
  };
}

journal_done journal_state::done(const result<unit>& r, const char* doing) {
  if (r.ok()) return {};
  platform::log(log_level::error, name, "journal.failed", r.err().message, {{"operation", doing}});
  return {r.err()};
}

void journal_state::purge() {
  const auto keep =
      std::chrono::duration_cast<std::chrono::milliseconds>(env_->config.journal.keep);
  fault_point(fault_call::journal_purge, fault_side::before);
  done(journal_->purge(env_->unix_ms() - keep.count()), "purge");
  fault_point(fault_call::journal_purge, fault_side::after);
  self_->delayed_send(self_, purge_interval, journal_purge_due{});
}

journal_actor::behavior_type journal_behavior(self_pointer<journal_actor, journal_state> self,
                                              environment_ptr env,
                                              std::shared_ptr<store::journal> journal) {
  return self->state.behave(std::move(env), std::move(journal));
}

} // namespace dockhost::actors
