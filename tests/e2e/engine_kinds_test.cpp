// SPDX-License-Identifier: MIT
// The same node on its other engines: the docker program, and the simulated one.
#include "tests/e2e/support/world.hpp"

namespace dockhost::e2e {
namespace {

using namespace std::chrono_literals;

class EngineKinds : public world {};

TEST_F(EngineKinds, CliWholeLife) {
  config["engine"]["kind"] = "\"cli\"";
  start_both();
  auto& s = server();
  const json::object user = {{"username", "alice"}};
  const auto made = create("alice");
  const std::string id = text(made, "containerId");
  const auto port = static_cast<std::uint16_t>(number(made, "ports.ssh"));
  const std::string fingerprint = text(made, "sshHostKey");
  EXPECT_EQ(ssh_login(folder(), port, key(), "id -u", fingerprint).out, "0\n");
  EXPECT_TRUE(succeeded(s.command("stop-container", user)));
  EXPECT_EQ(status_of(id), "exited");
  EXPECT_TRUE(succeeded(s.command("start-container", user)));
  ASSERT_TRUE(eventually([&] { return has_banner(port); }, 20s));
  EXPECT_EQ(ssh_login(folder(), port, key(), "id -u", fingerprint).out, "0\n");
  docker({"stop", "-t", "1", id});
  EXPECT_TRUE(eventually(
      [&] { return json::dump(s.v2("check_if_container_running", {}, "alice")) == "false"; }, 5s))
      << "its event stream works";
  EXPECT_TRUE(succeeded(s.command("delete-container", user)));
  EXPECT_TRUE(own_containers().empty());
}

TEST_F(EngineKinds, SimulatedWholeLife) {
  config["engine"]["kind"] = "\"simulated\"";
  config["engine"]["simulated_containers"] = "0";
  config["containers"]["ssh_ready"] = "false";
  start_both();
  auto& s = server();
  const json::object user = {{"username", "alice"}};
  create("alice");
  EXPECT_TRUE(own_containers().empty()) << "the real engine has nothing to do with it";
  EXPECT_TRUE(succeeded(s.command("stop-container", user)));
  EXPECT_TRUE(succeeded(s.command("start-container", user)));
  EXPECT_TRUE(succeeded(s.command("delete-container", user)));
  EXPECT_TRUE(failed_with(s.command("stop-container", user), "not_found"));
}

} // namespace
} // namespace dockhost::e2e
