// SPDX-License-Identifier: MIT
#include "actors/node/journal_actor.hpp"

#include "actors/actor_support.hpp"
#include "platform/fault_point.hpp"

#include <utility>

namespace dockhost::actors {

namespace {

using namespace std::chrono_literals;
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
  self_->delayed_send(self_, purge_interval, journal_purge_due{});
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
        platform::fault_point("journal.begin.before");
        const auto answer = done(journal_->begin(b.entry), "begin");
        platform::fault_point("journal.begin.after");
        return answer;
      },
      [this](const journal_answer& a) {
        platform::fault_point("journal.answer.before");
        const auto answer =
            done(journal_->answer(a.op_id, a.answer, a.undelivered, env_->unix_ms()), "answer");
        platform::fault_point("journal.answer.after");
        return answer;
      },
      [](journal_probe) { return journal_done{}; },
      [this](const journal_delivered& d) {
        platform::fault_point("journal.delivered.before");
        done(journal_->mark_delivered(d.op_id), "mark_delivered");
        platform::fault_point("journal.delivered.after");
      },
      [this](const journal_quarantine& q) {
        platform::fault_point("journal.quarantine.before");
        done(journal_->set_quarantine(q.block.base, q.until_ms), "quarantine");
        platform::fault_point("journal.quarantine.after");
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
  done(journal_->purge(env_->unix_ms() - keep.count()), "purge");
  self_->delayed_send(self_, purge_interval, journal_purge_due{});
}

journal_actor::behavior_type journal_behavior(self_pointer<journal_actor, journal_state> self,
                                              environment_ptr env,
                                              std::shared_ptr<store::journal> journal) {
  return self->state.behave(std::move(env), std::move(journal));
}

} // namespace dockhost::actors
