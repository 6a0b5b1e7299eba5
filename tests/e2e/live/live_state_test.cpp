// SPDX-License-Identifier: MIT
// What browsers are told of containers and of the node.
#include "tests/e2e/live/live_world.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <sstream>

namespace dockhost::e2e {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class LiveState : public live_world {};

/// The containers of an initial_state or of list_containers, by id.
std::map<std::string, json::value> by_id(const json::value& state) {
  std::map<std::string, json::value> out;
  const json::value list = at(state, "containers");
  if (list.as_array() == nullptr) throw std::runtime_error("no list: " + json::dump(state));
  for (const auto& each : *list.as_array())
    out.emplace(text(each, "container_id"), each);
  return out;
}

std::vector<std::string> keys(const std::map<std::string, json::value>& from) {
  std::vector<std::string> out;
  for (const auto& [key, value] : from)
    out.push_back(key);
  return out;
}

/// Full ids of every container of the engine, sorted.
std::vector<std::string> engine_containers() {
  std::istringstream lines(docker({"ps", "-aq", "--no-trunc"}));
  std::vector<std::string> ids;
  for (std::string line; std::getline(lines, line);)
    ids.push_back(line);
  std::ranges::sort(ids);
  return ids;
}

TEST_F(LiveState, FirstEventsComeInOrderByEveryTransport) {
  const auto web = run_quiet("web", {"--label", "com.docker.compose.project=shop", "--label",
                                     "com.docker.compose.service=front", "-p", "127.0.0.1::80"});
  start_view();
  auto& b = browsers();
  const json::object ways[] = {
      {{"transports", json::array{"polling"}}},
      {{"transports", json::array{"websocket"}}},
      {{"transports", json::array{"polling", "websocket"}}},
  };
  for (const auto& way : ways) {
    const auto from = b.mark();
    const int client = join(way);
    EXPECT_THAT(b.event_names(client, from), ElementsAre("connection_established", "initial_state"))
        << json::dump(way);
    const auto hello = b.events(client, "connection_established", from)[0];
    EXPECT_FALSE(text(hello, "message").empty());
    EXPECT_FALSE(text(hello, "requestId").empty());
    EXPECT_NE(json::dump(at(hello, "features")).find("\"subscriptions\""), std::string::npos);

    const auto listed = by_id(b.events(client, "initial_state", from)[0]);
    EXPECT_EQ(keys(listed), engine_containers());
    const auto& told = listed.at(web);
    EXPECT_EQ(text(told, "name"), prefix() + "web");
    EXPECT_EQ(text(told, "image"), test_image());
    EXPECT_EQ(text(told, "status"), "running");
    EXPECT_EQ(text(told, "state"), "running");
    EXPECT_EQ(text(told, "compose_project"), "shop");
    EXPECT_EQ(text(told, "compose_service"), "front");
    const auto port = docker({"port", web, "80/tcp"});
    EXPECT_EQ(text(told, "ports"), port.substr(port.rfind(':') + 1) + "->80/tcp");
    const auto created = text(told, "created");
    EXPECT_EQ(created.substr(0, 19), text(inspect(web), "Created").substr(0, 19));
    EXPECT_EQ(created.size(), std::string("2026-01-02T03:04:05.000000+00:00").size()) << created;
  }
  // The last one goes on by WebSocket, and nothing is told twice for it.
  const auto from = b.mark();
  const int upgraded = b.open(url(), ways[2]);
  EXPECT_EQ(text(b.wait_link(upgraded, "open", from), "transport"), "polling");
  EXPECT_EQ(text(b.wait_link(upgraded, "upgrade", from), "transport"), "websocket");
  EXPECT_EQ(keys(by_id(b.ask(upgraded, "list_containers", json::object{}))), engine_containers());
  EXPECT_THAT(b.event_names(upgraded, from),
              ElementsAre("connection_established", "initial_state"));
}

TEST_F(LiveState, BrowsersThatComeCostTheEngineNothing) {
  config["engine"]["relist_interval"] = "\"1h\"";
  run_quiet("web");
  start_view();
  const int first = join();
  // Until the node has looked at all that was there.
  auto before = way_to_engine().received();
  auto since = std::chrono::steady_clock::now();
  ASSERT_TRUE(eventually(
      [&] {
        if (way_to_engine().received() != before) since = std::chrono::steady_clock::now();
        before = way_to_engine().received();
        return std::chrono::steady_clock::now() - since > 1s;
      },
      20s));
  for (int n = 0; n < 20; ++n) {
    const int client = join();
    const auto all = by_id(browsers().ask(client, "list_containers", json::object{}));
    EXPECT_EQ(keys(all), engine_containers());
  }
  // engine_containers() goes to the engine directly.
  EXPECT_EQ(way_to_engine().received(), before);
  browsers().ask(first, "start_log_stream",
                 json::object{{"container_id", prefix() + "web"}, {"tail", 0}});
  EXPECT_GT(way_to_engine().received(), before) << "the proxy counts";
}

TEST_F(LiveState, EachTransitionOfAForeignContainerIsToldOnce) {
  start_view();
  auto& b = browsers();
  const int client = join();
  const auto from = b.mark();
  const auto id = run_quiet("web", {"-p", "127.0.0.1::80"});
  const auto running = wait_state(client, id, "running", from);
  EXPECT_NE(text(running, "ports").find("->80/tcp"), std::string::npos) << json::dump(running);
  docker({"exec", id, "true"});
  docker({"restart", "-t", "1", id});
  docker({"pause", id});
  docker({"unpause", id});
  docker({"stop", "-t", "1", id});
  docker({"rm", id});
  const auto removed = wait_state(client, id, "removed", from);
  EXPECT_THAT(states(client, id, from), ElementsAre("created", "running", "stopped", "running",
                                                    "paused", "running", "stopped", "removed"));
  // The last known fields.
  for (const char* field : {"name", "image", "compose_project", "created"})
    EXPECT_EQ(text(removed, field), text(running, field)) << field;
  const auto stopped = wait_state(client, id, "stopped", from);
  EXPECT_THAT(text(stopped, "ports"), IsEmpty());
  EXPECT_EQ(text(stopped, "status"), "exited");
  EXPECT_EQ(by_id(b.ask(client, "list_containers", json::object{})).count(id), 0U);
}

TEST_F(LiveState, WhatTheMainServerOrdersIsSeen) {
  start_view();
  auto& b = browsers();
  const int client = join();
  const auto from = b.mark();
  const auto made = create("ada");
  const auto id = text(made, "containerId");
  const auto told = wait_state(client, id, "running", from);
  EXPECT_EQ(text(told, "username"), "ada");
  EXPECT_EQ(text(told, "name"), name_of("ada"));
  for (const char* port : {"ssh", "http", "https"})
    EXPECT_EQ(number(told, std::string("port_map.") + port),
              number(made, std::string("ports.") + port));
  EXPECT_NE(text(told, "ports").find(std::to_string(number(made, "ports.ssh")) + "->22/tcp"),
            std::string::npos);
  const json::object ada = {{"username", "ada"}};
  ASSERT_TRUE(succeeded(server().command("stop-container", ada)));
  ASSERT_TRUE(succeeded(server().command("start-container", ada)));
  ASSERT_TRUE(succeeded(server().command("delete-container", ada)));
  const auto removed = wait_state(client, id, "removed", from);
  EXPECT_EQ(text(removed, "username"), "ada");
  EXPECT_EQ(text(removed, "name"), name_of("ada"));
  auto seen = states(client, id, from);
  EXPECT_EQ(std::ranges::adjacent_find(seen), seen.end())
      << json::dump(json::array(b.all(of(client, is("event")), from)));
  // What is on its way is told, too; what has come about is what counts here.
  std::erase(seen, "created");
  std::erase(seen, "stopping");
  EXPECT_THAT(seen, ElementsAre("running", "stopped", "running", "removed"));
}

TEST_F(LiveState, CompatClientsGetTheOtherEventToo) {
  start_view();
  auto& b = browsers();
  const int modern = join();
  const int older = join({{"query", json::object{{"compat", "1"}}}});
  const auto from = b.mark();
  const auto id = run_quiet("web");
  for (const int client : {modern, older})
    wait_state(client, id, "running", from);
  b.ask(older, "list_containers", json::object{});
  b.ask(modern, "list_containers", json::object{});
  EXPECT_EQ(b.events(older, "container_state_changed", from),
            b.events(older, "container_state_change", from));
  EXPECT_THAT(b.events(modern, "container_state_changed", from), IsEmpty());
}

TEST_F(LiveState, SubscriptionsChooseContainersAndBatches) {
  const auto web = run_quiet("web");
  const auto db = run_quiet("db");
  start_view();
  auto& b = browsers();
  const int all = join();
  const int chosen = join();
  const int batched = join();
  const int none = join();
  const json::array state = {"state"};
  EXPECT_EQ(
      text(b.ask(chosen, "subscribe",
                 json::object{{"topics", state}, {"containers", json::array{web.substr(0, 12)}}}),
           "status"),
      "subscribed");
  b.ask(batched, "subscribe", json::object{{"topics", state}, {"batch_ms", 3'000}});
  EXPECT_EQ(text(b.ask(none, "unsubscribe", json::object{{"topics", state}}), "status"),
            "unsubscribed");
  const auto from = b.mark();
  docker({"kill", web});
  docker({"kill", db});
  wait_state(all, web, "stopped", from);
  wait_state(all, db, "stopped", from);
  const auto group = by_id(b.wait_event(batched, "container_state_changes", from));
  EXPECT_EQ(group.size(), 2U) << "both in one";
  EXPECT_EQ(text(group.at(web), "state"), "stopped");
  for (const int client : {chosen, batched, none})
    b.ask(client, "list_containers", json::object{});
  EXPECT_THAT(states(chosen, web, from), ElementsAre("stopped"))
      << json::dump(json::array(b.all(of(chosen, is("event")), from)));
  EXPECT_THAT(states(chosen, db, from), IsEmpty());
  EXPECT_THAT(b.events(batched, "container_state_change", from), IsEmpty());
  EXPECT_THAT(b.event_names(none, from), IsEmpty());

  // Unsubscribed is not for ever.
  b.ask(none, "subscribe", json::object{{"topics", state}});
  docker({"start", db});
  wait_state(none, db, "running", from);
}

TEST_F(LiveState, NodeStateTellsOfTheEngineAndTheMainServer) {
  run_quiet("web");
  start_view();
  auto& b = browsers();
  const int client = join();
  const int deaf = join();
  auto from = b.mark();
  b.ask(client, "subscribe", json::object{{"topics", json::array{"node"}}});
  const auto now = b.wait_event(client, "node_state", from);
  EXPECT_TRUE(truth(now, "engine.reachable"));
  EXPECT_FALSE(text(now, "engine.version").empty());
  EXPECT_EQ(text(now, "main_server.state"), "connected");
  EXPECT_EQ(text(now, "node"), node_id());
  EXPECT_EQ(number(now, "counts.containers"),
            static_cast<std::int64_t>(engine_containers().size()));
  EXPECT_EQ(number(now, "counts.clients"), 2);

  const auto engine_is = [](bool reachable) {
    return [reachable](const json::value& n) { return truth(n, "engine.reachable") == reachable; };
  };
  from = b.mark();
  way_to_engine().cut(true);
  b.wait_event(client, "node_state", engine_is(false), from);
  way_to_engine().cut(false);
  b.wait_event(client, "node_state", engine_is(true), from);

  const auto server_is = [](bool connected) {
    return [connected](const json::value& n) {
      return (text(n, "main_server.state") == "connected") == connected;
    };
  };
  from = b.mark();
  server().kill();
  b.wait_event(client, "node_state", server_is(false), from);
  const auto back = b.mark();
  server().start();
  b.wait_event(client, "node_state", server_is(true), back);
  EXPECT_THAT(b.events(deaf, "node_state", 0), IsEmpty());
}

TEST_F(LiveState, HeartbeatsComeAndCount) {
  start_view();
  auto& b = browsers();
  const int client = join();
  const auto from = b.mark();
  b.ask(client, "subscribe",
        json::object{{"topics", json::array{"heartbeat"}}, {"interval_ms", 250}});
  b.wait_event(
      client, "heartbeat", [](const auto& h) { return number(h, "seq") == 3; }, from);
  const auto beats = b.events(client, "heartbeat", from);
  for (std::size_t n = 0; n < beats.size(); ++n)
    EXPECT_EQ(number(beats[n], "seq"), static_cast<std::int64_t>(n + 1));
  EXPECT_EQ(text(b.ask(client, "heartbeat_ack", json::object{{"seq", 3}}), "status"), "ok");
}

} // namespace
} // namespace dockhost::e2e
