// SPDX-License-Identifier: MIT
// What the main server may watch on its own connection (PROTOCOL part 1c), without a live view for
// browsers.
#include "actors/node/connection_actor.hpp"
#include "live_rig.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <set>

namespace dockhost::actors {
namespace {

using namespace std::chrono_literals;
using test::text_at;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class connection_live_test : public test::live_rig {
protected:
  void start() {
    ann = place(our_spec("ann", 10'000));
    web = foreign("web");
    start_engine_side();
    live_ = track(system().spawn(live_behavior, env(), docker_, ports_, fleet_, watch_));
    router_ = spawn_router();
    connection_ = track(system().spawn(connection_behavior, env(), fleet_, router_, live_));
    settle();
    connect();
  }
  void connect() {
    server().handlers.on_connected();
    settle();
  }
  void lose() {
    server().handlers.on_closed("transport error", false);
    settle();
  }
  /// What the node acknowledged; null: nothing.
  json::value ask(const std::string& event, const std::string& payload) {
    const auto ack = ++acks;
    json::array arguments;
    if (!payload.empty()) arguments.push_back(std::move(json::parse(payload)).value());
    server().handlers.on_event(event, std::move(arguments), ack);
    settle();
    for (const auto& p : server().sent) {
      if (p.ack == ack) return p.payload;
    }
    return {};
  }
  [[nodiscard]] std::vector<json::value> got(const std::string& event) {
    return server().outlet->got(event);
  }

  connection_actor connection_;
  std::string ann;
  std::string web;
  std::uint64_t acks = 0;
};

TEST_F(connection_live_test, log_is_streamed_as_long_as_it_is_wanted) {
  start();
  engine().write_log(ann, "before");
  EXPECT_EQ(
      json::dump(ask("start_log_stream", R"({"container_id":"dockhost-ann","timestamps":false})")),
      R"({"status":"stream_started"})");
  advance(100ms);
  engine().write_log(ann, "after");
  advance(100ms);
  ASSERT_THAT(got("log_update"), SizeIs(2));
  EXPECT_EQ(json::dump(got("log_update")[0]), R"({"container_id":"dockhost-ann","log":"before"})");
  EXPECT_EQ(json::dump(got("log_update")[1]), R"({"container_id":"dockhost-ann","log":"after"})");
  EXPECT_EQ(engine().open_logs(), 1U);
  EXPECT_EQ(json::dump(ask("stop_log_stream", R"({"container_id":"dockhost-ann"})")),
            R"({"status":"stream_stopped"})");
  advance(100ms);
  EXPECT_THAT(got("log_stream_stopped"), SizeIs(1));
  EXPECT_EQ(engine().open_logs(), 0U);
}

TEST_F(connection_live_test, NothingRunsOnWhenTheServerIsGone) {
  start();
  ask("start_log_stream", R"({"container_id":"dockhost-ann"})");
  ask("subscribe", R"({"topics":["node","heartbeat"],"interval_ms":1000})");
  advance(3'500ms);
  EXPECT_EQ(engine().open_logs(), 1U);
  EXPECT_THAT(got("heartbeat"), SizeIs(3));
  EXPECT_FALSE(got("node_state").empty());
  const auto old = server().outlet;
  lose();
  EXPECT_EQ(engine().open_logs(), 0U);
  const auto told = old->texts.size();
  advance(1min);
  ASSERT_GE(sessions.size(), 2U);
  connect();
  advance(10s);
  EXPECT_EQ(old->texts.size(), told);
  EXPECT_THAT(server().outlet->texts, IsEmpty()) << "a new session has asked for nothing";
  EXPECT_EQ(text_at(ask("start_log_stream", R"({"container_id":"dockhost-ann"})"), {"status"}),
            "stream_started");
  EXPECT_EQ(engine().open_logs(), 1U);
}

TEST_F(connection_live_test, what_is_not_its_own_does_not_exist) {
  start();
  for (const auto* event : {"start_log_stream", "stop_log_stream"}) {
    EXPECT_EQ(text_at(ask(event, R"({"container_id":"web"})"), {"code"}), "not_found") << event;
    EXPECT_EQ(text_at(ask(event, "{\"container_id\":\"" + web + "\"}"), {"code"}), "not_found");
  }
  EXPECT_EQ(text_at(ask("subscribe", R"({"topics":["stats"],"containers":["web"]})"), {"code"}),
            "not_found");
  const auto listed = test::at(ask("list_containers", ""), {"containers"});
  ASSERT_NE(listed.as_array(), nullptr);
  ASSERT_THAT(*listed.as_array(), SizeIs(1));
  EXPECT_EQ(text_at(listed.as_array()->front(), {"name"}), "dockhost-ann");
  EXPECT_EQ(engine().open_logs(), 0U);
}

TEST_F(connection_live_test, figures_are_those_of_its_own_also_of_later_ones) {
  simulated.remote = true;
  start();
  ask("subscribe", R"({"topics":["stats"],"interval_ms":500})");
  const auto names = [&] {
    std::set<std::string> out;
    if (got("stats_update").empty()) return out;
    const auto containers = test::at(got("stats_update").back(), {"containers"});
    for (const auto& each : *containers.as_array())
      out.insert(text_at(each, {"container_id"}));
    return out;
  };
  advance(1s);
  EXPECT_THAT(names(), ElementsAre(ann));
  const auto bob = place(our_spec("bob", 20'000));
  advance(1min);
  EXPECT_THAT(names(), ElementsAre(std::min(ann, bob), std::max(ann, bob)));
  ask("unsubscribe", R"({"topics":["stats"],"containers":["dockhost-ann"]})");
  advance(1s);
  EXPECT_THAT(names(), ElementsAre(bob));
}

TEST_F(connection_live_test, refusals_are_the_acknowledgement) {
  start();
  const std::pair<const char*, const char*> rows[] = {
      {"start_log_stream", "7"},
      {"start_log_stream", R"({"container_id":""})"},
      {"start_log_stream", R"({"container_id":"dockhost-ann","tail":-1})"},
      {"subscribe", R"({"topics":["weather"]})"},
      {"subscribe", ""},
  };
  for (const auto& [event, payload] : rows)
    EXPECT_EQ(text_at(ask(event, payload), {"code"}), "invalid_request") << event << payload;
  EXPECT_EQ(text_at(ask("container_action", R"({"container_id":"dockhost-ann","action":"stop"})"),
                    {"code"}),
            "forbidden");
  EXPECT_EQ(engine_status("dockhost-ann"), "running");
  // A Node.js server that listens to no "error" would end with one.
  server().handlers.on_event("subscribe", {}, std::nullopt);
  server().handlers.on_event("stop_log_stream", {json::object{{"container_id", "nobody"}}},
                             std::nullopt);
  settle();
  EXPECT_EQ(server().count("error"), 0U);
  EXPECT_THAT(got("error"), IsEmpty());
}

TEST_F(connection_live_test, answers_without_an_ack_are_not_sent) {
  start();
  const auto before = server().sent.size();
  server().handlers.on_event("list_containers", {}, std::nullopt);
  settle();
  EXPECT_EQ(server().sent.size(), before);
}

TEST_F(connection_live_test, answer_that_the_server_would_not_take_is_a_refusal) {
  start();
  server().max_payload = 200;
  EXPECT_EQ(text_at(ask("list_containers", ""), {"code"}), "capacity");
}

TEST_F(connection_live_test, what_the_link_does_not_take_is_told_as_a_gap) {
  start();
  ask("start_log_stream", R"({"container_id":"dockhost-ann","tail":0})");
  server().outlet->queued = 64 * 1024 * 1024;
  for (int i = 0; i < 3; ++i) {
    engine().write_log(ann, "lost");
    advance(100ms);
  }
  EXPECT_THAT(got("log_update"), IsEmpty());
  server().outlet->queued = 0;
  advance(1s);
  ASSERT_THAT(got("log_gap"), SizeIs(1));
  EXPECT_EQ(text_at(got("log_gap")[0], {"reason"}), "slow_client");
  EXPECT_EQ(json::dump(test::at(got("log_gap")[0], {"lines"})), "3");
  engine().write_log(ann, "again");
  advance(100ms);
  EXPECT_THAT(got("log_update"), SizeIs(1));
}

TEST_F(connection_live_test, too_many_requests_are_refused) {
  start();
  std::string code;
  for (int i = 0; i < 1'100 && code.empty(); ++i)
    code = text_at(ask("heartbeat_ack", ""), {"code"});
  EXPECT_EQ(code, "rate_limited");
  advance(1s);
  EXPECT_EQ(text_at(ask("heartbeat_ack", ""), {"status"}), "ok");
}

TEST_F(connection_live_test, commands_and_states_go_on_as_before) {
  start();
  ask("subscribe", R"({"topics":["state"]})");
  ask("stop-container", R"({"username":"ann"})");
  advance(15s);
  std::vector<std::string> states;
  for (const auto& each : server().payloads("container_state_change"))
    states.push_back(text_at(each, {"state"}));
  ASSERT_FALSE(states.empty());
  EXPECT_EQ(states.back(), "stopped");
  EXPECT_THAT(got("container_state_change"), IsEmpty()) << "each is told once";
}

} // namespace
} // namespace dockhost::actors
