// SPDX-License-Identifier: MIT
// Rows of the trouble table that are about the engine.
#include "tests/e2e/support/held_port.hpp"
#include "tests/e2e/support/world.hpp"

#include <csignal>
#include <fstream>

namespace dockhost::e2e {
namespace {

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;

TEST_F(Trouble, PortBlockStolenMeansTheNextBlock) {
  start_both();
  // Taken before the choice: the probe sees it.
  const std::uint16_t first = first_port();
  {
    const held_port held(static_cast<std::uint16_t>(first + 2));
    ASSERT_TRUE(held.ok());
    EXPECT_GT(number(create("early", {{"startingPort", static_cast<int>(first)}}), "ports.ssh"),
              first + 2);
  }

  // Taken between the choice and the start: at the moment the engine tells of the created
  // container. The race can be lost, so several users try.
  // From now on, whenever the program gets to subscribe.
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto whole = std::chrono::duration_cast<std::chrono::seconds>(now);
  const auto nanos = std::to_string((now - whole) / 1ns);
  const auto since =
      std::to_string(whole.count()) + "." + std::string(9 - nanos.size(), '0') + nanos;
  child_process events({.argv = {"docker", "events", "--since", since, "--filter", "event=create",
                                 "--format", "{{.ID}}"},
                        .environment = {},
                        .without = {},
                        .log = {},
                        .control = true});
  bool stolen = false;
  for (int round = 0; round < 20 && !stolen; ++round) {
    const auto base = static_cast<std::uint16_t>(first + 30 + 6 * round);
    const std::string user = "late" + std::to_string(round);
    auto fields = request(user);
    fields.emplace_back("startingPort", static_cast<int>(base));
    const auto sent = server().send("create-container", fields);
    ASSERT_TRUE(events.read_line(20s));
    const held_port thief(static_cast<std::uint16_t>(base + 1));
    const auto reply = server().reply(sent);
    EXPECT_TRUE(succeeded(reply));
    const auto ssh = number(reply, "data.ports.ssh");
    if (thief.ok()) {
      stolen = true;
      EXPECT_GE(ssh, base + 3);
      EXPECT_EQ((ssh - first) % 3, 0);
      EXPECT_TRUE(has_banner(static_cast<std::uint16_t>(ssh)));
      EXPECT_EQ(own_containers().size(), 2U + static_cast<std::size_t>(round))
          << "a failed try was left";
    } else {
      EXPECT_EQ(ssh, base);
    }
  }
  EXPECT_TRUE(stolen) << "the test never won the race";
}

TEST_F(Trouble, NoImageIsAnErrorThatNamesIt) {
  const std::string image = "127.0.0.1:1/nobody/has-this:1";
  config["containers"]["image"] = "\"" + image + "\"";
  config["ports"]["last"] = std::to_string(first_port() + 2); // one block for all
  start_both();
  const auto reply = server().command("create-container", request("alice"));
  EXPECT_TRUE(failed_with(reply, "image_unavailable"));
  EXPECT_NE(text(reply, "message").find(image), std::string::npos) << json::dump(reply);
  const auto v2 = server().v2("start_container", {{"SSH_PUB_KEY", key().public_line}}, "bob");
  EXPECT_FALSE(truth(v2, "success"));
  EXPECT_GE(number(v2, "status"), 500);
  EXPECT_NE(text(v2, "message").find(image), std::string::npos) << json::dump(v2);
  EXPECT_TRUE(own_containers().empty());
  EXPECT_EQ(json::dump(server().v2("check_if_container_exists", {}, "alice")), "false");
  // Nor are ports left behind: the only block is there for the next one.
  docker({"tag", test_image(), image});
  EXPECT_EQ(number(create("carol"), "ports.ssh"), first_port());
  EXPECT_TRUE(succeeded(server().command("delete-container", json::object{{"username", "carol"}})));
  docker({"rmi", image});
}

TEST_F(Trouble, EngineTroubleDownAtStart) {
  kill_engine();
  start_both();
  auto& s = server();
  const auto began = clock::now();
  const auto reply = s.command("create-container", request("alice"));
  EXPECT_TRUE(failed_with(reply, "engine_unavailable"));
  EXPECT_TRUE(truth(reply, "error.retryable"));
  EXPECT_EQ(number(s.v2("start_container", {{"SSH_PUB_KEY", key().public_line}}, "bob"), "status"),
            503);
  EXPECT_EQ(json::dump(s.v2("check_if_container_exists", {}, "bob")), "false");
  EXPECT_EQ(json::dump(s.v2("check_if_container_running", {}, "bob")), "false");
  EXPECT_LT(clock::now() - began, 60s);
  EXPECT_TRUE(node().running());
  start_engine();
  EXPECT_TRUE(
      eventually([&] { return truth(s.command("create-container", request("alice")), "success"); },
                 30s, 500ms));
}

TEST_F(Trouble, EngineTroubleKilledInMidCommand) {
  config["deadlines"]["create"] = "\"20s\"";
  config["containers"]["ssh_ready_timeout"] = "\"15s\"";
  start_both();
  auto& s = server();
  const auto kept = create("kept");
  const auto sent = s.send("create-container", request("alice"));
  ASSERT_TRUE(eventually([&] { return own_containers().size() == 2; }, 30s, 5ms));
  kill_engine();
  const auto reply = s.reply(sent, 25s);
  EXPECT_TRUE(truth(reply, "success") || truth(reply, "error.retryable")) << json::dump(reply);
  EXPECT_TRUE(node().running());
  start_engine();
  // One container for alice in the end.
  EXPECT_TRUE(eventually(
      [&] {
        const auto again = s.command("create-container", request("alice"));
        return truth(again, "success") || text(again, "error.code") == "conflict";
      },
      60s, 500ms));
  EXPECT_EQ(containers_with_label("dockhost.user=alice").size(), 1U);
  EXPECT_EQ(own_containers().size(), 2U);
  EXPECT_EQ(own_ports().size(), 6U);
  // Whether the engine has brought the other one back is its own affair; the node knows, and can.
  const std::string id = text(kept, "containerId");
  EXPECT_TRUE(eventually(
      [&] {
        const auto running = json::dump(s.v2("check_if_container_running", {}, "kept"));
        return running == (status_of(id) == "running" ? "true" : "false");
      },
      30s, 200ms));
  const json::object user = {{"username", "kept"}};
  EXPECT_TRUE(succeeded(s.command("start-container", user)));
  EXPECT_EQ(status_of(id), "running");
  EXPECT_TRUE(succeeded(s.command("stop-container", user)));
}

/// A process that hangs as long as this lives.
class hanging {
public:
  explicit hanging(pid_t pid) : pid_(pid) { ok_ = pid > 1 && ::kill(pid, SIGSTOP) == 0; }
  ~hanging() { end(); }
  hanging(const hanging&) = delete;
  hanging& operator=(const hanging&) = delete;
  [[nodiscard]] bool ok() const { return ok_; }
  void end() {
    if (ok_) ::kill(pid_, SIGCONT);
    ok_ = false;
  }

private:
  pid_t pid_;
  bool ok_ = false;
};

/// The process that the engine talks to about this one container: its main process's parent.
pid_t shim_of(const std::string& id) {
  std::ifstream file("/proc/" + std::to_string(number(inspect(id), "State.Pid")) + "/status");
  for (std::string word; file >> word;) {
    pid_t parent = 0;
    if (word == "PPid:" && file >> parent) return parent;
  }
  return -1;
}

TEST_F(Trouble, EngineTroubleHanging) {
  config["containers"]["stop_grace"] = "\"1s\"";
  config["deadlines"]["stop_margin"] = "\"3s\"";
  start_both();
  auto& s = server();
  const std::string hung = text(create("hung"), "containerId");
  create("other");
  hanging shim(shim_of(hung));
  ASSERT_TRUE(shim.ok());
  const auto began = clock::now();
  const auto sent = s.send("stop-container", json::object{{"username", "hung"}});
  for (int round = 0; round < 3; ++round) {
    EXPECT_TRUE(succeeded(s.command("stop-container", json::object{{"username", "other"}}, 5s)));
    EXPECT_TRUE(succeeded(s.command("start-container", json::object{{"username", "other"}}, 5s)));
  }
  EXPECT_TRUE(succeeded(s.command("list-containers", json::object{}, 1s)));
  EXPECT_EQ(json::dump(s.v2("check_if_container_exists", {}, "hung", 1s)), "true");
  const auto reply = s.reply(sent, 10s);
  EXPECT_LT(clock::now() - began, 8s);
  EXPECT_TRUE(failed_with(reply, "timeout"));
  EXPECT_TRUE(truth(reply, "error.retryable")) << json::dump(reply);
  shim.end();
  EXPECT_TRUE(eventually(
      [&] { return json::dump(s.v2("check_if_container_running", {}, "hung")) == "false"; }, 40s,
      200ms))
      << "the work is followed to its end";
  EXPECT_TRUE(succeeded(s.command("start-container", json::object{{"username", "hung"}})));
}

TEST_F(Trouble, EngineTroubleHangingAsAWhole) {
  config["deadlines"]["start"] = "\"3s\"";
  config["deadlines"]["create"] = "\"4s\"";
  config["containers"]["ssh_ready_timeout"] = "\"3s\"";
  start_both();
  auto& s = server();
  create("alice");
  ASSERT_TRUE(succeeded(s.command("stop-container", json::object{{"username", "alice"}})));
  hanging engine(engine_pid());
  ASSERT_TRUE(engine.ok());
  const auto began = clock::now();
  const auto sent = s.send("start-container", json::object{{"username", "alice"}});
  const auto create_sent = s.send("create-container", request("bob"));
  const auto listed = s.command("list-containers", json::object{}, 2s);
  EXPECT_TRUE(truth(listed, "success") || text(listed, "error.code") == "engine_unavailable")
      << json::dump(listed);
  const auto start_reply = s.reply(sent, 10s);
  const auto create_reply = s.reply(create_sent, 10s);
  EXPECT_LT(clock::now() - began, 7s);
  for (const auto& reply : {start_reply, create_reply}) {
    EXPECT_FALSE(truth(reply, "success"));
    EXPECT_TRUE(truth(reply, "error.retryable")) << json::dump(reply);
  }
  engine.end();
  EXPECT_TRUE(eventually(
      [&] {
        return truth(s.command("start-container", json::object{{"username", "alice"}}), "success");
      },
      30s, 300ms));
  EXPECT_TRUE(eventually(
      [&] {
        const auto again = s.command("create-container", request("bob"));
        return truth(again, "success") || text(again, "error.code") == "conflict";
      },
      30s, 300ms));
  EXPECT_EQ(own_containers().size(), 2U);
}

TEST_F(Trouble, ForeignContainerIsNotFoundAndUntouched) {
  // As near to ours as can be: our prefix, our labels, another node's id; and one without any
  // label.
  const std::string node_b = "dockhost.node_id=00000000-0000-4000-8000-000000000000";
  foreign.push_back(start_foreign(name_of("victim"), {}));
  foreign.push_back(start_foreign(name_of("cousin"), {"--label", "dockhost.managed=true", "--label",
                                                      node_b, "--label", "dockhost.user=cousin"}));
  foreign.push_back(start_foreign(prefix() + "no-user", {"--label", "dockhost.managed=true"}));
  start_both();
  auto& s = server();
  std::vector<std::string> before;
  for (const auto& id : foreign)
    before.push_back(json::dump(at(inspect(id), "State")));

  for (const auto& id : foreign) {
    const std::string name = text(inspect(id), "Name").substr(1);
    for (const auto& spelling : {id, id.substr(0, 12), id.substr(0, 20), name})
      for (const char* event : {"start-container", "stop-container", "delete-container"})
        EXPECT_TRUE(
            failed_with(s.command(event, json::object{{"containerId", spelling}}), "not_found"))
            << event << " " << spelling;
  }
  for (const char* user : {"victim", "cousin"}) {
    EXPECT_TRUE(
        failed_with(s.command("stop-container", json::object{{"username", user}}), "not_found"));
    EXPECT_TRUE(
        failed_with(s.command("start-container", json::object{{"username", user}}), "not_found"));
    EXPECT_TRUE(succeeded(s.command("delete-container", json::object{{"username", user}})));
    EXPECT_EQ(number(s.v2("delete_container", {}, user), "status"), 200);
    EXPECT_EQ(json::dump(s.v2("check_if_container_exists", {}, user)), "false");
    EXPECT_FALSE(succeeded(s.command("create-container", request(user)))) << "its name is taken";
  }
  EXPECT_EQ(json::dump(at(s.command("list-containers", json::object{}), "data.containers")), "[]");
  for (std::size_t i = 0; i < foreign.size(); ++i)
    EXPECT_EQ(json::dump(at(inspect(foreign[i]), "State")), before[i]) << "touched";

  // A prefix of our own that is ambiguous or too short must not reach a foreign one either.
  const std::string own = text(create("mine"), "containerId");
  EXPECT_TRUE(failed_with(
      s.command("stop-container", json::object{{"containerId", own.substr(0, 3)}}), "not_found"));
  EXPECT_TRUE(
      succeeded(s.command("stop-container", json::object{{"containerId", own.substr(0, 12)}})));
}

TEST_F(Trouble, ForeignContainersPortsAreRespected) {
  // Created, never started: no socket is bound, yet the ports are somebody's.
  const std::string ports = std::to_string(first_port() + 1) + ":80";
  foreign.push_back(docker({"create", "--name", prefix() + "idle", "-p", ports, test_image()}));
  start_both();
  const auto made = create("alice", {{"startingPort", static_cast<int>(first_port())}});
  EXPECT_GE(number(made, "ports.ssh"), first_port() + 3);
  // Nor are those of a stopped container of our own given away.
  ASSERT_TRUE(succeeded(server().command("stop-container", json::object{{"username", "alice"}})));
  const auto hint = static_cast<int>(number(made, "ports.ssh"));
  EXPECT_NE(number(create("bob", {{"startingPort", hint}}), "ports.ssh"), hint);
}

} // namespace
} // namespace dockhost::e2e
