// SPDX-License-Identifier: MIT
// What only the simulated engine has: latencies and faults to order, in virtual time.
#include "docker/simulated_engine.hpp"
#include "tests/support/virtual_executor.hpp"

#include <gtest/gtest.h>

#include <optional>

namespace dockhost::docker {
namespace {

using namespace std::chrono_literals;

struct simulated_engine_in_virtual_time : ::testing::Test {
  template <class T>
  done<T> into(std::optional<engine_result<T>>& out) {
    return [&out](engine_result<T> result) { out.emplace(std::move(result)); };
  }
  std::string create(simulated_engine& engine, const std::string& name) {
    container_spec spec;
    spec.name = name;
    spec.image = "i";
    std::optional<engine_result<std::string>> id;
    engine.create(spec, 1s, into(id));
    time.run();
    return id->value();
  }
  test::virtual_executor time;
};

TEST_F(simulated_engine_in_virtual_time, a_call_takes_its_latency) {
  simulated_options options;
  options.latency = 20ms;
  simulated_engine engine(time, options);
  std::optional<engine_result<bool>> there;
  engine.has_image("i", 1s, into(there));
  time.advance(19ms);
  EXPECT_FALSE(there.has_value());
  time.advance(1ms);
  ASSERT_TRUE(there.has_value());
  EXPECT_TRUE(there->value());
  EXPECT_EQ(time.timers(), 0U);
}

TEST_F(simulated_engine_in_virtual_time, a_late_call_times_out_and_does_its_work_all_the_same) {
  simulated_engine engine(time);
  const auto id = create(engine, "late");
  simulated_fault slow;
  slow.kind = call_kind::start;
  slow.container = id;
  slow.delay = 10s;
  slow.times = 1;
  engine.order(slow);
  std::optional<engine_result<effect>> started;
  engine.start(id, 2s, into(started));
  time.advance(2s);
  ASSERT_TRUE(started.has_value());
  EXPECT_EQ(started->err().code, engine_errc::timeout);
  time.advance(8s);
  engine.start(id, 2s, into(started));
  time.run();
  EXPECT_EQ(started->value(), effect::already);
}

TEST_F(simulated_engine_in_virtual_time, an_ordered_error_comes_before_or_after_the_work) {
  simulated_engine engine(time);
  const auto id = create(engine, "error");
  simulated_fault lost;
  lost.kind = call_kind::start;
  lost.error = engine_error{engine_errc::unreachable, "lost"};
  lost.times = 1;
  engine.order(lost);
  lost.after_effect = true;
  engine.order(lost);
  std::optional<engine_result<effect>> started;
  std::optional<engine_result<container_details>> details;
  engine.start(id, 1s, into(started));
  engine.inspect(id, 1s, into(details));
  time.run();
  EXPECT_EQ(started->err().code, engine_errc::unreachable);
  EXPECT_EQ(details->value().status, "created");
  engine.start(id, 1s, into(started));
  engine.inspect(id, 1s, into(details));
  time.run();
  EXPECT_EQ(started->err().code, engine_errc::unreachable);
  EXPECT_EQ(details->value().status, "running");
  engine.start(id, 1s, into(started));
  time.run();
  EXPECT_EQ(started->value(), effect::already); // the faults are used up
}

TEST_F(simulated_engine_in_virtual_time, a_probability_holds_roughly) {
  simulated_engine engine(time);
  simulated_fault some;
  some.kind = call_kind::has_image;
  some.error = engine_error{engine_errc::failed, "chance"};
  some.probability = 0.25;
  engine.order(some);
  int failures = 0;
  for (int i = 0; i < 4'000; ++i)
    engine.has_image("i", 1s, [&](const engine_result<bool>& r) { failures += r.ok() ? 0 : 1; });
  time.run();
  EXPECT_GT(failures, 850);
  EXPECT_LT(failures, 1'150);
}

TEST_F(simulated_engine_in_virtual_time, a_pull_tells_its_progress_and_may_stall) {
  simulated_options options;
  options.pull_duration = 100s;
  simulated_engine engine(time, options);
  engine.limit_images({}, {"far:1"});
  std::vector<std::string> lines;
  std::optional<engine_result<unit>> pulled;
  engine.pull(
      "far:1", 20s, [&](std::string line) { lines.push_back(line); }, into(pulled));
  time.advance(99s);
  EXPECT_FALSE(pulled.has_value());
  time.advance(1s);
  ASSERT_TRUE(pulled.has_value());
  EXPECT_TRUE(pulled->ok());
  EXPECT_EQ(lines.size(), 10U);
  simulated_fault stall;
  stall.kind = call_kind::pull;
  stall.hang = true;
  engine.order(stall);
  pulled.reset();
  engine.pull("far:1", 20s, nullptr, into(pulled));
  time.advance(20s);
  EXPECT_EQ(pulled->err().code, engine_errc::timeout);
  EXPECT_EQ(engine.calls(call_kind::pull), 2U);
}

TEST_F(simulated_engine_in_virtual_time, containers_that_were_there_before) {
  simulated_options options;
  options.containers = 3'000;
  simulated_engine engine(time, options);
  std::optional<engine_result<std::vector<container_summary>>> all;
  engine.list({}, 1s, into(all));
  time.run();
  EXPECT_EQ(all->value().size(), 3'000U);
  EXPECT_EQ(all->value()[0].status, "running");
  EXPECT_EQ(engine.container_count(), 3'000U);
}

TEST_F(simulated_engine_in_virtual_time, ssh_answers_a_while_after_the_start) {
  simulated_options options;
  options.ssh_ready_after = 3s;
  simulated_engine engine(time, options);
  container_spec spec;
  spec.name = "ssh";
  spec.image = "i";
  spec.ports = {{22, "", 18'000}, {80, "", 18'001}};
  engine.create(spec, 1s, [](engine_result<std::string>) {});
  engine.start("ssh", 1s, [](engine_result<effect>) {});
  time.run();
  EXPECT_FALSE(engine.answers_ssh(18'000));
  time.advance(3s);
  EXPECT_TRUE(engine.answers_ssh(18'000));
  EXPECT_FALSE(engine.answers_ssh(18'001));
  engine.exit_container("ssh", 1);
  time.run();
  EXPECT_FALSE(engine.answers_ssh(18'000));
}

TEST_F(simulated_engine_in_virtual_time, events_can_be_lost) {
  simulated_engine engine(time);
  std::vector<std::string> actions;
  const auto stream = engine.events(
      0, [&](const container_event& e) { actions.push_back(e.action); }, [](engine_error) {});
  create(engine, "heard");
  engine.lose_events(true);
  create(engine, "unheard");
  engine.lose_events(false);
  engine.exit_container("heard", 1); // it does not run: nothing happens
  create(engine, "again");
  EXPECT_EQ(actions, (std::vector<std::string>{"create", "create"}));
}

TEST_F(simulated_engine_in_virtual_time, unreachable_fails_what_is_under_way) {
  simulated_options options;
  options.latency = 1s;
  simulated_engine engine(time, options);
  std::optional<engine_result<bool>> answer;
  engine.has_image("i", 10s, into(answer));
  time.advance(500ms);
  engine.set_reachable(false);
  time.run();
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->err().code, engine_errc::unreachable);
  EXPECT_EQ(engine.most_at_once(call_kind::has_image), 1U);
}

} // namespace
} // namespace dockhost::docker
