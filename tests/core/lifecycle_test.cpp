// SPDX-License-Identifier: MIT
// The table of docs/architecture.md, "The lifecycle", in cases. lifecycle_total_test.cpp tries
// every step with every event, lifecycle_walk_test.cpp walks at random over an engine that can
// fail.
#include "lifecycle_words.hpp"

namespace dockhost::lifecycle {
namespace {

using container = container_state;
using test::life;

constexpr port_block first_block{1024};
constexpr port_block second_block{1027};

call_failed failed(fault what) {
  return {{what, "the engine said so"}};
}

create_wanted create() {
  return {"op-1", "image", std::nullopt};
}

container_facts facts(std::string id, std::string op = "op-1", port_block block = first_block) {
  return {std::move(id), "dockhost-ann", "image", "2024-01-02T03:04:05.000000+00:00",
          "SHA256:x",    std::move(op),  block,   {}};
}

container_observed observed(container state, container_facts f) {
  return {state, std::move(f)};
}

/// A model that has taken over a container in that state.
life with(container state, policy rules = {}) {
  life l(rules);
  EXPECT_EQ(l.turn(observed(state, facts("c1"))), "adopt:1024");
  return l;
}

/// A create that has come as far as the step named.
life creating_until(step where, policy rules = {}) {
  life l(rules);
  l.turn(create());
  const std::vector<event> way = {ports_reserved{first_block},
                                  container_created{"c1", "2024", "SHA256:x"}, files_installed{},
                                  container_started{}};
  for (const auto& e : way) {
    if (l.now.at == where) return l;
    l.turn(e);
  }
  EXPECT_EQ(l.now.at, where);
  return l;
}

// ---- create

TEST(lifecycle, create_goes_step_by_step_until_ssh_answers) {
  life l;
  EXPECT_EQ(l.turn(create_wanted{"op-1", "image", 2048}), "reserve");
  EXPECT_EQ(std::get<reserve_ports>(l.last[0]).hint, 2048);
  EXPECT_EQ(l.now.state, container::creating);
  EXPECT_EQ(l.turn(ports_reserved{first_block}), "create:1024");
  EXPECT_EQ(std::get<create_container>(l.last[0]).op_id, "op-1");
  EXPECT_EQ(l.turn(container_created{"c1", "2024", "SHA256:x"}), "install:c1");
  EXPECT_EQ(l.turn(files_installed{}), "start:c1");
  EXPECT_EQ(l.turn(container_started{}), "ssh:1024");
  EXPECT_EQ(l.now.state, container::creating);
  EXPECT_EQ(l.turn(ssh_answered{}), "ok+data");
  EXPECT_EQ(l.now.state, container::running);
  const auto& data = *l.answered().data;
  EXPECT_EQ(data.id, "c1");
  EXPECT_EQ(data.op_id, "op-1");
  EXPECT_EQ(data.image, "image");
  EXPECT_EQ(data.fingerprint, "SHA256:x");
  EXPECT_EQ(data.block, first_block);
}

TEST(lifecycle, create_without_ssh_wait_ends_with_the_start) {
  auto l = creating_until(step::first_start, {pull_policy::missing, false, 8});
  EXPECT_EQ(l.turn(container_started{}), "ok+data");
  EXPECT_EQ(l.now.state, container::running);
  EXPECT_FALSE(l.now.busy());
}

TEST(lifecycle, pull_policy_missing_pulls_when_the_image_is_missing_and_only_once) {
  auto l = creating_until(step::creating);
  EXPECT_EQ(l.turn(failed(fault::no_such_image)), "pull");
  EXPECT_EQ(std::get<pull_image>(l.last[0]).image, "image");
  // The block is kept over the pull.
  EXPECT_EQ(l.turn(image_pulled{}), "create:1024");
  EXPECT_EQ(l.turn(failed(fault::no_such_image)), "release err:image_unavailable");
  EXPECT_EQ(l.now.state, container::absent);
}

TEST(lifecycle, pull_policy_always_pulls_first) {
  life l({pull_policy::always, true, 8});
  EXPECT_EQ(l.turn(create()), "pull");
  EXPECT_EQ(l.turn(image_pulled{}), "reserve");
  EXPECT_EQ(l.turn(ports_reserved{first_block}), "create:1024");
}

TEST(lifecycle, pull_policy_never_names_the_image) {
  auto l = creating_until(step::creating, {pull_policy::never, true, 8});
  EXPECT_EQ(l.turn(failed(fault::no_such_image)), "release err:image_unavailable");
  EXPECT_NE(l.answered().failure->message.find("image"), std::string::npos);
}

TEST(lifecycle, pull_that_fails_is_image_unavailable_and_leaves_nothing) {
  for (const auto what : {fault::failed, fault::no_such_image, fault::not_found}) {
    auto l = creating_until(step::creating);
    l.turn(failed(fault::no_such_image));
    EXPECT_EQ(l.turn(failed(what)), "release err:image_unavailable");
    EXPECT_EQ(l.now.state, container::absent);
    EXPECT_NE(l.answered().failure->message.find("image image"), std::string::npos);
  }
  auto l = creating_until(step::creating);
  l.turn(failed(fault::no_such_image));
  EXPECT_EQ(l.turn(failed(fault::timeout)), "release err:timeout");
}

TEST(lifecycle, ports_exhausted_leaves_nothing) {
  life l;
  l.turn(create());
  EXPECT_EQ(l.turn(ports_refused{{errc::ports_exhausted, "none left"}}),
            "release err:ports_exhausted");
  EXPECT_EQ(l.now.state, container::absent);
}

TEST(lifecycle, port_taken_means_quarantine_and_the_next_block) {
  auto l = creating_until(step::first_start);
  EXPECT_EQ(l.turn(failed(fault::port_taken)), "quarantine:1024 remove:c1");
  EXPECT_EQ(l.turn(container_removed{}), "reserve");
  EXPECT_EQ(l.turn(ports_reserved{second_block}), "create:1027");
  EXPECT_EQ(l.turn(container_created{"c2", "2024", "SHA256:y"}), "install:c2");
  EXPECT_EQ(l.turn(files_installed{}), "start:c2");
  EXPECT_EQ(l.turn(container_started{}), "ssh:1027");
  EXPECT_EQ(l.turn(ssh_answered{}), "ok+data");
  EXPECT_EQ(l.answered().data->block, second_block);
}

TEST(lifecycle, port_taken_eight_times_is_the_end) {
  life l;
  l.turn(create());
  for (std::uint16_t n = 1; n <= 8; ++n) {
    const auto base = static_cast<std::uint16_t>(1024 + 3 * n);
    ASSERT_EQ(l.turn(ports_reserved{port_block{base}}), "create:" + std::to_string(base));
    l.turn(container_created{"c", "2024", "SHA256:x"});
    l.turn(files_installed{});
    ASSERT_EQ(l.turn(failed(fault::port_taken)),
              "quarantine:" + std::to_string(base) + " remove:c");
    if (n < 8) {
      ASSERT_EQ(l.turn(container_removed{}), "reserve");
    }
  }
  EXPECT_EQ(l.turn(container_removed{}), "release err:ports_exhausted");
  EXPECT_NE(l.answered().failure->message.find("Port already in use"), std::string::npos);
}

TEST(lifecycle, create_refused_by_the_engine_leaves_nothing) {
  for (const auto what : {fault::failed, fault::conflict, fault::not_found}) {
    auto l = creating_until(step::creating);
    const auto said = l.turn(failed(what));
    EXPECT_TRUE(said.starts_with("release err:")) << said;
    EXPECT_NE(l.answered().failure->message.find("Unable to create container"), std::string::npos);
  }
}

TEST(lifecycle, lost_create_looks_for_a_leftover_by_its_op_id) {
  for (const auto what : {fault::timeout, fault::unreachable}) {
    const std::string code = what == fault::timeout ? "err:timeout" : "err:engine_unavailable";
    auto l = creating_until(step::creating);
    EXPECT_EQ(l.turn(failed(what)), "look");
    auto nothing_left = l;
    EXPECT_EQ(nothing_left.turn(container_absent{}), "release " + code);
    auto left = l;
    EXPECT_EQ(left.turn(observed(container::created, facts("c9", "op-1"))), "remove:c9");
    EXPECT_EQ(left.turn(container_removed{}), "release " + code);
    EXPECT_EQ(left.now.state, container::absent);
  }
}

TEST(lifecycle, lost_create_keeps_hands_off_another_creates_container) {
  auto l = creating_until(step::creating);
  l.turn(failed(fault::timeout));
  EXPECT_EQ(l.turn(observed(container::running, facts("c9", "op-0", second_block))),
            "release adopt:1027 err:timeout");
  EXPECT_EQ(l.now.state, container::running);
  EXPECT_EQ(l.now.facts.id, "c9");
  auto cut = creating_until(step::creating);
  cut.turn(failed(fault::timeout));
  EXPECT_EQ(cut.turn(observed(container::created, facts("c9", "op-0", second_block))),
            "release adopt:1027 err:timeout look");
}

TEST(lifecycle, lost_create_and_a_lost_look_are_looked_at_once_more) {
  auto l = creating_until(step::creating);
  l.turn(failed(fault::unreachable));
  EXPECT_EQ(l.turn(failed(fault::unreachable)), "err:engine_unavailable look");
  EXPECT_EQ(l.turn(failed(fault::unreachable)), "");
  EXPECT_EQ(l.now.state, container::unknown);
  // The block stays taken until the engine has been seen without the container.
  EXPECT_EQ(l.turn(container_absent{}), "release");
}

TEST(lifecycle, name_taken_by_our_own_container_is_a_conflict_with_its_data) {
  auto l = creating_until(step::creating);
  EXPECT_EQ(l.turn(failed(fault::name_taken)), "look");
  EXPECT_EQ(l.turn(observed(container::stopped, facts("c9", "op-0", second_block))),
            "release adopt:1027 err:conflict+data");
  EXPECT_EQ(l.answered().data->id, "c9");
  EXPECT_EQ(l.now.state, container::stopped);
}

TEST(lifecycle, name_taken_by_a_stranger_is_a_conflict_and_nothing_is_touched) {
  auto l = creating_until(step::creating);
  l.turn(failed(fault::name_taken));
  EXPECT_EQ(l.turn(failed(fault::conflict)), "release err:conflict");
  EXPECT_EQ(l.now.state, container::absent);
}

TEST(lifecycle, name_taken_by_a_create_that_was_cut_off_is_cleared_away) {
  auto l = creating_until(step::creating);
  l.turn(failed(fault::name_taken));
  EXPECT_EQ(l.turn(observed(container::created, facts("c9", "op-0"))), "remove:c9");
  EXPECT_EQ(l.turn(container_removed{}), "reserve");
  EXPECT_EQ(l.turn(ports_reserved{first_block}), "create:1024");
}

TEST(lifecycle, name_taken_by_nothing_is_tried_again_but_not_for_ever) {
  auto l = creating_until(step::creating);
  for (int n = 1; n < 8; ++n) {
    ASSERT_EQ(l.turn(failed(fault::name_taken)), "look");
    ASSERT_EQ(l.turn(container_absent{}), "create:1024");
  }
  EXPECT_EQ(l.turn(failed(fault::name_taken)), "look");
  EXPECT_EQ(l.turn(container_absent{}), "release err:conflict");
}

TEST(lifecycle, install_that_fails_is_rolled_back) {
  auto l = creating_until(step::installing);
  EXPECT_EQ(l.turn(failed(fault::failed)), "remove:c1");
  EXPECT_EQ(l.turn(container_removed{}), "release err:internal");
}

TEST(lifecycle, start_that_fails_is_rolled_back) {
  auto l = creating_until(step::first_start);
  EXPECT_EQ(l.turn(failed(fault::failed)), "remove:c1");
  EXPECT_EQ(l.turn(container_removed{}), "release err:internal");
  EXPECT_NE(l.answered().failure->message.find("Unable to create container"), std::string::npos);
}

TEST(lifecycle, silent_ssh_is_rolled_back) {
  auto l = creating_until(step::awaiting_ssh);
  EXPECT_EQ(l.turn(ssh_silent{"no banner"}), "remove:c1");
  EXPECT_EQ(l.turn(container_removed{}), "release err:timeout");
  EXPECT_NE(l.answered().failure->message.find("no banner"), std::string::npos);
}

TEST(lifecycle, rollback_that_fails_keeps_the_ports_until_the_container_is_gone) {
  auto l = creating_until(step::installing);
  l.turn(failed(fault::failed));
  EXPECT_EQ(l.turn(failed(fault::failed)), "err:internal look");
  EXPECT_EQ(l.now.state, container::unknown);
  // It is still there: away with it, and if that fails again, not in a circle.
  EXPECT_EQ(l.turn(observed(container::created, facts("c1"))), "adopt:1024 remove:c1");
  EXPECT_EQ(l.turn(failed(fault::failed)), "");
  EXPECT_FALSE(l.now.busy());
  // The next relist tries again.
  EXPECT_EQ(l.turn(observed(container::created, facts("c1"))), "adopt:1024 remove:c1");
  EXPECT_EQ(l.turn(container_removed{}), "release");
  EXPECT_EQ(l.now.state, container::absent);
}

TEST(lifecycle, failed_create_that_could_not_be_rolled_back_goes_when_it_is_seen_again) {
  auto l = creating_until(step::awaiting_ssh);
  l.turn(ssh_silent{"no banner"});
  EXPECT_EQ(l.turn(failed(fault::unreachable)), "err:timeout look");
  EXPECT_EQ(l.turn(failed(fault::unreachable)), "");
  // The engine is back, and the container runs: its create was answered as failed.
  EXPECT_EQ(l.turn(observed(container::running, facts("c1"))), "adopt:1024 remove:c1");
  EXPECT_EQ(l.turn(container_removed{}), "release");
  EXPECT_EQ(l.now.state, container::absent);
}

TEST(lifecycle, deadline_in_every_step_of_a_create_ends_with_nothing_left) {
  struct {
    step where;
    event call_ends;
    std::string at_deadline;
    std::string after_it;
  } const rows[] = {
      {step::reserving, ports_reserved{first_block}, "err:timeout", "release"},
      {step::creating, container_created{"c1", "", ""}, "err:timeout", "remove:c1"},
      {step::creating, failed(fault::failed), "err:timeout", "release"},
      {step::creating, failed(fault::no_such_image), "err:timeout", "release"},
      {step::creating, failed(fault::name_taken), "err:timeout", "look"},
      {step::installing, files_installed{}, "err:timeout", "remove:c1"},
      {step::first_start, container_started{}, "err:timeout", "remove:c1"},
      {step::first_start, failed(fault::port_taken), "err:timeout", "quarantine:1024 remove:c1"},
  };
  for (const auto& row : rows) {
    auto l = creating_until(row.where);
    EXPECT_EQ(l.turn(deadline_passed{}), row.at_deadline) << to_string(row.where);
    EXPECT_EQ(l.turn(row.call_ends), row.after_it) << to_string(row.where);
    if (l.now.at == step::finding_owner) {
      EXPECT_EQ(l.turn(container_absent{}), "release");
    } else if (l.now.at == step::rolling_back) {
      EXPECT_EQ(l.turn(container_removed{}), "release");
    }
    EXPECT_EQ(l.now.state, container::absent) << to_string(row.where);
    EXPECT_FALSE(l.now.busy());
  }
  // What waits without a call on the container ends at once.
  auto pulling = creating_until(step::creating);
  pulling.turn(failed(fault::no_such_image));
  EXPECT_EQ(pulling.turn(deadline_passed{}), "err:timeout release");
  auto ssh = creating_until(step::awaiting_ssh);
  EXPECT_EQ(ssh.turn(deadline_passed{}), "err:timeout remove:c1");
  EXPECT_EQ(ssh.turn(container_removed{}), "release");
  auto rolling = creating_until(step::installing);
  rolling.turn(failed(fault::conflict));
  EXPECT_EQ(rolling.turn(deadline_passed{}), "err:conflict");
  EXPECT_EQ(rolling.turn(container_removed{}), "release");
}

TEST(lifecycle, deadline_of_a_short_command_answers_and_the_work_goes_on) {
  auto l = with(container::running);
  l.turn(stop_wanted{});
  EXPECT_EQ(l.turn(deadline_passed{}), "err:timeout");
  EXPECT_TRUE(l.now.busy());
  EXPECT_EQ(l.turn(deadline_passed{}), "");
  EXPECT_EQ(l.turn(container_stopped{}), "");
  EXPECT_EQ(l.now.state, container::stopped);
}

TEST(lifecycle, shutdown_gives_up_a_pull_and_finishes_everything_else) {
  auto l = creating_until(step::creating);
  EXPECT_EQ(l.turn(shutdown_begun{}), "");
  l.turn(failed(fault::no_such_image));
  EXPECT_EQ(l.turn(shutdown_begun{}), "release err:shutting_down");
  EXPECT_EQ(l.now.state, container::absent);
}

TEST(lifecycle, second_create_is_a_conflict_with_the_existing_data) {
  for (const auto state :
       {container::running, container::stopped, container::paused, container::dead}) {
    auto l = with(state);
    EXPECT_EQ(l.turn(create_wanted{"op-2", "image", std::nullopt}), "err:conflict+data");
    EXPECT_EQ(l.answered().data->id, "c1");
    EXPECT_EQ(l.now.state, state);
  }
  life unknown;
  unknown.now.state = container::unknown;
  EXPECT_EQ(unknown.turn(create()), "err:engine_unavailable");
}

// ---- start

TEST(lifecycle, start_of_a_stopped_container) {
  auto l = with(container::stopped);
  EXPECT_EQ(l.turn(start_wanted{}), "start:c1");
  EXPECT_EQ(l.now.state, container::starting);
  EXPECT_EQ(l.turn(container_started{false, {}}), "ok+data");
  EXPECT_EQ(l.answered().message, "container started");
  EXPECT_EQ(l.now.state, container::running);
}

TEST(lifecycle, start_of_a_running_container_succeeds_and_says_so) {
  auto l = with(container::running);
  EXPECT_EQ(l.turn(start_wanted{}), "start:c1");
  EXPECT_EQ(l.now.state, container::running);
  EXPECT_EQ(l.turn(container_started{true, {}}), "ok+data");
  EXPECT_EQ(l.answered().message, "the container is already running");
}

TEST(lifecycle, start_of_a_paused_container_unpauses_it) {
  auto l = with(container::paused);
  EXPECT_EQ(l.turn(start_wanted{}), "unpause:c1");
  EXPECT_EQ(l.turn(container_unpaused{}), "ok+data");
  EXPECT_EQ(l.now.state, container::running);
}

TEST(lifecycle, start_of_a_container_that_somebody_paused_meanwhile) {
  auto l = with(container::stopped);
  l.turn(start_wanted{});
  EXPECT_EQ(l.turn(failed(fault::conflict)), "unpause:c1");
  auto not_paused = l;
  EXPECT_EQ(l.turn(container_unpaused{false}), "ok+data");
  // Not paused at all: what forbade the start is found out at once.
  EXPECT_EQ(not_paused.turn(container_unpaused{true}), "ok+data look");
}

TEST(lifecycle, start_and_stop_of_an_absent_container_are_not_found) {
  life l;
  EXPECT_EQ(l.turn(start_wanted{}), "err:not_found");
  EXPECT_EQ(l.turn(stop_wanted{}), "err:not_found");
}

TEST(lifecycle, commands_while_the_engine_is_unknown_are_refused_as_retryable) {
  auto l = with(container::running);
  EXPECT_EQ(l.turn(engine_lost{}), "");
  EXPECT_EQ(l.now.state, container::unknown);
  EXPECT_EQ(l.turn(start_wanted{}), "err:engine_unavailable");
  EXPECT_EQ(l.turn(stop_wanted{}), "err:engine_unavailable");
  EXPECT_TRUE(retryable(l.answered().failure->code));
  life never_seen;
  never_seen.now.state = container::unknown;
  EXPECT_EQ(never_seen.turn(delete_wanted{}), "err:engine_unavailable");
}

TEST(lifecycle, start_that_meets_a_taken_port_names_it) {
  auto l = with(container::stopped);
  l.turn(start_wanted{});
  EXPECT_EQ(l.turn(failed(fault::port_taken)), "err:ports_exhausted look");
  EXPECT_NE(l.answered().failure->message.find("Port already in use"), std::string::npos);
  // Its ports stay its own.
  EXPECT_EQ(l.turn(observed(container::stopped, facts("c1"))), "adopt:1024");
}

TEST(lifecycle, short_command_on_a_container_that_went_away_is_not_found) {
  auto start = with(container::stopped);
  start.turn(start_wanted{});
  EXPECT_EQ(start.turn(failed(fault::not_found)), "release err:not_found");
  EXPECT_EQ(start.now.state, container::absent);
  auto stop = with(container::running);
  stop.turn(stop_wanted{});
  EXPECT_EQ(stop.turn(failed(fault::not_found)), "release err:not_found");
}

TEST(lifecycle, short_command_that_fails_is_followed_by_a_look) {
  auto l = with(container::running);
  l.turn(stop_wanted{});
  EXPECT_EQ(l.turn(failed(fault::timeout)), "err:timeout look");
  EXPECT_EQ(l.now.state, container::unknown);
  EXPECT_EQ(l.turn(observed(container::stopped, facts("c1"))), "adopt:1024");
  EXPECT_EQ(l.now.state, container::stopped);
}

// ---- stop

TEST(lifecycle, stop_of_a_running_container) {
  auto l = with(container::running);
  EXPECT_EQ(l.turn(stop_wanted{}), "stop:c1");
  EXPECT_EQ(l.now.state, container::stopping);
  EXPECT_EQ(l.turn(container_stopped{false}), "ok+data");
  EXPECT_EQ(l.now.state, container::stopped);
}

TEST(lifecycle, stop_of_a_stopped_container_succeeds_and_says_so) {
  auto l = with(container::stopped);
  EXPECT_EQ(l.turn(stop_wanted{}), "stop:c1");
  EXPECT_EQ(l.turn(container_stopped{true}), "ok+data");
  EXPECT_EQ(l.answered().message, "the container is already stopped");
}

// ---- delete

TEST(lifecycle, delete_works_from_every_state) {
  for (const auto state : {container::running, container::paused, container::restarting,
                           container::stopped, container::dead, container::deleting}) {
    auto l = with(state);
    EXPECT_EQ(l.turn(delete_wanted{}), "remove:c1") << to_string(state);
    EXPECT_EQ(l.now.state, container::deleting);
    EXPECT_EQ(l.turn(container_removed{}), "release ok+data");
    EXPECT_EQ(l.answered().data->id, "c1");
    EXPECT_EQ(l.now.state, container::absent);
  }
  auto unknown = with(container::running);
  unknown.turn(engine_lost{});
  EXPECT_EQ(unknown.turn(delete_wanted{}), "remove:c1");
}

TEST(lifecycle, delete_of_an_absent_container_succeeds) {
  life l;
  EXPECT_EQ(l.turn(delete_wanted{}), "ok");
}

TEST(lifecycle, delete_of_a_container_that_went_away_succeeds) {
  auto l = with(container::running);
  l.turn(delete_wanted{});
  EXPECT_EQ(l.turn(failed(fault::not_found)), "release ok+data");
}

TEST(lifecycle, delete_with_a_removal_in_progress_waits_for_its_end) {
  auto l = with(container::running);
  l.turn(delete_wanted{});
  EXPECT_EQ(l.turn(failed(fault::conflict)), "pause");
  EXPECT_EQ(l.turn(retry_due{}), "remove:c1");
  EXPECT_EQ(l.turn(failed(fault::conflict)), "pause");
  EXPECT_EQ(l.turn(deadline_passed{}), "err:timeout");
  EXPECT_EQ(l.turn(retry_due{}), "remove:c1");
  EXPECT_EQ(l.turn(container_removed{}), "release");
}

// ---- facts from elsewhere

TEST(lifecycle, engine_lost_while_idle_makes_the_state_unknown) {
  auto l = with(container::stopped);
  EXPECT_EQ(l.turn(engine_lost{}), "");
  EXPECT_EQ(l.now.state, container::unknown);
  EXPECT_EQ(l.turn(observed(container::stopped, facts("c1"))), "adopt:1024");
  life none;
  none.turn(engine_lost{});
  EXPECT_EQ(none.now.state, container::absent);
}

TEST(lifecycle, facts_while_busy_mean_one_look_afterwards) {
  for (const event& news :
       std::vector<event>{engine_lost{}, look_wanted{}, observed(container::stopped, facts("c1")),
                          container_absent{}}) {
    auto l = with(container::stopped);
    l.turn(start_wanted{});
    EXPECT_EQ(l.turn(news), "");
    EXPECT_EQ(l.turn(news), "");
    EXPECT_EQ(l.turn(container_started{}), "ok+data look");
    EXPECT_EQ(l.turn(observed(container::running, facts("c1"))), "adopt:1024");
    EXPECT_FALSE(l.now.busy());
  }
}

TEST(lifecycle, news_of_ones_own_doing_cost_no_look) {
  const auto running = std::optional(container::running);
  auto l = creating_until(step::creating);
  l.turn(container_created{"c1", "", ""});
  EXPECT_EQ(l.turn(news_heard{"c1", container::created}), "");
  l.turn(files_installed{});
  l.turn(container_started{});
  EXPECT_EQ(l.turn(news_heard{"c1", running}), "");
  EXPECT_EQ(l.turn(ssh_answered{}), "ok+data");
  EXPECT_FALSE(l.now.busy());
  // Told of late: the same.
  EXPECT_EQ(l.turn(news_heard{"c1", container::created}), "");
  EXPECT_EQ(l.turn(news_heard{"c1", running}), "");
  l.turn(stop_wanted{});
  EXPECT_EQ(l.turn(news_heard{"c1", container::stopped}), "");
  EXPECT_EQ(l.turn(container_stopped{}), "ok+data");
  l.turn(delete_wanted{});
  EXPECT_EQ(l.turn(news_heard{"c1", container::absent}), "");
  EXPECT_EQ(l.turn(container_removed{}), "release ok+data");
  EXPECT_EQ(l.turn(news_heard{"c1", container::absent}), "");
}

TEST(lifecycle, news_of_anything_else_mean_a_look) {
  const news_heard rows[] = {{"c1", container::stopped},
                             {"c1", container::paused},
                             {"c1", container::absent},
                             {"c1", std::nullopt},
                             {"c2", container::running}};
  for (const auto& news : rows) {
    auto idle = with(container::running);
    EXPECT_EQ(idle.turn(news), "look") << news.id;
    auto busy = with(container::stopped);
    busy.turn(start_wanted{});
    EXPECT_EQ(busy.turn(news), "");
    EXPECT_EQ(busy.turn(container_started{}), "ok+data look") << news.id;
    // It ended again before its news came: the last of them counts.
    auto last = with(container::stopped);
    last.turn(start_wanted{});
    last.turn(news_heard{"c1", container::running});
    last.turn(news);
    EXPECT_EQ(last.turn(container_started{}), "ok+data look") << news.id;
    auto first = with(container::stopped);
    first.turn(start_wanted{});
    first.turn(news);
    first.turn(news_heard{"c1", container::running});
    EXPECT_EQ(first.turn(container_started{}), "ok+data") << news.id;
  }
  life none;
  EXPECT_EQ(none.turn(news_heard{"c1", container::created}), "look");
}

TEST(lifecycle, truth_wins_over_what_was_expected) {
  auto l = with(container::running);
  EXPECT_EQ(l.turn(observed(container::stopped, facts("c1"))), "adopt:1024");
  EXPECT_EQ(l.now.state, container::stopped);
  EXPECT_EQ(l.turn(observed(container::running, facts("c7", "op-7", second_block))), "adopt:1027");
  EXPECT_EQ(l.now.facts.id, "c7");
  EXPECT_EQ(l.turn(container_absent{}), "release");
  EXPECT_EQ(l.now.state, container::absent);
}

TEST(lifecycle, when_a_container_was_created_is_told_once_and_stays) {
  auto l = with(container::running);
  const auto created = l.now.facts.created;
  auto later = facts("c1");
  later.created = "2024-01-02T03:04:06.000000+00:00";
  l.turn(observed(container::stopped, later));
  EXPECT_EQ(l.now.facts.created, created);
  later.id = "c7";
  l.turn(observed(container::stopped, later));
  EXPECT_EQ(l.now.facts.created, later.created);
}

TEST(lifecycle, start_is_known_while_it_runs) {
  constexpr start_time first{1'000'000, 0};
  constexpr start_time second{2'000'000, 0};
  const auto seen = [](container state, start_time at) {
    auto f = facts("c1");
    f.started = at;
    return observed(state, f);
  };
  life l;
  l.turn(create());
  l.turn(ports_reserved{first_block});
  l.turn(container_created{"c1", "2024", "SHA256:x"});
  l.turn(files_installed{});
  l.turn(container_started{false, first});
  l.turn(ssh_answered{});
  EXPECT_EQ(l.now.facts.started, first);
  l.turn(seen(container::paused, {1'000'900, 3'600}));
  l.turn(engine_lost{});
  l.turn(seen(container::running, {1'000'900, 3'600}));
  EXPECT_EQ(l.now.facts.started, first) << "the same in words";
  l.turn(seen(container::running, second));
  EXPECT_EQ(l.now.facts.started, second) << "started anew while nobody looked";
  l.turn(stop_wanted{});
  l.turn(container_stopped{});
  EXPECT_EQ(l.now.facts.started, start_time());
  l.turn(start_wanted{});
  l.turn(container_started{true, first});
  EXPECT_EQ(l.now.facts.started, start_time()) << "somebody else started it";
  l.turn(seen(container::running, second));
  EXPECT_EQ(l.now.facts.started, second);
  l.turn(seen(container::stopped, {}));
  EXPECT_EQ(l.now.facts.started, start_time());
  l.turn(start_wanted{});
  l.turn(container_started{false, first});
  EXPECT_EQ(l.now.facts.started, first);
}

TEST(lifecycle, leftover_that_was_never_started_is_rolled_back) {
  life l;
  EXPECT_EQ(l.turn(observed(container::created, facts("c1", "op-0"))), "adopt:1024 remove:c1");
  EXPECT_EQ(l.turn(deadline_passed{}), "");
  EXPECT_EQ(l.turn(container_removed{}), "release");
  EXPECT_EQ(l.now.state, container::absent);
  EXPECT_FALSE(l.now.busy());
}

TEST(lifecycle, look_that_fails_changes_nothing_unless_the_engine_is_gone) {
  auto l = with(container::running);
  EXPECT_EQ(l.turn(look_wanted{}), "look");
  EXPECT_EQ(l.turn(failed(fault::failed)), "");
  EXPECT_EQ(l.now.state, container::running);
  l.turn(look_wanted{});
  l.turn(failed(fault::unreachable));
  EXPECT_EQ(l.now.state, container::unknown);
}

} // namespace
} // namespace dockhost::lifecycle
