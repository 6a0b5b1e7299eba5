// SPDX-License-Identifier: MIT
#include "fixture.hpp"

namespace dockhost::actors {
namespace {

using namespace std::chrono_literals;
using docker::call_kind;
using docker::engine_errc;
using docker::engine_error;

class docker_actor_test : public test::actor_world {
protected:
  using box = std::shared_ptr<test::asked<engine_answer>>;

  box call(const docker_actor& docker, std::string name, engine_operation op,
           std::chrono::milliseconds timeout = 30s) {
    return ask<engine_answer>(docker, engine_call{std::move(name), std::move(op), timeout});
  }

  static bool done(const box& b) { return b->answered(); }

  static std::optional<engine_errc> failure(const box& b) {
    if (!b->answered()) return std::nullopt;
    const auto* e = std::get_if<engine_error>(&b->answers.front().value);
    return e == nullptr ? std::nullopt : std::optional(e->code);
  }

  void hang(call_kind kind, std::string container) {
    docker::simulated_fault f;
    f.kind = kind;
    f.container = std::move(container);
    f.hang = true;
    engine().order(std::move(f));
  }
};

docker::container_spec named(std::string name) {
  docker::container_spec spec;
  spec.name = std::move(name);
  spec.image = "image";
  spec.network = "dockhost";
  return spec;
}

TEST_F(docker_actor_test, health_is_told_at_once_and_on_each_change) {
  const auto docker = spawn_docker();
  std::vector<engine_health> told;
  tell(docker, subscribe_health{recorder<health_listener_actor>(told)});
  settle();
  ASSERT_EQ(told.size(), 1U);
  EXPECT_TRUE(told[0].reachable);
  engine().set_reachable(false);
  const auto lost = call(docker, "", op_list{});
  settle();
  EXPECT_EQ(failure(lost), engine_errc::unreachable);
  ASSERT_EQ(told.size(), 2U);
  EXPECT_FALSE(told[1].reachable);
  // A late subscriber hears how it is.
  std::vector<engine_health> late;
  tell(docker, subscribe_health{recorder<health_listener_actor>(late)});
  settle();
  ASSERT_EQ(late.size(), 1U);
  EXPECT_FALSE(late[0].reachable);
  engine().set_reachable(true);
  EXPECT_TRUE(until([&] { return told.size() == 3; }, 5s));
  EXPECT_TRUE(told[2].reachable);
}

TEST_F(docker_actor_test, while_the_engine_is_gone_calls_fail_at_once_and_a_probe_asks) {
  engine().set_reachable(false);
  const auto docker = spawn_docker();
  settle();
  const auto before = now();
  const auto lost = call(docker, "ann", op_start{"ann"});
  settle();
  EXPECT_EQ(failure(lost), engine_errc::unreachable);
  EXPECT_EQ(now(), before);
  EXPECT_EQ(engine().calls(call_kind::start), 0U);
  const auto probes = engine().calls(call_kind::info);
  advance(60s);
  const auto in_a_minute = engine().calls(call_kind::info) - probes;
  EXPECT_GT(in_a_minute, 20U);
  EXPECT_LT(in_a_minute, 60U);
}

TEST_F(docker_actor_test, many_failures_at_once_do_not_multiply_the_probes) {
  const auto docker = spawn_docker();
  settle();
  docker::simulated_fault slow;
  slow.kind = call_kind::start;
  slow.delay = 1s;
  engine().order(slow);
  std::vector<box> all;
  for (int n = 0; n < 40; ++n)
    all.push_back(call(docker, "c" + std::to_string(n), op_start{"c" + std::to_string(n)}));
  settle();
  engine().set_reachable(false);
  settle();
  for (const auto& b : all)
    EXPECT_EQ(failure(b), engine_errc::unreachable);
  const auto probes = engine().calls(call_kind::info);
  advance(60s);
  EXPECT_LT(engine().calls(call_kind::info) - probes, 60U);
}

TEST_F(docker_actor_test, one_pull_however_many_wait_for_it) {
  simulated.pull_duration = 5s;
  engine().limit_images({}, {"image", "other"});
  const auto docker = spawn_docker();
  settle();
  std::vector<box> all;
  for (int n = 0; n < 10; ++n)
    all.push_back(call(docker, "", op_pull{"image"}, 120s));
  const auto other = call(docker, "", op_pull{"other"}, 120s);
  settle();
  advance(10s);
  EXPECT_EQ(engine().calls(call_kind::pull), 2U);
  for (const auto& b : all) {
    ASSERT_TRUE(done(b));
    EXPECT_EQ(failure(b), std::nullopt);
  }
  EXPECT_TRUE(done(other));
  // The next one is a pull of its own.
  const auto again = call(docker, "", op_pull{"image"}, 120s);
  advance(10s);
  EXPECT_TRUE(done(again));
  EXPECT_EQ(engine().calls(call_kind::pull), 3U);
}

TEST_F(docker_actor_test, pull_that_fails_is_told_to_all_who_wait) {
  engine().limit_images({}, {});
  const auto docker = spawn_docker();
  settle();
  const auto one = call(docker, "", op_pull{"image"}, 120s);
  const auto two = call(docker, "", op_pull{"image"}, 120s);
  settle();
  EXPECT_EQ(failure(one), engine_errc::no_such_image);
  EXPECT_EQ(failure(two), engine_errc::no_such_image);
}

TEST_F(docker_actor_test, EngineTroubleHangingOnOneContainerDoesNotBlockTheOthers) {
  place(our_spec("ann", 10'000));
  place(our_spec("bob", 10'003));
  hang(call_kind::stop, "dockhost-ann");
  const auto docker = spawn_docker();
  settle();
  const auto hung = call(docker, "dockhost-ann", op_stop{"dockhost-ann", 10s}, 40s);
  const auto behind = call(docker, "dockhost-ann", op_inspect{"dockhost-ann"}, 30s);
  const auto other = call(docker, "dockhost-bob", op_stop{"dockhost-bob", 10s}, 40s);
  settle();
  EXPECT_TRUE(done(other));
  EXPECT_FALSE(done(hung));
  EXPECT_FALSE(done(behind));
  // What waits behind the hung one gives up in its own time, and the hung one in its.
  advance(30s);
  EXPECT_EQ(failure(behind), engine_errc::timeout);
  EXPECT_FALSE(done(hung));
  advance(10s);
  EXPECT_EQ(failure(hung), engine_errc::timeout);
  const auto after = call(docker, "dockhost-ann", op_inspect{"dockhost-ann"});
  settle();
  EXPECT_EQ(failure(after), std::nullopt);
  EXPECT_TRUE(done(after));
}

TEST_F(docker_actor_test, calls_that_wait_are_bounded_and_the_rest_is_answered) {
  docker::simulated_fault hang;
  hang.kind = call_kind::inspect;
  hang.hang = true;
  engine().order(hang);
  const auto docker = spawn_docker();
  settle();
  std::vector<box> calls;
  for (int n = 0; n < 10'002; ++n)
    calls.push_back(call(docker, "dockhost-ann", op_inspect{"dockhost-ann"}));
  settle();
  EXPECT_EQ(failure(calls.back()), engine_errc::failed);
  EXPECT_FALSE(done(calls[10'000]));
}

TEST_F(docker_actor_test, who_shares_a_pull_is_bounded_too) {
  docker::simulated_fault hang;
  hang.kind = call_kind::pull;
  hang.hang = true;
  engine().order(hang);
  const auto docker = spawn_docker();
  settle();
  std::vector<box> calls;
  for (int n = 0; n < 10'001; ++n)
    calls.push_back(call(docker, {}, op_pull{"an-image"}));
  settle();
  EXPECT_EQ(failure(calls.back()), engine_errc::failed);
  EXPECT_FALSE(done(calls[9'999]));
  EXPECT_EQ(engine().calls(call_kind::pull), 1U);
}

TEST_F(docker_actor_test, listener_that_has_ended_is_forgotten) {
  const auto docker = spawn_docker();
  auto other =
      system().spawn([](health_listener_actor::pointer) -> health_listener_actor::behavior_type {
        return {[](const engine_health&) {}};
      });
  tell(docker, subscribe_health{other});
  settle();
  const auto weak = caf::actor_cast<caf::weak_actor_ptr>(other);
  kill(other);
  other = nullptr;
  EXPECT_FALSE(weak.lock());
}

TEST_F(docker_actor_test, what_a_call_waited_comes_off_its_time_at_the_engine) {
  place(our_spec("ann", 10'000));
  hang(call_kind::stop, "dockhost-ann");
  hang(call_kind::start, "dockhost-ann");
  const auto docker = spawn_docker();
  settle();
  const auto first = call(docker, "dockhost-ann", op_stop{"dockhost-ann", 10s}, 20s);
  const auto second = call(docker, "dockhost-ann", op_start{"dockhost-ann"}, 30s);
  advance(20s);
  EXPECT_EQ(failure(first), engine_errc::timeout);
  EXPECT_FALSE(done(second));
  advance(10s);
  EXPECT_EQ(failure(second), engine_errc::timeout);
}

TEST_F(docker_actor_test, all_slots_hung_still_leave_one_for_a_look) {
  config.engine.unary_slots = 2;
  place(our_spec("eve", 10'000));
  hang(call_kind::start, "");
  const auto docker = spawn_docker();
  settle();
  for (int n = 0; n < 5; ++n)
    (void)call(docker, "c" + std::to_string(n), op_start{"x"});
  const auto look = call(docker, "dockhost-eve", op_inspect{"dockhost-eve"});
  const auto list = call(docker, "", op_list{});
  settle();
  EXPECT_TRUE(done(look));
  EXPECT_TRUE(done(list));
  EXPECT_EQ(engine().most_at_once(call_kind::start), 2U);
}

TEST_F(docker_actor_test, network_is_made_once_per_appearance_of_the_engine) {
  const auto docker = spawn_docker();
  settle();
  const auto one = call(docker, "a1", op_create{named("a1")});
  const auto two = call(docker, "a2", op_create{named("a2")});
  settle();
  EXPECT_TRUE(done(one));
  EXPECT_TRUE(done(two));
  EXPECT_EQ(failure(one), std::nullopt);
  EXPECT_EQ(engine().calls(call_kind::ensure_network), 1U);
  (void)call(docker, "a3", op_create{named("a3")});
  settle();
  EXPECT_EQ(engine().calls(call_kind::ensure_network), 1U);
  engine().set_reachable(false);
  (void)call(docker, "", op_list{});
  settle();
  engine().set_reachable(true);
  advance(5s);
  const auto four = call(docker, "a4", op_create{named("a4")});
  settle();
  EXPECT_TRUE(done(four));
  EXPECT_EQ(engine().calls(call_kind::ensure_network), 2U);
}

TEST_F(docker_actor_test, network_that_cannot_be_made_fails_the_create_with_the_reason) {
  docker::simulated_fault f;
  f.kind = call_kind::ensure_network;
  f.error = engine_error{engine_errc::failed, "no address pool left"};
  f.times = 1;
  engine().order(f);
  const auto docker = spawn_docker();
  settle();
  const auto one = call(docker, "a1", op_create{named("a1")});
  settle();
  ASSERT_EQ(failure(one), engine_errc::failed);
  const auto& said = std::get<engine_error>(one->answers.front().value).message;
  EXPECT_NE(said.find("no address pool left"), std::string::npos);
  const auto two = call(docker, "a1", op_create{named("a1")});
  settle();
  EXPECT_TRUE(done(two));
  EXPECT_EQ(failure(two), std::nullopt);
}

TEST_F(docker_actor_test, events_reach_the_sink_and_their_end_is_told) {
  struct sink_state {
    std::vector<std::string> heard;
    int ended = 0;
  } got;
  const auto docker = spawn_docker();
  auto sink =
      track(system().spawn([&got](event_sink_actor::pointer) -> event_sink_actor::behavior_type {
        return {[&got](const docker::container_event& e) { got.heard.push_back(e.action); },
                [&got](const event_stream_ended&) { ++got.ended; }};
      }));
  settle();
  tell(docker, open_events{0, sink});
  settle();
  place(our_spec("ann", 10'000));
  settle();
  EXPECT_EQ(got.heard, (std::vector<std::string>{"create", "start"}));
  engine().set_reachable(false);
  settle();
  EXPECT_EQ(got.ended, 1);
}

} // namespace
} // namespace dockhost::actors
