// SPDX-License-Identifier: MIT
// Rows of the trouble table that are about commands which meet each other, or come twice.
#include "tests/e2e/support/world.hpp"

namespace dockhost::e2e {
namespace {

using namespace std::chrono_literals;

TEST_F(Trouble, TwoCreatesForOneUserMakeOneContainer) {
  start_both();
  const auto first = server().send("create-container", request("alice"));
  const auto second = server().send("create-container", request("alice"));
  const auto won = server().reply(first);
  const auto lost = server().reply(second);
  EXPECT_TRUE(succeeded(won));
  EXPECT_TRUE(failed_with(lost, "conflict"));
  EXPECT_EQ(text(lost, "data.containerId"), text(won, "data.containerId"));
  EXPECT_EQ(number(lost, "data.ports.ssh"), number(won, "data.ports.ssh"));
  EXPECT_EQ(own_containers().size(), 1U);
  EXPECT_EQ(own_ports().size(), 3U);
}

TEST_F(Trouble, SameRequestIdGetsTheFirstAnswer) {
  start_both();
  auto& s = server();
  auto fields = request("bob");
  fields.emplace_back("requestId", "req-1");

  // While the first still runs, the second joins it.
  const auto first = s.send("create-container", fields);
  const auto joined = s.send("create-container", fields);
  const std::string answer = json::dump(s.reply(first));
  EXPECT_EQ(json::dump(s.reply(joined)), answer);
  EXPECT_EQ(own_containers().size(), 1U);

  EXPECT_EQ(json::dump(s.command("create-container", fields)), answer);
  auto other = request("eve");
  other.emplace_back("requestId", "req-1");
  EXPECT_TRUE(failed_with(s.command("create-container", other), "invalid_request"));

  // The effect is not repeated: the user has stopped it since.
  EXPECT_TRUE(succeeded(s.command("stop-container", json::object{{"username", "bob"}})));
  EXPECT_EQ(json::dump(s.command("create-container", fields)), answer);
  EXPECT_EQ(status_of(own_containers().front()), "exited");

  std::size_t from = s.mark();
  s.call("drop");
  s.wait_node(from);
  EXPECT_EQ(json::dump(s.command("create-container", fields)), answer) << "after a reconnect";

  from = s.mark();
  kill_node();
  start_node();
  EXPECT_EQ(json::dump(s.command("create-container", fields)), answer) << "after a restart";
  EXPECT_EQ(own_containers().size(), 1U);
}

TEST_F(Trouble, FixedOutcomesOfRepeatedCommands) {
  start_both();
  auto& s = server();
  const json::object user = {{"username", "carol"}};
  const std::string id = text(create("carol"), "containerId");
  EXPECT_TRUE(succeeded(s.command("start-container", user))) << "start of a running one";
  docker({"pause", id});
  EXPECT_TRUE(succeeded(s.command("start-container", user))) << "start of a paused one";
  EXPECT_EQ(status_of(id), "running");
  EXPECT_TRUE(succeeded(s.command("stop-container", user)));
  EXPECT_TRUE(succeeded(s.command("stop-container", user))) << "stop of a stopped one";
  EXPECT_EQ(number(s.v2("stop_container", {}, "carol"), "status"), 200);
  EXPECT_EQ(number(s.v2("resume_container", {}, "carol"), "status"), 200);
  EXPECT_EQ(number(s.v2("resume_container", {}, "carol"), "status"), 200);
  docker({"pause", id});
  EXPECT_TRUE(succeeded(s.command("stop-container", user))) << "stop of a paused one";
  EXPECT_EQ(status_of(id), "exited");
  const json::object fields = {{"SSH_PUB_KEY", key().public_line}};
  EXPECT_EQ(number(s.v2("start_container", fields, "carol"), "status"), 409);
  EXPECT_TRUE(succeeded(s.command("delete-container", user)));
  EXPECT_TRUE(succeeded(s.command("delete-container", user))) << "delete of an absent one";
  EXPECT_EQ(number(s.v2("delete_container", {}, "carol"), "status"), 200);
  EXPECT_TRUE(failed_with(s.command("start-container", user), "not_found"));
  EXPECT_TRUE(failed_with(s.command("stop-container", user), "not_found"));
  EXPECT_EQ(number(s.v2("stop_container", {}, "carol"), "status"), 404);
}

/// The next check's answer comes after everything else that could have been sent: a count without
/// waiting for silence.
std::size_t answers(main_server& s, const std::string& user, std::size_t from) {
  s.v2("check_if_container_exists", {}, user);
  return s.count(is("event", "name", user), from) - 1;
}

TEST_F(Trouble, FixedOutcomesWhereRequestsOverlap) {
  start_both();
  auto& s = server();
  const json::object user = {{"USERNAME", "dave"}};
  const json::object start = {{"USERNAME", "dave"}, {"SSH_PUB_KEY", key().public_line}};

  std::size_t from = s.mark();
  s.emit("start_container", start);
  s.emit("check_if_container_exists", user);
  EXPECT_EQ(number(s.wait_event("dave", from, 60s), "status"), 201) << "create and check";
  EXPECT_EQ(answers(s, "dave", from), 1U);

  from = s.mark();
  s.emit("stop_container", user);
  s.emit("resume_container", user);
  EXPECT_EQ(text(s.wait_event("dave", from, 60s), "message"), "Instance stopped successfully");
  const std::string id = own_containers().front();
  EXPECT_TRUE(eventually([&] { return status_of(id) == "running"; }, 20s))
      << "the resume still runs";
  EXPECT_EQ(answers(s, "dave", from), 1U);

  from = s.mark();
  s.emit("delete_container", user);
  s.emit("delete_container", user);
  EXPECT_EQ(number(s.wait_event("dave", from, 60s), "status"), 200) << "identical ones are one";
  EXPECT_EQ(answers(s, "dave", from), 1U);

  from = s.mark();
  s.emit("start_container", start);
  s.emit("delete_container", user);
  EXPECT_EQ(number(s.wait_event("dave", from, 60s), "status"), 201) << "create and delete";
  EXPECT_TRUE(eventually([&] { return own_containers().empty(); }, 20s)) << "the delete still runs";
  EXPECT_EQ(answers(s, "dave", from), 1U);

  const auto other = make_key(folder(), "other");
  from = s.mark();
  s.emit("start_container", start);
  s.emit("start_container", json::object{{"USERNAME", "dave"}, {"SSH_PUB_KEY", other.public_line}});
  const auto made = s.wait_event("dave", from, 60s);
  EXPECT_EQ(number(made, "status"), 201);
  EXPECT_EQ(answers(s, "dave", from), 1U) << "the conflict of the second is not sent";
  const auto port = static_cast<std::uint16_t>(number(made, "PORT_NO"));
  EXPECT_EQ(ssh_login(folder(), port, key(), "true").status, 0);
  EXPECT_NE(ssh_login(folder(), port, other, "true").status, 0);
}

} // namespace
} // namespace dockhost::e2e
