// SPDX-License-Identifier: MIT
// A node that ends, in whatever way, and comes back: nobody's container notices.
#include "tests/e2e/support/world.hpp"

namespace dockhost::e2e {
namespace {

using namespace std::chrono_literals;

class Restart : public world {
protected:
  /// Three users: one running, one stopped, one paused by somebody else.
  void make_three() {
    start_both();
    for (const char* user : {"runs", "rests", "frozen"}) {
      const auto made = create(user);
      ids_.push_back(text(made, "containerId"));
      ports_.push_back(number(made, "ports.ssh"));
    }
    ASSERT_TRUE(succeeded(server().command("stop-container", json::object{{"username", "rests"}})));
    docker({"pause", ids_[2]});
    started_ = started();
  }

  /// When the first one was started: another value means that somebody restarted it.
  std::string started() { return text(inspect(ids_[0]), "State.StartedAt"); }

  void expect_three() {
    EXPECT_EQ(started(), started_) << "a user's container was restarted";
    const auto reply = server().command("list-containers", json::object{});
    const auto list = at(reply, "data.containers");
    ASSERT_NE(list.as_array(), nullptr) << json::dump(reply);
    EXPECT_EQ(list.as_array()->size(), 3U) << json::dump(list);
    const std::vector<std::pair<std::string, std::string>> expected = {
        {"runs", "running"}, {"rests", "stopped"}, {"frozen", "paused"}};
    for (std::size_t i = 0; i < expected.size(); ++i) {
      bool found = false;
      for (const auto& entry : *list.as_array()) {
        if (text(entry, "username") != expected[i].first) continue;
        found = true;
        EXPECT_EQ(text(entry, "containerId"), ids_[i]);
        EXPECT_EQ(text(entry, "state"), expected[i].second) << expected[i].first;
        EXPECT_EQ(number(entry, "ports.ssh"), ports_[i]);
      }
      EXPECT_TRUE(found) << expected[i].first;
    }
    EXPECT_TRUE(
        succeeded(server().command("start-container", json::object{{"username", "rests"}})));
    EXPECT_TRUE(eventually([&] { return has_banner(static_cast<std::uint16_t>(ports_[1])); }, 20s));
    const auto another = create("another", {{"startingPort", ports_[1]}});
    for (const auto port : ports_)
      EXPECT_NE(number(another, "ports.ssh"), port);
  }

  std::vector<std::string> ids_;
  std::vector<std::int64_t> ports_;
  std::string started_;
};

TEST_F(Restart, SigkillThenAdopted) {
  make_three();
  kill_node();
  start_node();
  expect_three();
}

TEST_F(Restart, SigtermThenAdopted) {
  make_three();
  EXPECT_EQ(stop_node(15s), 0);
  EXPECT_EQ(text(server().wait_disconnect(0), "reason"), "client namespace disconnect");
  EXPECT_EQ(status_of(ids_[0]), "running");
  start_node();
  expect_three();
}

TEST_F(Restart, StateFolderLost) {
  make_three();
  kill_node();
  std::filesystem::remove_all(folder() / "state");
  start_node();
  expect_three();
}

TEST_F(Restart, StateFolderFullOfNoise) {
  make_three();
  kill_node();
  for (const auto& file : std::filesystem::directory_iterator(folder() / "state"))
    if (file.is_regular_file()) std::filesystem::resize_file(file.path(), 100);
  start_node();
  expect_three();
}

TEST_F(Restart, SigkillInMidCreateThenFinishedOrRolledBack) {
  start_both();
  auto fields = request("alice");
  fields.emplace_back("requestId", "mid-1");
  server().send("create-container", fields);
  ASSERT_TRUE(eventually([&] { return own_containers().size() == 1; }, 30s, 5ms));
  kill_node();
  start_node();
  auto reply = server().command("create-container", fields);
  EXPECT_EQ(json::dump(server().command("create-container", fields)), json::dump(reply));
  if (!truth(reply, "success")) {
    EXPECT_TRUE(failed_with(reply, "shutting_down"));
    EXPECT_TRUE(truth(reply, "error.retryable"));
    EXPECT_TRUE(own_containers().empty()) << "rolled back";
    reply = server().command("create-container", request("alice"));
  }
  EXPECT_TRUE(succeeded(reply));
  EXPECT_EQ(own_containers(), std::vector<std::string>{text(reply, "data.containerId")});
  EXPECT_EQ(ssh_login(folder(), static_cast<std::uint16_t>(number(reply, "data.ports.ssh")), key(),
                      "id -u", text(reply, "data.sshHostKey"))
                .out,
            "0\n");
}

TEST_F(Restart, EngineRestarts) {
  start_both();
  auto& s = server();
  const auto runs = create("runs");
  const auto rests = create("rests");
  ASSERT_TRUE(succeeded(s.command("stop-container", json::object{{"username", "rests"}})));
  stop_engine();
  EXPECT_TRUE(eventually(
      [&] { return json::dump(s.v2("check_if_container_running", {}, "runs")) == "false"; }, 30s,
      200ms))
      << "with the engine unreachable the checks answer false";
  start_engine();
  EXPECT_TRUE(eventually(
      [&] { return json::dump(s.v2("check_if_container_running", {}, "runs")) == "true"; }, 40s,
      200ms))
      << "unless-stopped brings it back";
  EXPECT_EQ(json::dump(s.v2("check_if_container_exists", {}, "rests")), "true");
  EXPECT_EQ(json::dump(s.v2("check_if_container_running", {}, "rests")), "false");
  EXPECT_EQ(status_of(text(rests, "containerId")), "exited");
  const auto port = static_cast<std::uint16_t>(number(runs, "ports.ssh"));
  ASSERT_TRUE(eventually([&] { return has_banner(port); }, 20s));
  EXPECT_EQ(ssh_login(folder(), port, key(), "id -u", text(runs, "sshHostKey")).out, "0\n");
  // The event stream was opened again: a change from outside is noticed without a relist.
  docker({"stop", "-t", "1", text(runs, "containerId")});
  EXPECT_TRUE(eventually(
      [&] { return json::dump(s.v2("check_if_container_running", {}, "runs")) == "false"; }, 10s,
      50ms));
}

} // namespace
} // namespace dockhost::e2e
