// SPDX-License-Identifier: MIT
// The V2 dialect: one batch per user, replies in events named after the user.
#include "actors/node/router_limits.hpp"
#include "core/v2_batch.hpp"
#include "node_rig.hpp"

namespace dockhost::actors {
namespace {

using namespace std::chrono_literals;
using test::at;
using test::make_object;

class router_v2_test : public test::node_rig {
protected:
  void start() {
    start_engine_side();
    router_ = spawn_router();
    tell(router_, attach_reply_sink{recorder<reply_sink_actor>(replies)});
    settle();
  }

  void event(const std::string& name, json::value payload, std::optional<std::uint64_t> ack = {}) {
    tell(router_, event_received{session, name, {std::move(payload)}, ack});
  }

  static json::value user(const std::string& name) { return make_object({{"USERNAME", name}}); }
  static json::value create(const std::string& name, const std::string& public_key = key) {
    return make_object(
        {{"USERNAME", name}, {"SSH_PUB_KEY", public_key}, {"startingPortNo", 10'000}});
  }

  static std::int64_t status(const reply_ready& r) {
    std::int64_t n = -1;
    (void)at(r.event_payload, {"status"}).get_int(n);
    return n;
  }

  /// Runs one event to its end; its replies.
  std::vector<reply_ready> run(const std::string& name, json::value payload) {
    replies.clear();
    event(name, std::move(payload));
    advance(2s);
    return replies;
  }

  std::vector<reply_ready> replies;
  std::uint64_t session = 1;
};

TEST_F(router_v2_test, a_whole_life_in_the_v2_dialect) {
  start();
  EXPECT_EQ(run("check_if_container_exists", user("ann")).at(0).event_payload, json::value(false));
  const auto created = run("start_container", create("ann"));
  ASSERT_EQ(created.size(), 1U);
  EXPECT_EQ(created[0].event, "ann");
  EXPECT_FALSE(created[0].ack);
  EXPECT_FALSE(created[0].replayable);
  EXPECT_EQ(status(created[0]), 201);
  EXPECT_EQ(test::text_at(created[0].event_payload, {"message"}), "Instance spawned successfully");
  std::int64_t port = 0;
  EXPECT_TRUE(at(created[0].event_payload, {"PORT_NO"}).get_int(port));
  EXPECT_EQ(port, 10'000);
  EXPECT_EQ(run("check_if_container_exists", user("ann")).at(0).event_payload, json::value(true));
  EXPECT_EQ(run("check_if_container_running", user("ann")).at(0).event_payload, json::value(true));
  EXPECT_EQ(status(run("stop_container", user("ann")).at(0)), 200);
  EXPECT_EQ(status(run("stop_container", user("ann")).at(0)), 200);
  EXPECT_EQ(run("check_if_container_running", user("ann")).at(0).event_payload, json::value(false));
  EXPECT_EQ(status(run("resume_container", user("ann")).at(0)), 200);
  EXPECT_EQ(status(run("resume_container", user("ann")).at(0)), 200);
  EXPECT_EQ(status(run("start_container", create("ann")).at(0)), 409);
  EXPECT_EQ(status(run("delete_container", user("ann")).at(0)), 200);
  EXPECT_EQ(status(run("delete_container", user("ann")).at(0)), 200);
  EXPECT_EQ(status(run("stop_container", user("ann")).at(0)), 404);
}

TEST_F(router_v2_test, FixedOutcomesWhereRequestsOverlap) {
  simulated.latency = 20ms;
  start();
  advance(1s);
  // create + check: only the create's reply.
  event("start_container", create("ann"));
  event("check_if_container_exists", user("ann"));
  advance(5s);
  ASSERT_EQ(replies.size(), 1U);
  EXPECT_EQ(status(replies[0]), 201);
  // stop + resume: the stop's reply, then the resume runs silently.
  replies.clear();
  event("stop_container", user("ann"));
  event("resume_container", user("ann"));
  advance(5s);
  ASSERT_EQ(replies.size(), 1U);
  EXPECT_EQ(test::text_at(replies[0].event_payload, {"message"}), "Instance stopped successfully");
  EXPECT_EQ(engine_status("dockhost-ann"), "running");
  // The same twice is executed once.
  replies.clear();
  const auto stops = engine().calls(docker::call_kind::stop);
  event("stop_container", user("ann"));
  event("stop_container", user("ann"));
  advance(5s);
  EXPECT_EQ(replies.size(), 1U);
  EXPECT_EQ(engine().calls(docker::call_kind::stop), stops + 1);
  // create + delete: the create's reply, then nothing is left, silently.
  replies.clear();
  event("start_container", create("bob"));
  event("delete_container", user("bob"));
  advance(5s);
  ASSERT_EQ(replies.size(), 1U);
  EXPECT_EQ(status(replies[0]), 201);
  EXPECT_EQ(engine_status("dockhost-bob"), "none");
}

TEST_F(router_v2_test, invalid_request_has_its_place_in_the_order) {
  simulated.latency = 20ms;
  start();
  advance(1s);
  event("start_container", create("ann"));
  event("start_container", create("ann", "not a key"));
  advance(5s);
  ASSERT_EQ(replies.size(), 1U);
  EXPECT_EQ(status(replies[0]), 201);
  EXPECT_EQ(status(run("start_container", create("eve", "not a key")).at(0)), 400);
}

TEST_F(router_v2_test, HostileUsernameThatIsAReservedEventIsOnlyALogLine) {
  start();
  for (const char* name : {"connect", "disconnect", "error", "initial_state", "node-hello",
                           "container_state_change", "newListener"}) {
    EXPECT_TRUE(run("start_container", create(name)).empty()) << name;
    EXPECT_TRUE(run("check_if_container_exists", user(name)).empty()) << name;
  }
  EXPECT_EQ(engine().container_count(), 0U);
}

TEST_F(router_v2_test, username_that_cannot_be_addressed_is_answered_only_where_an_ack_is_asked) {
  start();
  event("stop_container", make_object({{"USERNAME", 5}}));
  settle();
  EXPECT_TRUE(replies.empty());
  event("stop_container", make_object({{"USERNAME", 5}}), 3);
  settle();
  ASSERT_EQ(replies.size(), 1U);
  EXPECT_EQ(replies[0].ack, 3U);
  std::int64_t n = 0;
  EXPECT_TRUE(at(replies[0].payload, {"status"}).get_int(n));
  EXPECT_EQ(n, 400);
}

TEST_F(router_v2_test, ServerGoneNeverGetsAV2ReplyLater) {
  simulated.latency = 20ms;
  start();
  advance(1s);
  event("start_container", create("ann"));
  settle();
  session = 2;
  event("check_if_container_exists", user("bob")); // the first news of the new connection
  advance(5s);
  ASSERT_EQ(replies.size(), 1U);
  EXPECT_EQ(replies[0].event, "bob");
  EXPECT_EQ(engine_status("dockhost-ann"), "running");
}

TEST_F(router_v2_test, request_that_joins_one_of_an_earlier_connection_is_answered_on_its_own) {
  simulated.latency = 20ms;
  start();
  advance(1s);
  event("start_container", create("ann"));
  settle();
  session = 2;
  event("start_container", create("ann"));
  advance(5s);
  ASSERT_EQ(replies.size(), 1U);
  EXPECT_EQ(replies[0].session, 2U);
  EXPECT_EQ(status(replies[0]), 201);
}

TEST_F(router_v2_test, EngineTroubleMakesChecksFalseAndCommands503) {
  place(our_spec("ann", 10'000));
  start();
  EXPECT_EQ(run("check_if_container_exists", user("ann")).at(0).event_payload, json::value(true));
  engine().set_reachable(false);
  EXPECT_EQ(status(run("stop_container", user("ann")).at(0)), 503);
  EXPECT_EQ(run("check_if_container_exists", user("ann")).at(0).event_payload, json::value(false));
  EXPECT_EQ(run("check_if_container_running", user("ann")).at(0).event_payload, json::value(false));
}

TEST_F(router_v2_test, engine_down_at_the_start_is_answered_too) {
  engine().set_reachable(false);
  start();
  EXPECT_EQ(run("check_if_container_exists", user("ann")).at(0).event_payload, json::value(false));
  EXPECT_EQ(status(run("start_container", create("ann")).at(0)), 503);
}

TEST_F(router_v2_test, StartingPortThatIsNoneIsNoHint) {
  start();
  int n = 0;
  for (const json::value& hint :
       {json::value(), json::value("10000; reboot"), json::value(0), json::value(-1),
        json::value(10000.5), json::value(65534), json::value(1e9), json::value(json::array{})}) {
    const auto name = "u" + std::to_string(++n);
    const auto got =
        run("start_container",
            make_object({{"USERNAME", name}, {"SSH_PUB_KEY", key}, {"startingPortNo", hint}}));
    ASSERT_EQ(got.size(), 1U);
    EXPECT_EQ(status(got[0]), 201);
    std::int64_t port = 0;
    EXPECT_TRUE(at(got[0].event_payload, {"PORT_NO"}).get_int(port));
    EXPECT_GE(port, 10'000);
    EXPECT_LE(port, 19'999);
  }
}

TEST_F(router_v2_test, requests_of_one_user_are_bounded_and_the_first_reply_answers_all) {
  simulated.latency = 20ms;
  start();
  advance(1s);
  event("start_container", create("ann"));
  for (std::size_t n = 0; n < 2 * v2_batch::default_max_requests; ++n)
    event(n % 2 == 0 ? "stop_container" : "resume_container", user("ann"));
  settle();
  EXPECT_TRUE(replies.empty()) << "a refusal would answer the create, too";
  advance(60s);
  ASSERT_EQ(replies.size(), 1U);
  EXPECT_EQ(status(replies[0]), 201);
  replies.clear();
  EXPECT_EQ(status(run("stop_container", user("ann")).at(0)), 200) << "the room is free again";
}

TEST_F(router_v2_test, request_over_the_bound_is_told_where_no_reply_is_to_come) {
  simulated.latency = 20ms;
  start();
  advance(1s);
  event("start_container", create("ann"));
  for (std::size_t n = 1; n < v2_batch::default_max_requests; ++n)
    event(n % 2 == 0 ? "stop_container" : "resume_container", user("ann"));
  settle();
  session = 2; // who asked before has gone; what waits runs silently
  event("delete_container", user("ann"));
  event("check_if_container_exists", user("ann"));
  settle();
  ASSERT_EQ(replies.size(), 2U);
  EXPECT_EQ(status(replies[0]), 507);
  EXPECT_EQ(replies[0].session, 2U);
  EXPECT_EQ(replies[1].event_payload, json::value(false));
  advance(60s);
  EXPECT_EQ(replies.size(), 2U);
}

TEST_F(router_v2_test, users_in_flight_are_bounded) {
  config.capacity.max_containers = 10'000;
  docker::simulated_fault hang;
  hang.kind = docker::call_kind::create;
  hang.hang = true;
  engine().order(hang);
  start();
  for (std::size_t n = 0; n < max_v2_users; ++n)
    event("start_container", create("u" + std::to_string(n)));
  event("check_if_container_exists", user("u0")); // who is known is let in
  settle();
  EXPECT_TRUE(replies.empty());
  event("start_container", create("ann"));
  event("check_if_container_running", user("bob"));
  settle();
  ASSERT_EQ(replies.size(), 2U);
  EXPECT_EQ(replies[0].event, "ann");
  EXPECT_EQ(status(replies[0]), 507);
  EXPECT_EQ(replies[1].event, "bob");
  EXPECT_EQ(replies[1].event_payload, json::value(false));
}

TEST_F(router_v2_test, requests_of_all_users_are_bounded) {
  start_engine_side();
  journal_ = spawn_hanging_journal(true);
  router_ = spawn_router();
  tell(router_, attach_reply_sink{recorder<reply_sink_actor>(replies)});
  const auto users = max_v2_requests / v2_batch::default_max_requests;
  for (std::size_t u = 0; u < users + 1; ++u) {
    for (std::size_t n = 0; n < v2_batch::default_max_requests; ++n)
      event(n % 2 == 0 ? "stop_container" : "resume_container", user("u" + std::to_string(u)));
  }
  settle();
  EXPECT_TRUE(replies.empty()) << "each has one to come";
  event("stop_container", user("ann"));
  event("check_if_container_running", user("bob"));
  settle();
  ASSERT_EQ(replies.size(), 2U);
  EXPECT_EQ(replies[0].event, "ann");
  EXPECT_EQ(status(replies[0]), 507);
  EXPECT_EQ(replies[1].event, "bob");
  EXPECT_EQ(replies[1].event_payload, json::value(false));
  let_go(0, journal_contents{});
  advance(10s);
  EXPECT_EQ(replies.size(), users + 3);
  EXPECT_EQ(status(run("delete_container", user("ann")).at(0)), 200) << "the room is free again";
}

TEST_F(router_v2_test, shutdown_drains_the_batches) {
  simulated.latency = 20ms;
  start();
  advance(1s);
  event("start_container", create("ann"));
  event("stop_container", user("ann"));
  settle();
  const auto drain = ask<drained>(router_, begin_shutdown{});
  ASSERT_TRUE(until([&] { return drain->answered(); }, 30s));
  ASSERT_EQ(replies.size(), 1U);
  EXPECT_EQ(status(replies[0]), 201);
}

} // namespace
} // namespace dockhost::actors
