// SPDX-License-Identifier: MIT
// One container's whole life in each dialect, with real ssh logins, and what a container is made
// of.
#include "tests/e2e/support/world.hpp"

#include <algorithm>
#include <sstream>

namespace dockhost::e2e {
namespace {

using namespace std::chrono_literals;

class Commands : public world {
protected:
  void SetUp() override {
    world::SetUp();
    if (!HasFatalFailure()) start_both();
  }

  void expect_one_authorized_key(const std::string& id) {
    std::istringstream lines(inside(id, {"cat", "/root/.ssh/authorized_keys"}));
    std::vector<std::string> found;
    for (std::string line; std::getline(lines, line);)
      if (!line.empty()) found.push_back(line);
    EXPECT_EQ(found, std::vector<std::string>{key().public_line});
  }
};

std::uint16_t port(const json::value& data, const std::string& path) {
  return static_cast<std::uint16_t>(number(data, path));
}

TEST_F(Commands, DocumentedDialectWholeLife) {
  const auto made = create("alice", {{"startingPort", static_cast<int>(first_port()) + 30}});
  const std::string id = text(made, "containerId");
  const std::string fingerprint = text(made, "sshHostKey");
  const std::uint16_t ssh = port(made, "ports.ssh");
  ASSERT_EQ(id.size(), 64U);
  EXPECT_EQ(ssh, first_port() + 30);
  EXPECT_EQ(port(made, "ports.http"), ssh + 1);
  EXPECT_EQ(port(made, "ports.https"), ssh + 2);
  EXPECT_TRUE(fingerprint.starts_with("SHA256:"));
  EXPECT_EQ(own_containers(), std::vector<std::string>{id});

  const auto first = ssh_login(folder(), ssh, key(), "echo kept > /root/file; id -u", fingerprint);
  EXPECT_EQ(first.status, 0) << first.err;
  EXPECT_EQ(first.out, "0\n");
  EXPECT_EQ(offered_methods(ssh), "publickey");
  const auto other = make_key(folder(), "other");
  EXPECT_NE(ssh_login(folder(), ssh, other, "true").status, 0);
  expect_one_authorized_key(id);

  const json::object user = {{"username", "alice"}};
  const auto stopped = server().command("stop-container", user);
  EXPECT_TRUE(succeeded(stopped));
  EXPECT_EQ(text(stopped, "data.containerId"), id);
  EXPECT_EQ(status_of(id), "exited");
  EXPECT_FALSE(accepts(ssh));

  const auto listed = at(server().command("list-containers", user), "data.containers");
  ASSERT_NE(listed.as_array(), nullptr);
  ASSERT_EQ(listed.as_array()->size(), 1U) << json::dump(listed);
  const auto& entry = listed.as_array()->front();
  EXPECT_EQ(text(entry, "containerId"), id);
  EXPECT_EQ(text(entry, "username"), "alice");
  EXPECT_EQ(text(entry, "name"), name_of("alice"));
  EXPECT_EQ(text(entry, "state"), "stopped");
  EXPECT_EQ(number(entry, "ports.ssh"), ssh);

  const auto started = server().command("start-container", {json::object{{"containerId", id}}});
  EXPECT_TRUE(succeeded(started));
  EXPECT_EQ(number(started, "data.ports.ssh"), ssh);
  ASSERT_TRUE(eventually([&] { return has_banner(ssh); }, 20s));
  const auto second = ssh_login(folder(), ssh, key(), "cat /root/file", fingerprint);
  EXPECT_EQ(second.status, 0) << second.err;
  EXPECT_EQ(second.out, "kept\n");
  expect_one_authorized_key(id);

  const auto deleted = server().command("delete-container", user);
  EXPECT_TRUE(succeeded(deleted));
  EXPECT_EQ(text(deleted, "data.containerId"), id);
  EXPECT_TRUE(own_containers().empty());
  EXPECT_FALSE(accepts(ssh));
  const auto none = server().command("list-containers", json::object{});
  EXPECT_EQ(json::dump(at(none, "data.containers")), "[]");
}

TEST_F(Commands, ReplyWithoutAcknowledgementIsAResponseEvent) {
  const std::size_t from = server().mark();
  auto fields = request("bob");
  fields.emplace_back("requestId", "r-1");
  server().emit("create-container", fields);
  const auto reply = server().wait_event("create-container-response", from, 60s);
  EXPECT_TRUE(succeeded(reply));
  EXPECT_EQ(text(reply, "username"), "bob");
  EXPECT_EQ(text(reply, "requestId"), "r-1");
}

TEST_F(Commands, V2DialectWholeLife) {
  auto& s = server();
  const json::object fields = {{"SSH_PUB_KEY", key().public_line},
                               {"startingPortNo", static_cast<int>(first_port()) + 60}};
  EXPECT_EQ(json::dump(s.v2("check_if_container_exists", {}, "carol")), "false");
  const auto made = s.v2("start_container", fields, "carol");
  EXPECT_EQ(number(made, "status"), 201) << json::dump(made);
  EXPECT_TRUE(truth(made, "success"));
  EXPECT_EQ(text(made, "message"), "Instance spawned successfully");
  EXPECT_EQ(number(made, "PORT_NO"), first_port() + 60);
  const std::uint16_t ssh = port(made, "PORT_NO");
  const auto login = ssh_login(folder(), ssh, key(), "id -u");
  EXPECT_EQ(login.out, "0\n") << login.err;
  EXPECT_EQ(json::dump(s.v2("check_if_container_exists", {}, "carol")), "true");
  EXPECT_EQ(json::dump(s.v2("check_if_container_running", {}, "carol")), "true");

  const auto stopped = s.v2("stop_container", {}, "carol");
  EXPECT_EQ(number(stopped, "status"), 200) << json::dump(stopped);
  EXPECT_EQ(text(stopped, "message"), "Instance stopped successfully");
  EXPECT_EQ(json::dump(s.v2("check_if_container_running", {}, "carol")), "false");
  EXPECT_EQ(json::dump(s.v2("check_if_container_exists", {}, "carol")), "true");
  EXPECT_FALSE(accepts(ssh));

  const auto resumed = s.v2("resume_container", {}, "carol");
  EXPECT_EQ(number(resumed, "status"), 200) << json::dump(resumed);
  EXPECT_EQ(text(resumed, "message"), "Instance resumed successfully");
  ASSERT_TRUE(eventually([&] { return has_banner(ssh); }, 20s));
  EXPECT_EQ(ssh_login(folder(), ssh, key(), "id -u").out, "0\n");

  const auto deleted = s.v2("delete_container", {}, "carol");
  EXPECT_EQ(number(deleted, "status"), 200) << json::dump(deleted);
  EXPECT_EQ(text(deleted, "message"), "Instance deleted successfully");
  EXPECT_EQ(json::dump(s.v2("check_if_container_exists", {}, "carol")), "false");
  EXPECT_TRUE(own_containers().empty());
}

TEST_F(Commands, ContainersAreIsolatedFromEachOther) {
  const auto first = create("dave");
  const auto second = create("erin");
  EXPECT_NE(text(first, "sshHostKey"), text(second, "sshHostKey"));
  EXPECT_EQ(host_key(folder(), port(first, "ports.ssh")), text(first, "sshHostKey"));
  EXPECT_EQ(host_key(folder(), port(second, "ports.ssh")), text(second, "sshHostKey"));

  const std::string network = prefix().substr(0, prefix().size() - 1);
  const auto other = inspect(text(second, "containerId"));
  const std::string address = text(at(at(other, "NetworkSettings.Networks"), network), "IPAddress");
  ASSERT_FALSE(address.empty());
  const auto reach = [&](const std::string& where) {
    return run({"docker", "exec", text(first, "containerId"), "timeout", "3", "bash", "-c",
                "exec 3<>/dev/tcp/" + where + "/22"})
        .status;
  };
  EXPECT_EQ(reach("127.0.0.1"), 0) << "the way of testing must be able to succeed";
  EXPECT_NE(reach(address), 0) << "one tenant reaches the other's sshd";
}

TEST_F(Commands, ContainerIsMadeAsDocumented) {
  const auto made = create("frank");
  const auto found = inspect(text(made, "containerId"));
  EXPECT_EQ(text(found, "Name"), "/" + name_of("frank"));
  const auto labels = at(found, "Config.Labels");
  const auto label = [&](const char* name) {
    const auto* value = labels.find(name);
    return value == nullptr || value->as_string() == nullptr ? std::string() : *value->as_string();
  };
  EXPECT_EQ(label("dockhost.managed"), "true");
  EXPECT_EQ(label("dockhost.node_id"), node_id());
  EXPECT_EQ(label("dockhost.user"), "frank");
  EXPECT_EQ(label("dockhost.port_base"), std::to_string(number(made, "ports.ssh")));
  EXPECT_FALSE(label("dockhost.op_id").empty());
  EXPECT_FALSE(label("dockhost.schema").empty());
  EXPECT_EQ(text(found, "HostConfig.RestartPolicy.Name"), "unless-stopped");
  EXPECT_EQ(number(found, "HostConfig.Memory"), 512LL * 1024 * 1024);
  EXPECT_EQ(number(found, "HostConfig.NanoCpus"), 500'000'000);
  EXPECT_EQ(number(found, "HostConfig.PidsLimit"), 512);
  EXPECT_EQ(text(found, "HostConfig.LogConfig.Type"), "json-file");
  EXPECT_FALSE(text(at(found, "HostConfig.LogConfig.Config"), "max-size").empty());
  EXPECT_EQ(text(found, "HostConfig.NetworkMode"), prefix().substr(0, prefix().size() - 1));
  EXPECT_NE(json::dump(at(found, "HostConfig.SecurityOpt")).find("no-new-privileges"),
            std::string::npos);
  EXPECT_FALSE(truth(found, "HostConfig.Privileged"));
  EXPECT_EQ(json::dump(at(found, "Mounts")), "[]");
}

TEST_F(Commands, ForeignChangesAreNoticed) {
  const auto made = create("grace");
  const std::string id = text(made, "containerId");
  const auto state = [&] {
    const auto list = at(server().command("list-containers", json::object{}), "data.containers");
    return list.as_array() == nullptr || list.as_array()->empty()
               ? std::string()
               : text(list.as_array()->front(), "state");
  };
  EXPECT_EQ(state(), "running");
  docker({"stop", "-t", "1", id});
  EXPECT_TRUE(eventually([&] { return state() == "stopped"; }, 5s));
  docker({"start", id});
  EXPECT_TRUE(eventually([&] { return state() == "running"; }, 5s));
  docker({"pause", id});
  EXPECT_TRUE(eventually([&] { return state() == "paused"; }, 5s));
  docker({"rm", "-f", id});
  EXPECT_TRUE(eventually([&] { return state().empty(); }, 5s));
  EXPECT_EQ(json::dump(server().v2("check_if_container_exists", {}, "grace")), "false");
  // The block is free again, and so is the name.
  const auto again = create("grace");
  EXPECT_NE(text(again, "containerId"), id);
}

TEST_F(Commands, StateIsReportedToTheMainServer) {
  EXPECT_EQ(json::dump(at(server().wait_event("initial_state", 0, 10s), "containers")), "[]");
  const std::size_t from = server().mark();
  const auto made = create("heidi");
  const auto running = [&](const json::value& m) {
    const json::value args = at(m, "args");
    return text(m, "name") == "container_state_change" &&
           text(args.as_array()->front(), "container_id") == text(made, "containerId") &&
           text(args.as_array()->front(), "state") == "running";
  };
  server().wait(running, from, 10s, "the report of the running container");
}

} // namespace
} // namespace dockhost::e2e
