// SPDX-License-Identifier: MIT
#include "actors/node/fleet_actor.hpp"
#include "core/username.hpp"
#include "fixture.hpp"
#include "platform/sha256.hpp"

namespace dockhost::actors {
namespace {

using namespace std::chrono_literals;
using docker::call_kind;
using docker::engine_errc;
using docker::engine_error;
using lifecycle::command_kind;

class fleet_actor_test : public test::actor_world {
protected:
  void start() {
    journal_ = spawn_journal();
    docker_ = spawn_docker();
    ports_ = spawn_ports(journal_);
    outcomes_sink_ = recorder<outcome_sink_actor>(outcomes);
    fleet_ = track(system().spawn(fleet_behavior, env(), docker_, ports_));
    tell(fleet_, subscribe_inventory{recorder<inventory_listener_actor>(changes)});
    settle();
  }

  /// What the watch would tell now.
  void list(std::vector<container_view> views = {}) {
    advance(1ms);
    tell(fleet_, fleet_listed{std::move(views), now()});
    settle();
  }

  container_view view(const std::string& user, const std::string& id, std::uint16_t base,
                      container_state state = container_state::running) {
    container_view v;
    v.username = user;
    v.name = "dockhost-" + user;
    v.id = id;
    v.state = state;
    v.block = port_block{base};
    v.op_id = "old-op";
    return v;
  }

  std::string command(command_kind kind, const std::string& user,
                      std::chrono::milliseconds budget = 240s) {
    return send(kind, user, {}, budget);
  }

  std::string send(command_kind kind, const std::string& user, const std::string& id,
                   std::chrono::milliseconds budget = 240s) {
    user_command c;
    c.op_id = "op-" + std::to_string(++ops_);
    c.kind = kind;
    c.username = user;
    c.container_id = id;
    c.create.public_key = key;
    c.budget = budget;
    const auto op = c.op_id;
    tell(fleet_, execute{std::move(c), outcomes_sink_});
    return op;
  }

  std::string outcome(const std::string& op_id) {
    std::string text = "none";
    for (const auto& o : outcomes) {
      if (o.op_id != op_id) continue;
      EXPECT_EQ(text, "none") << "answered twice";
      text = o.failure ? std::string(to_string(o.failure->code)) : "ok";
    }
    return text;
  }

  std::string run(command_kind kind, const std::string& user) {
    const auto id = command(kind, user);
    (void)until([&] { return outcome(id) != "none"; }, 300s);
    settle();
    return outcome(id);
  }

  inventory all() {
    const auto got = ask<inventory_answer>(fleet_, get_inventory{});
    settle();
    EXPECT_TRUE(got->answered());
    return got->answered() ? *got->answers.front().all : inventory{};
  }

  journal_actor journal_;
  docker_actor docker_;
  ports_actor ports_;
  fleet_actor fleet_;
  outcome_sink_actor outcomes_sink_;
  std::vector<command_outcome> outcomes;
  std::vector<container_changed> changes;
  int ops_ = 0;
};

TEST_F(fleet_actor_test, commands_and_questions_wait_for_the_first_relist) {
  start();
  const auto create = command(command_kind::create, "ann");
  const auto question = ask<inventory_answer>(fleet_, get_inventory{});
  advance(2s);
  EXPECT_EQ(outcome(create), "none");
  EXPECT_FALSE(question->answered());
  EXPECT_EQ(engine().container_count(), 0U);
  list();
  EXPECT_EQ(outcome(create), "ok");
  EXPECT_TRUE(question->answered());
  EXPECT_TRUE(question->answers.front().all->loaded);
}

TEST_F(fleet_actor_test, held_command_whose_time_is_over_has_no_effect) {
  start();
  const auto create = command(command_kind::create, "ann", 10s);
  advance(11s);
  list();
  advance(1s);
  EXPECT_EQ(outcome(create), "timeout");
  EXPECT_EQ(engine().container_count(), 0U);
}

TEST_F(fleet_actor_test, held_commands_never_take_the_ports_of_listed_containers) {
  config.ports.last = 10'005; // two blocks
  start();
  const auto create = command(command_kind::create, "ann");
  settle();
  // Bob's is stopped: no socket tells that its ports are his.
  list({view("bob", std::string(64, 'b'), 10'000, container_state::stopped)});
  advance(1s);
  ASSERT_EQ(outcome(create), "ok");
  EXPECT_EQ(outcomes.back().container->block, port_block{10'003});
}

TEST_F(fleet_actor_test, all_listed_blocks_are_adopted_before_any_held_command_may_reserve_one) {
  std::set<std::uint16_t> adopted;
  ports_ = track(system().spawn([&adopted](ports_actor::pointer) -> ports_actor::behavior_type {
    return {[](const reserve_block&) { return block_answer{port_block{10'006}}; },
            [](const release_block&) {},
            [&adopted](const adopt_block& a) { adopted.insert(a.block.base); },
            [](const quarantine_block&) {},
            [](const foreign_ports_listed&) {},
            [](get_port_counts) { return port_counts{}; }};
  }));
  fleet_ = track(system().spawn(fleet_behavior, env(), spawn_docker(), ports_));
  settle();
  outcomes_sink_ = recorder<outcome_sink_actor>(outcomes);
  const auto create = command(command_kind::create, "ann b"); // a name that the fleet has to map
  settle();
  // That is the moment when the fleet takes up the held command. Its container's actor may run on
  // another thread from now on, while those of the listed containers wait for their turn.
  std::optional<std::set<std::uint16_t>> by_then;
  on_hash = [&](std::string_view text) {
    if (text != "ann b" || by_then) return;
    let_run(ports_);
    by_then = adopted;
  };
  list({view("bob", std::string(64, 'b'), 10'000, container_state::stopped),
        view("eve", std::string(64, 'e'), 10'003, container_state::stopped)});
  on_hash = nullptr;
  EXPECT_EQ(outcome(create), "ok");
  EXPECT_EQ(by_then, (std::set<std::uint16_t>{10'000, 10'003}));
}

TEST_F(fleet_actor_test, outcomes_of_a_dead_router_can_be_claimed) {
  simulated.latency = 50ms;
  start();
  list();
  const auto done = command(command_kind::create, "eve");
  ASSERT_TRUE(until([&] { return outcome(done) == "ok"; }, 10s));
  const auto running = command(command_kind::create, "ann");
  const auto queued = command(command_kind::stop, "ann");
  settle();
  outcomes.clear();
  std::vector<command_outcome> claimed;
  const auto sink = recorder<outcome_sink_actor>(claimed);
  const auto answer = ask<claimed_outcomes>(
      fleet_, claim_outcomes{{done, running, queued, "never-heard-of"}, sink});
  settle();
  ASSERT_TRUE(answer->answered());
  EXPECT_EQ(answer->answers.front().owed, (std::set<std::string>{running, queued}));
  ASSERT_EQ(claimed.size(), 1U) << "what was told already is told again";
  EXPECT_EQ(claimed[0].op_id, done);
  EXPECT_EQ(all().busy, std::set<std::string>{"ann"});
  ASSERT_TRUE(until([&] { return claimed.size() == 3; }, 30s));
  EXPECT_EQ(claimed[1].op_id, running);
  EXPECT_EQ(claimed[2].op_id, queued);
  EXPECT_FALSE(claimed[2].failure);
  EXPECT_TRUE(outcomes.empty()) << "not to the dead one";
  settle();
  EXPECT_TRUE(all().busy.empty());
}

TEST_F(fleet_actor_test, commands_that_wait_for_the_first_relist_can_be_claimed_too) {
  start();
  const auto create = command(command_kind::create, "ann");
  settle();
  std::vector<command_outcome> claimed;
  const auto answer = ask<claimed_outcomes>(
      fleet_, claim_outcomes{{create}, recorder<outcome_sink_actor>(claimed)});
  settle();
  ASSERT_TRUE(answer->answered());
  EXPECT_EQ(answer->answers.front().owed, std::set<std::string>{create});
  list();
  ASSERT_TRUE(until([&] { return claimed.size() == 1; }, 30s));
  EXPECT_TRUE(outcomes.empty());
}

TEST_F(fleet_actor_test, listener_that_has_ended_is_forgotten) {
  start();
  auto other = system().spawn(
      [](inventory_listener_actor::pointer) -> inventory_listener_actor::behavior_type {
        return {[](const container_changed&) {}};
      });
  tell(fleet_, subscribe_inventory{other});
  settle();
  const auto weak = caf::actor_cast<caf::weak_actor_ptr>(other);
  kill(other);
  other = nullptr;
  EXPECT_FALSE(weak.lock());
}

TEST_F(fleet_actor_test, each_change_has_the_version_of_the_inventory_that_shows_it) {
  start();
  list();
  const auto before = all().version;
  EXPECT_EQ(run(command_kind::create, "ann"), "ok");
  ASSERT_FALSE(changes.empty());
  EXPECT_EQ(changes.front().version, before + 1);
  EXPECT_EQ(changes.back().version, all().version);
}

TEST_F(fleet_actor_test, EngineTroubleDownAtStartIsARetryableErrorAtOnce) {
  engine().set_reachable(false);
  start();
  const auto create = command(command_kind::create, "ann");
  settle();
  EXPECT_EQ(outcome(create), "engine_unavailable");
  EXPECT_TRUE(retryable(outcomes.back().failure->code));
  const auto now_known = all();
  EXPECT_FALSE(now_known.loaded);
  EXPECT_FALSE(now_known.reachable);
}

TEST_F(fleet_actor_test, a_relist_that_failed_is_told_to_whoever_waits) {
  start();
  const auto create = command(command_kind::create, "ann");
  settle();
  tell(fleet_, fleet_not_listed{"it broke"});
  settle();
  EXPECT_EQ(outcome(create), "engine_unavailable");
}

TEST_F(fleet_actor_test, killed_container_actor_answers_its_commands_once_and_the_next_one_works) {
  simulated.latency = 100ms;
  start();
  advance(1s);
  list();
  for (const auto lived : {0ms, 50ms, 150ms, 250ms, 350ms}) {
    const auto create = command(command_kind::create, "ann");
    const auto behind = command(command_kind::stop, "ann");
    advance(lived);
    tell(fleet_, kill_actor{"container", "ann"});
    advance(50ms);
    EXPECT_EQ(outcome(create), "internal") << lived.count();
    EXPECT_EQ(outcome(behind), "internal");
    ASSERT_EQ(run(command_kind::remove, "ann"), "ok") << lived.count();
    EXPECT_EQ(run(command_kind::create, "ann"), "ok") << lived.count();
    EXPECT_EQ(engine().container_count(), 1U);
    ASSERT_EQ(run(command_kind::remove, "ann"), "ok");
    advance(11s); // out of the window that counts crashes
  }
}

TEST_F(fleet_actor_test, killed_container_actor_leaves_no_phantom_in_the_inventory) {
  simulated.pull_duration = 100s;
  engine().limit_images({}, {config.containers.image});
  config.capacity.max_containers = 1;
  start();
  list();
  (void)command(command_kind::create, "ann");
  advance(1s);
  ASSERT_EQ(all().containers.size(), 1U);
  tell(fleet_, kill_actor{"container", "ann"});
  advance(5s);
  EXPECT_EQ(engine().container_count(), 0U);
  EXPECT_TRUE(all().containers.empty());
  EXPECT_EQ(run(command_kind::create, "bob"), "ok");
}

TEST_F(fleet_actor_test, container_actor_that_ends_again_and_again_ends_the_fleet) {
  const auto id = place(our_spec("ann", 10'000));
  start();
  list({view("ann", id, 10'000)});
  auto down = std::make_shared<bool>(false);
  track(system().spawn([fleet = fleet_, down](caf::event_based_actor* self) -> caf::behavior {
    self->monitor(fleet);
    self->set_down_handler([down](caf::scheduled_actor*, caf::down_msg&) { *down = true; });
    return {[](int) {}};
  }));
  settle();
  for (int n = 0; n < 5; ++n) {
    tell(fleet_, kill_actor{"container", "ann"});
    settle();
  }
  EXPECT_FALSE(*down);
  tell(fleet_, kill_actor{"container", "ann"});
  settle();
  EXPECT_TRUE(*down);
}

TEST_F(fleet_actor_test, capacity_counts_creates_that_still_run) {
  config.capacity.max_containers = 2;
  simulated.latency = 50ms;
  start();
  advance(1s);
  list();
  std::vector<std::string> ids;
  for (const char* user : {"ann", "bob", "eve"})
    ids.push_back(command(command_kind::create, user));
  advance(10s);
  EXPECT_EQ(outcome(ids[0]), "ok");
  EXPECT_EQ(outcome(ids[1]), "ok");
  EXPECT_EQ(outcome(ids[2]), "capacity");
  EXPECT_EQ(run(command_kind::remove, "ann"), "ok");
  EXPECT_EQ(run(command_kind::create, "eve"), "ok");
}

TEST_F(fleet_actor_test, conflict_comes_before_capacity) {
  config.capacity.max_containers = 1;
  start();
  list();
  EXPECT_EQ(run(command_kind::create, "ann"), "ok");
  EXPECT_EQ(run(command_kind::create, "ann"), "conflict");
  EXPECT_TRUE(outcomes.back().container);
  EXPECT_EQ(run(command_kind::create, "bob"), "capacity");
}

TEST_F(fleet_actor_test, failed_create_gives_its_room_back) {
  config.capacity.max_containers = 1;
  start();
  list();
  docker::simulated_fault f;
  f.kind = call_kind::create;
  f.error = engine_error{engine_errc::failed, "no"};
  f.times = 1;
  engine().order(f);
  EXPECT_EQ(run(command_kind::create, "ann"), "internal");
  EXPECT_EQ(run(command_kind::create, "bob"), "ok");
}

TEST_F(fleet_actor_test, disk_and_memory_that_run_out_refuse_creates_and_nothing_else) {
  start();
  list();
  EXPECT_EQ(run(command_kind::create, "ann"), "ok");
  free_disk = 1;
  EXPECT_EQ(run(command_kind::create, "bob"), "capacity");
  free_disk = std::int64_t{1} << 40;
  free_memory = 1;
  EXPECT_EQ(run(command_kind::create, "bob"), "capacity");
  EXPECT_EQ(run(command_kind::stop, "ann"), "ok");
  EXPECT_EQ(run(command_kind::remove, "ann"), "ok");
}

TEST_F(fleet_actor_test, containers_are_found_by_id_prefix_and_name) {
  start();
  list();
  ASSERT_EQ(run(command_kind::create, "ann"), "ok");
  const auto id = outcomes.back().container->id;
  for (const auto& named : {id, id.substr(0, 12), std::string("dockhost-ann")}) {
    const auto op = send(command_kind::start, {}, named);
    advance(1s);
    EXPECT_EQ(outcome(op), "ok") << named;
  }
  for (const auto& named : {id.substr(0, 11), std::string("ann"), std::string("dockhost-an"),
                            std::string(64, '0'), id + "0"}) {
    const auto op = send(command_kind::remove, {}, named);
    advance(1s);
    EXPECT_EQ(outcome(op), "not_found") << named;
  }
  EXPECT_EQ(engine_status("dockhost-ann"), "running");
}

TEST_F(fleet_actor_test, a_prefix_of_two_ids_is_not_found) {
  start();
  const auto common = std::string(12, 'c');
  list({view("ann", common + std::string(52, 'a'), 10'000),
        view("bob", common + std::string(52, 'b'), 10'003)});
  const auto op = send(command_kind::stop, {}, common);
  settle();
  EXPECT_EQ(outcome(op), "not_found");
}

TEST_F(fleet_actor_test, ForeignContainerIsNotFoundAndUntouched) {
  docker::container_spec foreign;
  foreign.name = "theirs";
  foreign.image = "image";
  const auto id = place(foreign);
  start();
  list();
  for (const auto& named : {id, id.substr(0, 12), std::string("theirs")}) {
    for (const auto kind : {command_kind::start, command_kind::stop, command_kind::remove}) {
      const auto op = send(kind, {}, named);
      advance(1s);
      EXPECT_EQ(outcome(op), "not_found");
    }
  }
  EXPECT_EQ(engine_status("theirs"), "running");
}

TEST_F(fleet_actor_test, users_without_a_container_cost_no_actor) {
  start();
  list();
  const auto before = system().registry().running();
  for (int n = 0; n < 50; ++n)
    EXPECT_EQ(run(command_kind::remove, "user" + std::to_string(n)), "ok");
  settle();
  EXPECT_LE(system().registry().running(), before + 1);
  EXPECT_EQ(run(command_kind::create, "ann"), "ok");
  EXPECT_EQ(run(command_kind::remove, "ann"), "ok");
  advance(1s);
  EXPECT_LE(system().registry().running(), before + 1);
}

TEST_F(fleet_actor_test, containers_that_a_relist_misses_are_gone) {
  start();
  list({view("ann", std::string(64, 'a'), 10'000)});
  ASSERT_EQ(all().containers.size(), 1U);
  list();
  EXPECT_TRUE(all().containers.empty());
  ASSERT_FALSE(changes.empty());
  EXPECT_EQ(changes.back().view.state, container_state::absent);
  // Their ports are free again.
  const auto got = ask<block_answer>(ports_, reserve_block{"bob", 10'000});
  settle();
  EXPECT_EQ(got->answers.front().block.value().base, 10'000);
}

TEST_F(fleet_actor_test, event_of_an_unknown_users_leftover_clears_it_away) {
  start();
  list();
  place(our_spec("ann", 10'000, "op-before"), false);
  tell(fleet_, container_event_heard{"ann", "x", std::nullopt});
  advance(1s);
  EXPECT_EQ(engine().container_count(), 0U);
}

TEST_F(fleet_actor_test, engine_lost_and_back) {
  start();
  list();
  ASSERT_EQ(run(command_kind::create, "ann"), "ok");
  engine().set_reachable(false);
  const auto stop = command(command_kind::stop, "ann");
  settle();
  EXPECT_EQ(outcome(stop), "engine_unavailable");
  ASSERT_EQ(all().containers.size(), 1U);
  EXPECT_EQ(all().containers[0].state, container_state::unknown);
  EXPECT_FALSE(all().reachable);
  engine().set_reachable(true);
  advance(5s);
  EXPECT_TRUE(all().reachable);
  auto seen = all().containers[0];
  seen.state = container_state::running;
  list({seen});
  EXPECT_EQ(all().containers[0].state, container_state::running);
  EXPECT_EQ(run(command_kind::stop, "ann"), "ok");
}

TEST_F(fleet_actor_test, FiftyCreatesAtOnceGetDistinctBlocks) {
  simulated.latency = 5ms;
  start();
  advance(1s);
  list();
  for (int n = 0; n < 50; ++n) {
    user_command c;
    c.op_id = "many-" + std::to_string(n);
    c.kind = command_kind::create;
    c.username = "user" + std::to_string(n);
    c.create.public_key = key;
    c.create.port_hint = 10'000;
    c.budget = 240s;
    tell(fleet_, execute{std::move(c), outcomes_sink_});
  }
  ASSERT_TRUE(until([&] { return outcomes.size() == 50; }, 240s));
  std::set<std::uint16_t> bases;
  for (const auto& o : outcomes) {
    ASSERT_FALSE(o.failure) << o.failure->message;
    bases.insert(o.container->block->base);
  }
  EXPECT_EQ(bases.size(), 50U);
  EXPECT_EQ(*bases.begin(), 10'000);
}

TEST_F(fleet_actor_test, shutdown_refuses_what_waits_and_what_comes) {
  start();
  const auto held = command(command_kind::create, "ann");
  settle();
  tell(fleet_, begin_shutdown{});
  const auto late = command(command_kind::create, "bob");
  settle();
  EXPECT_EQ(outcome(held), "shutting_down");
  EXPECT_EQ(outcome(late), "shutting_down");
}

} // namespace
} // namespace dockhost::actors
