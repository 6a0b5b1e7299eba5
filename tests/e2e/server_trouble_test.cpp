// SPDX-License-Identifier: MIT
// Rows of the trouble table that are about the main server.
#include "tests/e2e/support/world.hpp"

#include <csignal>

namespace dockhost::e2e {
namespace {

using namespace std::chrono_literals;

TEST_F(Trouble, ServerGoneInMidCommandGetsTheReplyLater) {
  start_both();
  auto& s = server();
  auto fields = request("alice");
  fields.emplace_back("requestId", "later-1");
  s.send("create-container", fields);
  auto nameless = request("bob");
  s.send("create-container", nameless);
  ASSERT_TRUE(eventually([&] { return own_containers().size() == 2; }, 30s, 5ms));
  s.kill();
  ASSERT_TRUE(eventually(
      [&] {
        const auto ids = own_containers();
        return ids.size() == 2 && status_of(ids[0]) == "running" && status_of(ids[1]) == "running";
      },
      30s));
  const std::size_t from = s.mark();
  s.start();
  s.wait_node(from);
  const auto reply = s.wait_event("create-container-response", from, 60s);
  EXPECT_TRUE(succeeded(reply));
  EXPECT_EQ(text(reply, "requestId"), "later-1");
  EXPECT_EQ(text(reply, "username"), "alice");
  EXPECT_TRUE(has_banner(static_cast<std::uint16_t>(number(reply, "data.ports.ssh"))));
  // The other had no requestId: the state report tells.
  const auto state = s.wait_event("initial_state", from, 10s);
  ASSERT_NE(at(state, "containers").as_array(), nullptr);
  EXPECT_EQ(at(state, "containers").as_array()->size(), 2U);
  EXPECT_TRUE(succeeded(s.command("list-containers", json::object{})));
  EXPECT_EQ(s.count(is("event", "name", "create-container-response"), from), 1U);
}

TEST_F(Trouble, ServerGoneWithTheReplyUnreadGetsItAgain) {
  start_both();
  auto& s = server();
  auto fields = request("erin");
  fields.emplace_back("requestId", "unread-1");
  s.send("create-container", fields);
  ASSERT_TRUE(eventually([&] { return own_containers().size() == 1; }, 30s, 5ms));
  // From here on it reads nothing, but its kernel takes what is sent.
  s.signal(SIGSTOP);
  ASSERT_TRUE(node_logs("command.done"));
  s.kill();
  const std::size_t from = s.mark();
  s.start();
  s.wait_node(from);
  const auto reply = s.wait_event("create-container-response", from, 60s);
  EXPECT_TRUE(succeeded(reply));
  EXPECT_EQ(text(reply, "requestId"), "unread-1");
  EXPECT_EQ(text(reply, "username"), "erin");
  EXPECT_TRUE(node_logs("reply.unproved"));
}

TEST_F(Trouble, ServerGoneNeverGetsAV2ReplyLater) {
  start_both();
  auto& s = server();
  s.emit("start_container",
         json::object{{"USERNAME", "carol"}, {"SSH_PUB_KEY", key().public_line}});
  ASSERT_TRUE(eventually([&] { return own_containers().size() == 1; }, 30s, 5ms));
  s.kill();
  const std::string id = own_containers().front();
  ASSERT_TRUE(eventually([&] { return status_of(id) == "running"; }, 30s));
  const std::size_t from = s.mark();
  s.start();
  s.wait_node(from);
  EXPECT_EQ(json::dump(s.v2("check_if_container_running", {}, "carol")), "true");
  EXPECT_EQ(s.count(is("event", "name", "carol"), from), 1U) << "only the check was answered";
}

TEST_F(Trouble, ServerTroubleRestart) {
  start_both();
  create("dave");
  for (int round = 0; round < 3; ++round) {
    const std::size_t from = server().mark();
    server().kill();
    ASSERT_TRUE(node_logs("ECONNREFUSED"));
    server().start();
    server().wait_node(from);
    EXPECT_TRUE(succeeded(server().command("list-containers", json::object{})));
  }
  // Nobody there for a while: knocking costs next to nothing.
  server().kill();
  const auto cpu = node_cpu_ms();
  EXPECT_FALSE(eventually([&] { return !node().running(); }, 3s));
  EXPECT_LT(node_cpu_ms() - cpu, 300);
}

TEST_F(Trouble, ServerTroubleRefusedKey) {
  config["server"]["api_key"] = "\"wrong-key\"";
  config["server"]["refused_key_min"] = "\"1s\"";
  config["server"]["refused_key_max"] = "\"2s\"";
  start_server();
  launch_node();
  ASSERT_TRUE(node_logs("Authentication failed"));
  EXPECT_TRUE(node_logs("Invalid DOCKHOST_API_KEY"));
  const auto refused = [&] { return server().count(is("refused"), 0); };
  EXPECT_TRUE(eventually([&] { return refused() >= 2; }, 10s)) << "it is tried again";
  EXPECT_LE(refused(), 4U) << "slowly";
  EXPECT_EQ(node_log().find("wrong-key"), std::string::npos) << "the key is in the log";
  server().call("set_key", {{"value", "wrong-key"}});
  server().wait_node(0, 15s);
  EXPECT_TRUE(succeeded(server().command("list-containers", json::object{})));
}

TEST_F(Trouble, ServerTroubleSilenceAndGarbage) {
  config["server"]["connect_timeout"] = "\"1s\"";
  start_server({.config = {}, .scheme = "http", .program = "rogue_server.mjs"});
  launch_node();
  const auto cpu = node_cpu_ms();
  for (const char* mode :
       {"silent", "close", "noise", "endless_header", "no_upgrade", "ws_silent", "ws_text",
        "ws_bad_open", "ws_open_only", "ws_no_pings", "ws_unknown_engine_packet",
        "ws_unknown_packet", "ws_no_json", "ws_object", "ws_lone_binary", "ws_oversize",
        "ws_bad_frame", "ws_flood"}) {
    const std::size_t from = server().mark();
    server().call("mode", {{"mode", mode}});
    // The second one shows that the node has given the first one up.
    EXPECT_TRUE(
        eventually([&] { return server().count(is("connection", "mode", mode), from) >= 2; }, 15s))
        << mode;
    ASSERT_TRUE(node().running()) << mode;
    EXPECT_LT(node_memory_kb(), 256 * 1024) << mode;
  }
  EXPECT_LT(node_cpu_ms() - cpu, 10'000) << "it spins";
  const std::size_t from = server().mark();
  server().become({});
  server().wait_node(from);
  EXPECT_TRUE(succeeded(server().command("list-containers", json::object{})));
}

TEST_F(Trouble, ServerDisconnectLeadsToAReconnect) {
  start_both();
  create("erin");
  for (const bool close : {false, true}) {
    const std::size_t from = server().mark();
    server().call("disconnect", {{"close", close}});
    server().wait_node(from);
    EXPECT_TRUE(succeeded(server().command("list-containers", json::object{})));
  }
  const std::size_t from = server().mark();
  server().call("drop");
  server().wait_node(from);
  EXPECT_TRUE(succeeded(server().command("list-containers", json::object{})));
}

TEST_F(Trouble, ServerDisconnectBySigtermInMidCreate) {
  start_both();
  auto& s = server();
  auto fields = request("frank");
  fields.emplace_back("requestId", "term-1");
  const auto id = s.send("create-container", fields);
  ASSERT_TRUE(eventually([&] { return own_containers().size() == 1; }, 30s, 5ms));
  EXPECT_EQ(stop_node(60s), 0);
  const auto reply = s.reply(id, 5s);
  if (truth(reply, "success")) {
    EXPECT_EQ(status_of(text(reply, "data.containerId")), "running");
  } else {
    EXPECT_TRUE(failed_with(reply, "shutting_down"));
    EXPECT_TRUE(own_containers().empty()) << "rolled back";
  }
  const auto end = s.wait_disconnect(0, 10s);
  EXPECT_EQ(text(end, "reason"), "client namespace disconnect") << "a disconnect packet came first";
  const std::size_t from = s.mark();
  start_node();
  const auto list = at(s.command("list-containers", json::object{}), "data.containers");
  EXPECT_EQ(list.as_array()->size(), own_containers().size());
  EXPECT_EQ(json::dump(s.command("create-container", fields)), json::dump(reply));
  EXPECT_FALSE(s.seen(is("disconnect"), from));
}

} // namespace
} // namespace dockhost::e2e
