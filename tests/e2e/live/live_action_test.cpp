// SPDX-License-Identifier: MIT
// What operators may do, and viewers may not.
#include "tests/e2e/live/live_world.hpp"

#include <gmock/gmock.h>

namespace dockhost::e2e {
namespace {

using namespace std::chrono_literals;

class LiveAction : public live_world {
protected:
  json::value act(int client, const std::string& id, const std::string& action) {
    return browsers().ask(client, "container_action",
                          json::object{{"container_id", id}, {"action", action}}, 60s);
  }
};

TEST_F(LiveAction, OperatorsActOnOursWhichKeepPortsAndIdentity) {
  start_view();
  auto& b = browsers();
  const int client = join();
  const auto made = create("ada");
  const auto id = text(made, "containerId");
  const auto ssh = static_cast<std::uint16_t>(number(made, "ports.ssh"));
  auto from = b.mark();
  EXPECT_EQ(text(act(client, id, "stop"), "status"), "ok");
  EXPECT_EQ(status_of(id), "exited");
  wait_state(client, id, "stopped", from);
  EXPECT_EQ(text(act(client, name_of("ada"), "start"), "status"), "ok");
  wait_state(client, id, "running", from);
  const auto first_start = text(inspect(id), "State.StartedAt");
  from = b.mark();
  EXPECT_EQ(text(act(client, id, "restart"), "status"), "ok");
  EXPECT_NE(text(inspect(id), "State.StartedAt"), first_start);
  const auto told = wait_state(client, id, "running", from);
  EXPECT_EQ(text(told, "username"), "ada");
  EXPECT_EQ(number(told, "port_map.ssh"), ssh);
  ASSERT_TRUE(eventually([&] { return has_banner(ssh); }, 20s));
  EXPECT_EQ(ssh_login(folder(), ssh, key(), "id -u", text(made, "sshHostKey")).out, "0\n");
  // The main server's view is the same.
  const auto conflict = server().command("create-container", request("ada"));
  EXPECT_TRUE(failed_with(conflict, "conflict"));
  EXPECT_EQ(json::dump(at(conflict, "data.ports")), json::dump(at(made, "ports")));

  EXPECT_EQ(text(act(client, id, "delete"), "status"), "ok");
  wait_state(client, id, "removed", from);
  EXPECT_TRUE(own_containers().empty());
  EXPECT_TRUE(refused_with(act(client, id, "start"), "not_found"));
}

TEST_F(LiveAction, OthersContainersAreLeftAloneUnlessAllowed) {
  const auto id = run_quiet("web");
  start_view();
  const int client = join();
  const auto before = json::dump(at(inspect(id), "State"));
  for (const char* action : {"stop", "restart", "start", "delete"})
    EXPECT_TRUE(refused_with(act(client, id, action), "forbidden")) << action;
  EXPECT_EQ(json::dump(at(inspect(id), "State")), before);
}

TEST_F(LiveAction, OthersContainersWhereThatIsAllowed) {
  config["live"]["foreign_actions"] = "true";
  const auto id = run_quiet("web");
  start_view();
  const int client = join();
  const auto from = browsers().mark();
  EXPECT_EQ(text(act(client, id, "stop"), "status"), "ok");
  EXPECT_EQ(status_of(id), "exited");
  EXPECT_EQ(text(act(client, id, "start"), "status"), "ok");
  EXPECT_EQ(status_of(id), "running");
  const auto started = text(inspect(id), "State.StartedAt");
  EXPECT_EQ(text(act(client, id, "restart"), "status"), "ok");
  EXPECT_NE(text(inspect(id), "State.StartedAt"), started);
  EXPECT_EQ(text(act(client, id, "delete"), "status"), "ok");
  wait_state(client, id, "removed", from);
  EXPECT_EQ(status_of(id), "");
}

TEST_F(LiveAction, ViewersMayLookOnly) {
  const auto see = new_token("viewer");
  const auto rule = new_token("operator");
  start_view();
  auto& b = browsers();
  const auto made = create("ada");
  const auto id = text(made, "containerId");
  const auto with = [](const std::string& token) {
    return json::object{{"auth", json::object{{"token", token}}}};
  };
  const auto from = b.mark();
  const int viewer = join(with(see));
  const int ruler = join(with(rule));
  const auto features = [&](int client) {
    return json::dump(at(b.events(client, "connection_established", from)[0], "features"));
  };
  EXPECT_EQ(features(viewer).find("\"actions\""), std::string::npos);
  EXPECT_NE(features(ruler).find("\"actions\""), std::string::npos);
  for (const char* action : {"stop", "restart", "start", "delete"})
    EXPECT_TRUE(refused_with(act(viewer, id, action), "forbidden")) << action;
  EXPECT_EQ(status_of(id), "running");
  EXPECT_EQ(b.events(viewer, "error", from).size(), 4U);
  EXPECT_EQ(text(b.ask(viewer, "start_log_stream", json::object{{"container_id", id}}), "status"),
            "stream_started");
  EXPECT_EQ(text(act(ruler, id, "stop"), "status"), "ok");
}

} // namespace
} // namespace dockhost::e2e
