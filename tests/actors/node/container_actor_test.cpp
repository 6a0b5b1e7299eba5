// SPDX-License-Identifier: MIT
// One user's container over the simulated engine: what the lifecycle's actions really do there.
#include "actors/node/container_actor.hpp"
#include "core/tar.hpp"
#include "docker/engine.hpp"
#include "fixture.hpp"

namespace dockhost::actors {
namespace {

using namespace std::chrono_literals;
using docker::call_kind;
using docker::engine_errc;
using docker::engine_error;
using lifecycle::command_kind;

class container_actor_test : public test::actor_world {
protected:
  void start() {
    journal_ = spawn_journal();
    docker_ = spawn_docker();
    ports_ = spawn_ports(journal_);
    outcomes_sink_ = recorder<outcome_sink_actor>(outcomes);
    changes_sink_ = recorder<inventory_listener_actor>(changes);
    container_ = spawn_container();
    settle();
  }

  container_actor spawn_container() {
    return track(system().spawn(container_behavior, env(), docker_, ports_, changes_sink_, "ann"));
  }

  std::string command(command_kind kind, std::chrono::milliseconds budget = 240s,
                      std::optional<std::uint16_t> hint = 10'000) {
    user_command c;
    c.op_id = "op-" + std::to_string(++ops_);
    c.kind = kind;
    c.username = "ann";
    c.create.public_key = key;
    c.create.port_hint = hint;
    c.budget = budget;
    const auto id = c.op_id;
    tell(container_, execute{std::move(c), outcomes_sink_});
    return id;
  }

  /// "ok", an error code, or "none" so far. More than one answer is a failure.
  std::string outcome(const std::string& op_id) {
    std::string text = "none";
    for (const auto& o : outcomes) {
      if (o.op_id != op_id) continue;
      EXPECT_EQ(text, "none") << "answered twice";
      text = o.failure ? std::string(to_string(o.failure->code)) : "ok";
    }
    return text;
  }

  std::string run(command_kind kind) {
    const auto id = command(kind);
    (void)until([&] { return outcome(id) != "none"; }, 300s);
    settle();
    return outcome(id);
  }

  void fault(call_kind kind, engine_errc code, int times = 1, bool after_effect = false) {
    docker::simulated_fault f;
    f.kind = kind;
    f.error = engine_error{code, "the engine said no"};
    f.times = times;
    f.after_effect = after_effect;
    engine().order(std::move(f));
  }

  [[nodiscard]] container_state state() const {
    return changes.empty() ? container_state::absent : changes.back().view.state;
  }

  /// Whether the user holds no ports: then somebody else gets the block at once.
  bool ports_are_free(std::uint16_t base = 10'000) {
    const auto got = ask<block_answer>(ports_, reserve_block{"somebody", base});
    settle();
    const bool is_free = got->answered() && got->answers.front().block.ok() &&
                         got->answers.front().block.value().base == base;
    tell(ports_, release_block{"somebody"});
    settle();
    return is_free;
  }

  std::string file_in(const std::string& path, const std::string& name) {
    const auto got = now_at_engine<std::string>([&](docker::done<std::string> done) {
      engine().get_archive("dockhost-ann", path, 1s, std::move(done));
    });
    if (!got.ok()) return {};
    return std::string(find_file(got.value(), name).value_or(""));
  }

  journal_actor journal_;
  docker_actor docker_;
  ports_actor ports_;
  outcome_sink_actor outcomes_sink_;
  inventory_listener_actor changes_sink_;
  container_actor container_;
  std::vector<command_outcome> outcomes;
  std::vector<container_changed> changes;
  int ops_ = 0;
};

TEST_F(container_actor_test, create_installs_the_key_before_the_start_and_answers_with_the_data) {
  start();
  const auto op = command(command_kind::create);
  ASSERT_TRUE(until([&] { return outcome(op) == "ok"; }, 60s));
  const auto& data = *outcomes.back().container;
  EXPECT_EQ(data.id.size(), 64U);
  EXPECT_EQ(data.name, "dockhost-ann");
  EXPECT_EQ(data.block, port_block{10'000});
  EXPECT_TRUE(data.fingerprint.starts_with("SHA256:"));
  EXPECT_EQ(data.op_id, op);
  EXPECT_EQ(data.state, container_state::running);
  EXPECT_FALSE(data.created.empty());

  EXPECT_EQ(file_in("/root/.ssh/authorized_keys", "authorized_keys"), std::string(key) + "\n");
  EXPECT_NE(file_in("/etc/ssh/sshd_config.d/00-dockhost.conf", "00-dockhost.conf")
                .find("PasswordAuthentication no"),
            std::string::npos);
  EXPECT_NE(file_in("/etc/ssh/dockhost_host_ed25519_key", "dockhost_host_ed25519_key")
                .find("OPENSSH PRIVATE KEY"),
            std::string::npos);

  const auto found =
      now_at_engine<docker::container_details>([&](docker::done<docker::container_details> done) {
        engine().inspect("dockhost-ann", 1s, std::move(done));
      });
  ASSERT_TRUE(found.ok());
  const auto& c = found.value();
  EXPECT_EQ(c.status, "running");
  EXPECT_EQ(c.labels.at("dockhost.user"), "ann");
  EXPECT_EQ(c.labels.at("dockhost.node_id"), node_id);
  EXPECT_EQ(c.labels.at("dockhost.op_id"), op);
  EXPECT_EQ(c.labels.at("dockhost.port_base"), "10000");
  EXPECT_EQ(c.labels.at("dockhost.ssh_host_key"), data.fingerprint);
  ASSERT_EQ(c.configured_ports.size(), 3U);
  EXPECT_EQ(c.configured_ports[0].host_port, 10'000);
  EXPECT_EQ(c.configured_ports[2].host_port, 10'002);
  EXPECT_EQ(ssh_probes, 1U);
}

TEST_F(container_actor_test, create_waits_for_the_banner_and_looks_often_at_first) {
  simulated.ssh_ready_after = 400ms;
  start();
  const auto op = command(command_kind::create);
  const auto begun = now();
  ASSERT_TRUE(until([&] { return outcome(op) == "ok"; }, 60s));
  EXPECT_GE(now() - begun, 400ms);
  EXPECT_LT(now() - begun, 700ms);
  EXPECT_LT(ssh_probes, 20U);
}

TEST_F(container_actor_test, ssh_that_never_answers_is_rolled_back_in_time) {
  ssh_answers = false;
  start();
  const auto op = command(command_kind::create);
  const auto begun = now();
  ASSERT_TRUE(until([&] { return outcome(op) != "none"; }, 300s));
  EXPECT_EQ(outcome(op), "timeout");
  EXPECT_LT(now() - begun, config.containers.ssh_ready_timeout + 3s);
  settle();
  EXPECT_EQ(engine().container_count(), 0U);
  EXPECT_TRUE(ports_are_free());
  EXPECT_EQ(state(), container_state::absent);
}

TEST_F(container_actor_test, banner_of_an_earlier_try_does_not_count_for_the_next) {
  hold_probes = true;
  start();
  const auto one = command(command_kind::create, 10s);
  advance(10s);
  ASSERT_EQ(outcome(one), "timeout");
  const auto two = command(command_kind::create);
  settle();
  ASSERT_EQ(held_probes.size(), 2U);
  held_probes[0]({true, {}});
  settle();
  EXPECT_EQ(outcome(two), "none");
  held_probes[1]({true, {}});
  settle();
  EXPECT_EQ(outcome(two), "ok");
}

TEST_F(container_actor_test, commands_run_in_the_order_of_their_arrival) {
  simulated.latency = 20ms;
  start();
  std::vector<std::string> ids;
  for (const auto kind : {command_kind::create, command_kind::stop, command_kind::start,
                          command_kind::remove, command_kind::stop, command_kind::create})
    ids.push_back(command(kind));
  ASSERT_TRUE(until([&] { return outcomes.size() == ids.size(); }, 60s));
  const std::vector<std::string> expected = {"ok", "ok", "ok", "ok", "not_found", "ok"};
  for (std::size_t n = 0; n < ids.size(); ++n) {
    EXPECT_EQ(outcomes[n].op_id, ids[n]);
    EXPECT_EQ(outcome(ids[n]), expected[n]) << n;
  }
  EXPECT_EQ(engine_status("dockhost-ann"), "running");
}

TEST_F(container_actor_test, TwoCreatesForOneUserMakeOneContainer) {
  simulated.latency = 20ms;
  start();
  const auto one = command(command_kind::create);
  const auto two = command(command_kind::create);
  ASSERT_TRUE(until([&] { return outcomes.size() == 2; }, 60s));
  EXPECT_EQ(outcome(one), "ok");
  EXPECT_EQ(outcome(two), "conflict");
  ASSERT_TRUE(outcomes[1].container);
  EXPECT_EQ(outcomes[1].container->id, outcomes[0].container->id);
  EXPECT_EQ(outcomes[1].container->block, outcomes[0].container->block);
  EXPECT_EQ(engine().container_count(), 1U);
}

TEST_F(container_actor_test, FixedOutcomesOfRepeatedCommands) {
  start();
  EXPECT_EQ(run(command_kind::remove), "ok");
  EXPECT_EQ(run(command_kind::stop), "not_found");
  EXPECT_EQ(run(command_kind::start), "not_found");
  EXPECT_EQ(run(command_kind::create), "ok");
  EXPECT_EQ(run(command_kind::start), "ok");
  EXPECT_EQ(outcomes.back().message, "the container is already running");
  EXPECT_EQ(run(command_kind::stop), "ok");
  EXPECT_EQ(run(command_kind::stop), "ok");
  EXPECT_EQ(outcomes.back().message, "the container is already stopped");
  EXPECT_EQ(run(command_kind::start), "ok");
  (void)now_at_engine<docker::effect>([&](docker::done<docker::effect> done) {
    engine().pause("dockhost-ann", 1s, std::move(done));
  });
  tell(container_, container_event_heard{"ann", "x", std::nullopt});
  settle();
  EXPECT_EQ(state(), container_state::paused);
  EXPECT_EQ(run(command_kind::start), "ok");
  EXPECT_EQ(engine_status("dockhost-ann"), "running");
  EXPECT_EQ(run(command_kind::remove), "ok");
  EXPECT_EQ(run(command_kind::remove), "ok");
  EXPECT_EQ(engine().container_count(), 0U);
  EXPECT_TRUE(ports_are_free());
}

TEST_F(container_actor_test, PortBlockStolenMeansTheNextBlock) {
  engine().occupy_port(10'001);
  start();
  const auto op = command(command_kind::create);
  ASSERT_TRUE(until([&] { return outcome(op) == "ok"; }, 60s));
  EXPECT_EQ(outcomes.back().container->block, port_block{10'003});
  EXPECT_EQ(engine().container_count(), 1U);
  // The stolen one rests, also in the journal.
  EXPECT_FALSE(ports_are_free(10'000));
  const auto rest = journal_store()->quarantines();
  ASSERT_TRUE(rest.ok());
  ASSERT_EQ(rest.value().size(), 1U);
  EXPECT_EQ(rest.value()[0].port_base, 10'000);
}

TEST_F(container_actor_test, PortBlockStolenEightTimesEndsWithNothingLeft) {
  for (std::uint16_t n = 0; n < 10; ++n)
    engine().occupy_port(static_cast<std::uint16_t>(10'000 + 3 * n));
  start();
  EXPECT_EQ(run(command_kind::create), "ports_exhausted");
  EXPECT_EQ(engine().calls(call_kind::start), 8U);
  EXPECT_EQ(engine().container_count(), 0U);
  EXPECT_TRUE(ports_are_free(10'027));
}

TEST_F(container_actor_test, NoImageIsAnErrorThatNamesItAndLeavesNothing) {
  engine().limit_images({}, {});
  start();
  EXPECT_EQ(run(command_kind::create), "image_unavailable");
  EXPECT_NE(outcomes.back().failure->message.find(config.containers.image), std::string::npos);
  EXPECT_EQ(engine().container_count(), 0U);
  EXPECT_TRUE(ports_are_free());
}

TEST_F(container_actor_test, missing_image_is_pulled_and_the_create_goes_on) {
  engine().limit_images({}, {config.containers.image});
  start();
  EXPECT_EQ(run(command_kind::create), "ok");
  EXPECT_EQ(engine().calls(call_kind::pull), 1U);
}

TEST_F(container_actor_test, deadline_while_pulling_rolls_back_and_the_pull_goes_on) {
  simulated.pull_duration = 100s;
  engine().limit_images({}, {config.containers.image});
  start();
  const auto op = command(command_kind::create, 30s);
  advance(29s);
  EXPECT_EQ(outcome(op), "none");
  advance(1s);
  EXPECT_EQ(outcome(op), "timeout");
  EXPECT_TRUE(ports_are_free());
  // The next create meets the same pull, and profits from it.
  const auto again = command(command_kind::create, 240s);
  ASSERT_TRUE(until([&] { return outcome(again) != "none"; }, 200s));
  EXPECT_EQ(outcome(again), "ok");
  EXPECT_EQ(engine().calls(call_kind::pull), 1U);
}

TEST_F(container_actor_test, deadline_answers_in_time_and_the_work_is_followed_to_its_end) {
  start();
  ASSERT_EQ(run(command_kind::create), "ok");
  docker::simulated_fault slow;
  slow.kind = call_kind::stop;
  slow.delay = 35s;
  engine().order(slow);
  const auto op = command(command_kind::stop, 20s);
  advance(20s);
  EXPECT_EQ(outcome(op), "timeout");
  advance(20s);
  EXPECT_EQ(state(), container_state::stopped);
}

TEST_F(container_actor_test, waiting_commands_keep_their_own_deadlines) {
  start();
  ASSERT_EQ(run(command_kind::create), "ok");
  docker::simulated_fault hang;
  hang.kind = call_kind::stop;
  hang.hang = true;
  hang.times = 1;
  engine().order(hang);
  const auto stop = command(command_kind::stop, 40s);
  const auto start_behind = command(command_kind::start, 10s);
  advance(10s);
  EXPECT_EQ(outcome(start_behind), "timeout");
  EXPECT_EQ(outcome(stop), "none");
  advance(31s);
  EXPECT_EQ(outcome(stop), "timeout");
}

TEST_F(container_actor_test, commands_beyond_the_queue_are_refused) {
  start();
  docker::simulated_fault slow;
  slow.kind = call_kind::create;
  slow.delay = 5s;
  engine().order(slow);
  std::vector<std::string> ids;
  ids.push_back(command(command_kind::create));
  settle();
  for (int n = 0; n < 64; ++n)
    ids.push_back(command(command_kind::start));
  settle();
  EXPECT_TRUE(outcomes.empty());
  const auto one_more = command(command_kind::start);
  settle();
  EXPECT_EQ(outcome(one_more), "capacity");
  advance(60s);
  for (const auto& id : ids)
    EXPECT_EQ(outcome(id), "ok");
}

TEST_F(container_actor_test, EngineTroubleKilledInMidCommandIsARetryableErrorAndNothingIsLeft) {
  start();
  docker::simulated_fault slow;
  slow.kind = call_kind::create;
  slow.delay = 2s;
  engine().order(slow);
  const auto op = command(command_kind::create);
  advance(1s);
  engine().set_reachable(false);
  ASSERT_TRUE(until([&] { return outcome(op) != "none"; }, 30s));
  EXPECT_EQ(outcome(op), "engine_unavailable");
  EXPECT_EQ(state(), container_state::unknown);
  engine().set_reachable(true);
  advance(5s);
  tell(container_, container_seen{"ann", std::nullopt, now()});
  settle();
  EXPECT_EQ(state(), container_state::absent);
  EXPECT_TRUE(ports_are_free());
  engine().clear_faults();
  EXPECT_EQ(run(command_kind::create), "ok");
}

TEST_F(container_actor_test, create_whose_answer_was_lost_is_rolled_back_by_its_op_id) {
  fault(call_kind::create, engine_errc::timeout, 1, true);
  start();
  EXPECT_EQ(run(command_kind::create), "timeout");
  EXPECT_EQ(engine().container_count(), 0U);
  EXPECT_TRUE(ports_are_free());
  EXPECT_EQ(run(command_kind::create), "ok");
}

TEST_F(container_actor_test, name_held_by_a_foreign_container_is_a_conflict_and_it_is_untouched) {
  docker::container_spec foreign;
  foreign.name = "dockhost-ann";
  foreign.image = "theirs";
  place(foreign);
  start();
  EXPECT_EQ(run(command_kind::create), "conflict");
  EXPECT_EQ(engine_status("dockhost-ann"), "running");
  EXPECT_TRUE(ports_are_free());
  EXPECT_EQ(run(command_kind::remove), "ok");
  EXPECT_EQ(engine_status("dockhost-ann"), "running");
}

TEST_F(container_actor_test, name_held_by_another_nodes_container_is_a_conflict_and_untouched) {
  auto theirs = our_spec("ann", 11'000);
  theirs.labels["dockhost.node_id"] = "another-node";
  place(theirs);
  start();
  EXPECT_EQ(run(command_kind::create), "conflict");
  EXPECT_EQ(engine_status("dockhost-ann"), "running");
}

TEST_F(container_actor_test, what_an_interrupted_create_left_is_cleared_away) {
  place(our_spec("ann", 10'000, "op-before"), false);
  start();
  EXPECT_EQ(run(command_kind::create), "ok");
  EXPECT_EQ(engine().container_count(), 1U);
  EXPECT_EQ(engine_status("dockhost-ann"), "running");
}

TEST_F(container_actor_test, events_lead_to_a_look_and_truth_is_published) {
  start();
  ASSERT_EQ(run(command_kind::create), "ok");
  engine().exit_container("dockhost-ann", 1);
  settle();
  tell(container_, container_event_heard{"ann", "x", std::nullopt});
  settle();
  EXPECT_EQ(state(), container_state::stopped);
}

TEST_F(container_actor_test, stale_relist_does_not_undo_a_change) {
  start();
  ASSERT_EQ(run(command_kind::create), "ok");
  auto running = changes.back().view;
  const auto before = now();
  advance(1s);
  ASSERT_EQ(run(command_kind::stop), "ok");
  tell(container_, container_seen{"ann", running, before});
  settle();
  EXPECT_EQ(state(), container_state::stopped);
  // The same while a look is out.
  simulated.latency = 0ms;
  docker::simulated_fault slow;
  slow.kind = call_kind::inspect;
  slow.delay = 1s;
  engine().order(slow);
  tell(container_, container_event_heard{"ann", "x", std::nullopt});
  settle();
  tell(container_, container_seen{"ann", running, before});
  advance(5s);
  EXPECT_EQ(state(), container_state::stopped);
}

// Docker 20.10 answers a stop before it writes the state that listings are read from.
TEST_F(container_actor_test, relist_that_lags_behind_a_change_asks_for_a_look) {
  start();
  ASSERT_EQ(run(command_kind::create), "ok");
  const auto running = changes.back().view;
  ASSERT_EQ(run(command_kind::stop), "ok");
  const auto told = changes.size();
  advance(1ms);
  tell(container_, container_seen{"ann", running, now()});
  settle();
  EXPECT_EQ(state(), container_state::stopped);
  for (auto i = told; i < changes.size(); ++i)
    EXPECT_EQ(changes[i].view.state, container_state::stopped) << "it never ran again";
}

TEST_F(container_actor_test, relist_during_a_lost_create_does_not_pass_for_its_look) {
  docker::simulated_fault lost;
  lost.kind = call_kind::create;
  lost.error = engine_error{engine_errc::timeout, "lost"};
  lost.after_effect = true;
  lost.times = 1;
  engine().order(lost);
  docker::simulated_fault slow;
  slow.kind = call_kind::inspect;
  slow.delay = 2s;
  engine().order(slow);
  start();
  const auto op = command(command_kind::create);
  advance(1s);
  // Taken before the create had its effect: it shows nothing.
  tell(container_, container_seen{"ann", std::nullopt, now()});
  advance(20s);
  EXPECT_EQ(outcome(op), "timeout");
  EXPECT_EQ(engine().container_count(), 0U);
}

TEST_F(container_actor_test, ServerDisconnectBySigtermInMidCreateGivesUpThePullAndFinishesTheRest) {
  simulated.pull_duration = 100s;
  engine().limit_images({}, {config.containers.image});
  start();
  const auto pulling = command(command_kind::create);
  const auto waiting = command(command_kind::stop);
  advance(5s);
  tell(container_, begin_shutdown{});
  settle();
  EXPECT_EQ(outcome(pulling), "shutting_down");
  EXPECT_EQ(outcome(waiting), "shutting_down");
  EXPECT_TRUE(ports_are_free());
  const auto late = command(command_kind::start);
  settle();
  EXPECT_EQ(outcome(late), "shutting_down");
}

TEST_F(container_actor_test, shutdown_before_the_pull_begins_gives_it_up_too) {
  simulated.latency = 500ms;
  engine().limit_images({}, {config.containers.image});
  start();
  advance(1s);
  const auto op = command(command_kind::create);
  advance(100ms);
  tell(container_, begin_shutdown{});
  advance(5s);
  EXPECT_EQ(outcome(op), "shutting_down");
  EXPECT_EQ(engine().calls(call_kind::pull), 0U);
}

TEST_F(container_actor_test, shutdown_lets_a_create_past_the_pull_finish) {
  simulated.latency = 100ms;
  start();
  advance(1s);
  const auto op = command(command_kind::create);
  advance(250ms);
  tell(container_, begin_shutdown{});
  advance(10s);
  EXPECT_EQ(outcome(op), "ok");
}

TEST_F(container_actor_test, replacement_of_a_dead_actor_clears_up_and_tells_the_truth) {
  simulated.latency = 100ms;
  start();
  advance(1s);
  (void)command(command_kind::create);
  for (const auto lived : {0ms, 50ms, 150ms, 250ms, 350ms, 450ms}) {
    advance(lived);
    kill(container_);
    changes.clear();
    container_ = spawn_container();
    tell(container_, recover{});
    advance(10s);
    ASSERT_FALSE(changes.empty()) << "the fleet still believes what the dead one said";
    const auto left = engine_status("dockhost-ann");
    if (state() == container_state::absent) {
      EXPECT_EQ(left, "none");
      EXPECT_TRUE(ports_are_free()) << lived.count();
    } else {
      EXPECT_EQ(state(), container_state::running);
      EXPECT_EQ(left, "running");
      ASSERT_EQ(run(command_kind::remove), "ok");
    }
    (void)command(command_kind::create);
  }
}

TEST_F(container_actor_test, replacement_frees_the_ports_that_a_dead_one_held_for_a_pull) {
  simulated.pull_duration = 100s;
  engine().limit_images({}, {config.containers.image});
  start();
  (void)command(command_kind::create);
  advance(1s);
  EXPECT_FALSE(ports_are_free());
  kill(container_);
  changes.clear();
  container_ = spawn_container();
  tell(container_, recover{});
  settle();
  ASSERT_FALSE(changes.empty()) << "the fleet still believes what the dead one said";
  EXPECT_EQ(state(), container_state::absent);
  EXPECT_TRUE(ports_are_free());
}

TEST_F(container_actor_test, engine_that_is_lost_makes_the_state_unknown_until_it_is_seen_again) {
  start();
  ASSERT_EQ(run(command_kind::create), "ok");
  const auto view = changes.back().view;
  tell(container_, engine_health{false, {}, "gone"});
  settle();
  EXPECT_EQ(state(), container_state::unknown);
  EXPECT_EQ(run(command_kind::stop), "engine_unavailable");
  advance(1s);
  tell(container_, container_seen{"ann", view, now()});
  settle();
  EXPECT_EQ(state(), container_state::running);
}

} // namespace
} // namespace dockhost::actors
