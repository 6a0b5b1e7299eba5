// SPDX-License-Identifier: MIT
// Every step meets every event: the table is total, and the rules of lifecycle_words.hpp hold.
#include "lifecycle_words.hpp"

namespace dockhost::lifecycle {
namespace {

using container = container_state;

constexpr fault faults[] = {fault::unreachable,   fault::timeout,    fault::not_found,
                            fault::no_such_image, fault::name_taken, fault::port_taken,
                            fault::conflict,      fault::failed};
constexpr container states[] = {container::absent,     container::creating, container::created,
                                container::starting,   container::running,  container::paused,
                                container::restarting, container::stopping, container::stopped,
                                container::dead,       container::deleting, container::unknown};
constexpr step steps[] = {
    step::idle,         step::pulling,          step::reserving,     step::creating,
    step::installing,   step::first_start,      step::awaiting_ssh,  step::next_block,
    step::rolling_back, step::finding_leftover, step::finding_owner, step::starting,
    step::unpausing,    step::stopping,         step::removing,      step::remove_again,
    step::looking};

std::vector<event> all_events() {
  std::vector<event> all = {create_wanted{"op-2", "image", std::nullopt},
                            start_wanted{},
                            stop_wanted{},
                            delete_wanted{},
                            image_pulled{},
                            ports_reserved{port_block{2000}},
                            ports_refused{{errc::ports_exhausted, "none"}},
                            container_created{"new", "2024", "SHA256:n"},
                            files_installed{},
                            container_started{false, {}},
                            container_started{true, {}},
                            ssh_answered{},
                            ssh_silent{"nothing"},
                            container_unpaused{false},
                            container_unpaused{true},
                            container_stopped{false},
                            container_stopped{true},
                            container_removed{},
                            container_absent{},
                            deadline_passed{},
                            shutdown_begun{},
                            engine_lost{},
                            look_wanted{},
                            news_heard{"seen", container::running},
                            news_heard{"seen", container::absent},
                            news_heard{"other", container::created},
                            news_heard{"seen", std::nullopt},
                            retry_due{}};
  for (const auto f : faults)
    all.emplace_back(call_failed{{f, "why"}});
  for (const auto s : states) {
    if (s == container::absent) continue;
    for (const char* op : {"op-1", "op-9"}) {
      container_facts f;
      f.id = "seen";
      f.op_id = op;
      f.block = port_block{3000};
      all.emplace_back(container_observed{s, f});
    }
  }
  return all;
}

bool in_create(step s) {
  switch (s) {
  case step::pulling:
  case step::reserving:
  case step::creating:
  case step::installing:
  case step::first_start:
  case step::awaiting_ssh:
  case step::next_block:
  case step::rolling_back:
  case step::finding_leftover:
  case step::finding_owner: return true;
  case step::idle:
  case step::starting:
  case step::unpausing:
  case step::stopping:
  case step::removing:
  case step::remove_again:
  case step::looking: return false;
  }
  return false;
}

/// The models that a step can meet: what the create has got so far, and what befell it.
std::vector<model> models_at(step where) {
  std::vector<model> all;
  model base;
  base.at = where;
  if (where == step::idle || where == step::looking) {
    for (const auto s : states) {
      base.state = s;
      base.facts = {};
      if (s != container::absent) {
        base.facts.id = "c1";
        base.facts.block = port_block{1024};
      }
      all.push_back(base);
    }
  } else {
    base.op = operation{};
    base.op->op_id = "op-1";
    base.op->image = "image";
    const bool create = in_create(where);
    base.op->kind = create ? command_kind::create : command_kind::stop;
    base.state = create ? container::creating : container::stopping;
    const bool has_id = !create || where == step::installing || where == step::first_start ||
                        where == step::awaiting_ssh || where == step::next_block ||
                        where == step::rolling_back;
    if (has_id) base.facts.id = "c1";
    if (where != step::reserving && where != step::pulling) base.facts.block = port_block{1024};
    if (create) base.op->blocks_tried = where == step::pulling ? 0 : 1;
    all.push_back(base);
    auto last_block = base;
    last_block.op->blocks_tried = 8;
    last_block.op->pulled = true;
    all.push_back(last_block);
    for (const bool answered : {false, true}) {
      // A failure is known, answered already (the deadline) or not.
      auto failing = base;
      failing.op->failure = error{errc::timeout, "late"};
      failing.op->answered = answered;
      all.push_back(failing);
    }
    if (!create) {
      auto late = base;
      late.op->answered = true;
      all.push_back(late);
    }
    if (where == step::pulling) {
      auto with_block = base;
      with_block.facts.block = port_block{1024};
      all.push_back(with_block);
    }
  }
  const auto n = all.size();
  for (std::size_t i = 0; i < n; ++i) {
    auto heard = all[i];
    heard.look_needed = true;
    all.push_back(heard);
    auto doomed = all[i];
    doomed.doomed_op = "op-1";
    all.push_back(doomed);
  }
  return all;
}

TEST(lifecycle, every_step_takes_every_event) {
  const auto events = all_events();
  std::size_t pairs = 0;
  for (const auto where : steps) {
    for (const auto& before : models_at(where)) {
      for (const auto& what : events) {
        // Commands are only fed while not busy.
        if (before.busy() && test::is_command(what)) {
          const auto turn = advance(before, what, {});
          ASSERT_TRUE(turn.actions.empty());
          continue;
        }
        for (const auto pull : {pull_policy::missing, pull_policy::always, pull_policy::never}) {
          for (const bool ssh : {true, false}) {
            const auto turn = advance(before, what, {pull, ssh, 8});
            ++pairs;
            ASSERT_EQ(test::broken_rule(before, what, turn), "")
                << "at " << to_string(where) << ", state " << dockhost::to_string(before.state)
                << ", event " << what.index() << ": " << test::words(turn.actions);
          }
        }
      }
    }
  }
  EXPECT_GT(pairs, 10'000U);
}

TEST(lifecycle, every_step_has_a_name_of_its_own) {
  std::vector<std::string_view> names;
  for (const auto s : steps)
    names.push_back(to_string(s));
  std::sort(names.begin(), names.end());
  EXPECT_EQ(std::adjacent_find(names.begin(), names.end()), names.end());
}

} // namespace
} // namespace dockhost::lifecycle
