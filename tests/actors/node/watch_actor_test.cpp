// SPDX-License-Identifier: MIT
#include "actors/node/fleet_actor.hpp"
#include "actors/node/watch_actor.hpp"
#include "fixture.hpp"

namespace dockhost::actors {
namespace {

using namespace std::chrono_literals;
using docker::call_kind;
using docker::engine_errc;
using docker::engine_error;

class watch_actor_test : public test::actor_world {
protected:
  void start() {
    docker_ = spawn_docker();
    ports_ = spawn_ports(spawn_journal());
    fleet_ = track(system().spawn(fleet_behavior, env(), docker_, ports_));
    watch_ = track(system().spawn(watch_behavior, env(), docker_, ports_, fleet_));
    settle();
  }

  std::string state_of(const std::string& user) {
    const auto got = ask<inventory_answer>(fleet_, get_inventory{}, 1s);
    settle();
    if (!got->answered()) return "?";
    for (const auto& v : got->answers.front().all->containers) {
      if (v.username == user) return std::string(to_string(v.state));
    }
    return "absent";
  }

  std::optional<std::uint16_t> next_block(std::uint16_t hint) {
    const auto got = ask<block_answer>(ports_, reserve_block{"asker", hint});
    settle();
    tell(ports_, release_block{"asker"});
    if (!got->answered() || !got->answers.front().block.ok()) return std::nullopt;
    return got->answers.front().block.value().base;
  }

  docker_actor docker_;
  ports_actor ports_;
  fleet_actor fleet_;
  watch_actor watch_;
};

docker::container_spec foreign(std::string name, std::uint16_t port) {
  docker::container_spec spec;
  spec.name = std::move(name);
  spec.image = "image";
  spec.ports = {{80, "", port}};
  return spec;
}

TEST_F(watch_actor_test, takes_over_what_is_there_at_the_start) {
  place(our_spec("ann", 10'000));
  place(our_spec("bob", 10'003), false);
  const auto stopped = place(our_spec("eve", 10'006));
  engine().exit_container(stopped, 0);
  start();
  settle();
  EXPECT_EQ(state_of("ann"), "running");
  EXPECT_EQ(state_of("eve"), "stopped");
  // Never started: a create that was cut off.
  EXPECT_EQ(state_of("bob"), "absent");
  EXPECT_EQ(engine_status("dockhost-bob"), "none");
  EXPECT_EQ(next_block(10'000), 10'003);
}

TEST_F(watch_actor_test, containers_of_other_nodes_are_left_alone_and_their_ports_too) {
  auto theirs = our_spec("ann", 10'000);
  theirs.labels["dockhost.node_id"] = "another-node";
  place(theirs, false);
  start();
  EXPECT_EQ(state_of("ann"), "absent");
  EXPECT_EQ(engine_status("dockhost-ann"), "created");
  EXPECT_EQ(next_block(10'000), 10'003);
}

TEST_F(watch_actor_test, ports_of_stopped_foreign_containers_are_known_by_inspect_once_each) {
  const auto id = place(foreign("web", 10'001));
  engine().exit_container(id, 0);
  place(foreign("db", 10'004));
  start();
  EXPECT_EQ(next_block(10'000), 10'006);
  const auto inspects = engine().calls(call_kind::inspect);
  EXPECT_EQ(inspects, 1U);
  advance(120s);
  EXPECT_EQ(engine().calls(call_kind::inspect), inspects);
  // Gone is gone.
  (void)now_at_engine<docker::effect>(
      [&](docker::done<docker::effect> done) { engine().remove("web", 1s, std::move(done)); });
  advance(5s);
  EXPECT_EQ(next_block(10'000), 10'000);
}

TEST_F(watch_actor_test, ports_of_udp_are_in_nobodys_way) {
  const auto datagrams = [](std::string name, std::uint16_t port) {
    auto spec = foreign(std::move(name), port);
    spec.ports[0].protocol = "udp";
    return spec;
  };
  place(datagrams("dns", 10'001));
  engine().exit_container(place(datagrams("stopped", 10'002)), 0);
  start();
  EXPECT_EQ(next_block(10'000), 10'000);
}

TEST_F(watch_actor_test,
       first_creates_wait_until_the_ports_of_stopped_foreign_containers_are_known) {
  simulated.latency = 50ms;
  const auto id = place(foreign("web", 10'001));
  engine().exit_container(id, 0);
  start();
  std::vector<command_outcome> outcomes;
  user_command c;
  c.op_id = "op";
  c.kind = lifecycle::command_kind::create;
  c.username = "ann";
  c.create.public_key = key;
  c.create.port_hint = 10'000;
  c.budget = 240s;
  tell(fleet_, execute{c, recorder<outcome_sink_actor>(outcomes)});
  ASSERT_TRUE(until([&] { return !outcomes.empty(); }, 60s));
  ASSERT_FALSE(outcomes[0].failure);
  EXPECT_EQ(outcomes[0].container->block, port_block{10'003});
}

TEST_F(watch_actor_test, foreign_container_that_hangs_does_not_hold_the_node_up) {
  const auto id = place(foreign("web", 10'001));
  engine().exit_container(id, 0);
  place(our_spec("ann", 10'003));
  advance(10s); // out of what the event stream looks back on
  docker::simulated_fault hang;
  hang.kind = call_kind::inspect;
  hang.container = id;
  hang.hang = true;
  engine().order(hang);
  start();
  EXPECT_EQ(state_of("ann"), "?");
  advance(3s);
  EXPECT_EQ(state_of("ann"), "running");
}

TEST_F(watch_actor_test, event_leads_to_a_look_at_that_container) {
  const auto id = place(our_spec("ann", 10'000));
  start();
  ASSERT_EQ(state_of("ann"), "running");
  engine().exit_container(id, 137);
  settle();
  EXPECT_EQ(state_of("ann"), "stopped");
}

TEST_F(watch_actor_test, relist_finds_what_events_did_not_tell) {
  const auto id = place(our_spec("ann", 10'000));
  start();
  engine().lose_events(true);
  engine().exit_container(id, 0);
  place(our_spec("bob", 10'003));
  advance(20s);
  EXPECT_EQ(state_of("ann"), "running");
  EXPECT_EQ(state_of("bob"), "absent");
  advance(20s);
  EXPECT_EQ(state_of("ann"), "stopped");
  EXPECT_EQ(state_of("bob"), "running");
}

TEST_F(watch_actor_test, relists_come_at_their_interval_with_jitter) {
  random = 0.0;
  start();
  const auto before = engine().calls(call_kind::list);
  advance(240s);
  const auto often = engine().calls(call_kind::list) - before;
  EXPECT_EQ(often, 10U); // 0.8 x 30 s
  random = 0.999;
  advance(36s);
  const auto from = engine().calls(call_kind::list);
  advance(240s);
  EXPECT_NEAR(static_cast<double>(engine().calls(call_kind::list) - from), 240 / 36.0, 1.0);
}

TEST_F(watch_actor_test, burst_of_foreign_events_costs_one_relist_and_puts_none_off) {
  start();
  const auto id = place(foreign("web", 10'001));
  const auto before = engine().calls(call_kind::list);
  // A container that somebody starts and stops all the time.
  for (int n = 0; n < 600; ++n) {
    (void)now_at_engine<docker::effect>(
        [&](docker::done<docker::effect> done) { engine().start(id, 1s, std::move(done)); });
    engine().exit_container(id, 1);
    advance(100ms);
  }
  const auto lists = engine().calls(call_kind::list) - before;
  EXPECT_LE(lists, 62U);
  EXPECT_GE(lists, 50U);
}

TEST_F(watch_actor_test, lost_event_stream_is_opened_again_and_nothing_is_missed) {
  const auto id = place(our_spec("ann", 10'000));
  start();
  const auto streams = engine().calls(call_kind::events);
  tell(watch_, event_stream_ended{"cut"});
  advance(1s);
  EXPECT_EQ(engine().calls(call_kind::events), streams + 1);
  engine().exit_container(id, 0);
  settle();
  EXPECT_EQ(state_of("ann"), "stopped");
}

TEST_F(watch_actor_test, EngineTroubleOutageIsFollowedByARelistAndANewStream) {
  const auto id = place(our_spec("ann", 10'000));
  start();
  engine().set_reachable(false);
  advance(60s);
  EXPECT_EQ(state_of("ann"), "unknown");
  engine().exit_container(id, 0);
  engine().set_reachable(true);
  advance(5s);
  EXPECT_EQ(state_of("ann"), "stopped");
  place(our_spec("bob", 10'003));
  settle();
  EXPECT_EQ(state_of("bob"), "running");
}

TEST_F(watch_actor_test, list_that_fails_is_tried_again_with_growing_pauses) {
  docker::simulated_fault f;
  f.kind = call_kind::list;
  f.error = engine_error{engine_errc::failed, "broken"};
  engine().order(f);
  start();
  const auto first = engine().calls(call_kind::list);
  EXPECT_EQ(first, 1U);
  advance(120s);
  const auto tries = engine().calls(call_kind::list);
  EXPECT_GT(tries, 3U);
  EXPECT_LT(tries, 20U);
  engine().clear_faults();
  place(our_spec("ann", 10'000));
  advance(60s);
  EXPECT_EQ(state_of("ann"), "running");
}

TEST_F(watch_actor_test, two_containers_of_one_user_the_one_with_the_right_name_counts) {
  auto odd = our_spec("ann", 10'003);
  odd.name = "copy-of-ann";
  place(odd);
  place(our_spec("ann", 10'000));
  start();
  const auto got = ask<inventory_answer>(fleet_, get_inventory{});
  settle();
  ASSERT_EQ(got->answers.front().all->containers.size(), 1U);
  EXPECT_EQ(got->answers.front().all->containers[0].name, "dockhost-ann");
  EXPECT_EQ(engine_status("copy-of-ann"), "running");
}

} // namespace
} // namespace dockhost::actors
