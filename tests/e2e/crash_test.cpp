// SPDX-License-Identifier: MIT
// A fault point stands at every engine call and every journal write. One run of the scenario counts
// them; then, for each, the node is killed exactly there with SIGKILL, started again, and nobody
// may have lost anything.
#include "tests/e2e/support/world.hpp"

#include <csignal>
#include <fstream>
#include <set>

namespace dockhost::e2e {
namespace {

using namespace std::chrono_literals;

constexpr int shards = 4;

class Crash : public world, public ::testing::WithParamInterface<int> {
protected:
  Crash() {
    // The life of the journal and of the container is the subject, not sshd's start.
    config["containers"]["ssh_ready"] = "false";
    config["containers"]["stop_grace"] = "\"2s\"";
  }

  struct step {
    std::string event;
    json::object fields;
  };

  /// Every kind of command, for one user; each has a request id of its own.
  [[nodiscard]] std::vector<step> scenario(const std::string& round) const {
    const json::object user = {{"username", "alice"}};
    std::vector<step> steps = {{"create-container", request("alice")},
                               {"stop-container", user},
                               {"start-container", user},
                               {"delete-container", user}};
    for (std::size_t i = 0; i < steps.size(); ++i)
      steps[i].fields.emplace_back("requestId", round + "-" + std::to_string(i));
    return steps;
  }

  /// Sends the steps until one gets no answer because the node has died; that one's index, else how
  /// many there are.
  std::size_t run_until_death(const std::vector<step>& steps) {
    for (std::size_t i = 0; i < steps.size(); ++i) {
      if (!server().try_command(steps[i].event, steps[i].fields)) return i;
    }
    return steps.size();
  }

  /// No container that nobody owns, no port twice, at most one container per user, list and engine
  /// agree.
  void expect_order(const std::string& when) {
    // A rollback, or a removal that the engine goes on with, may still be on its way: it ends by
    // itself, and a container that goes away in mid-look is none.
    json::value list;
    std::vector<std::uint16_t> ports;
    const bool agree = eventually(
        [&] {
          list = at(server().command("list-containers", json::object{}), "data.containers");
          if (list.as_array() == nullptr) return false;
          try {
            ports = own_ports();
          } catch (const std::exception&) {
            return false;
          }
          return ports.size() == 3 * list.as_array()->size() &&
                 list.as_array()->size() == own_containers().size();
        },
        15s, 100ms);
    ASSERT_TRUE(agree) << when << json::dump(list);
    std::set<std::string> users;
    for (const auto& entry : *list.as_array())
      EXPECT_TRUE(users.insert(text(entry, "username")).second) << when << json::dump(list);
    EXPECT_EQ(std::set(ports.begin(), ports.end()).size(), ports.size()) << when;
  }
};

TEST_P(Crash, NothingIsLostAtAnyFaultPoint) {
  start_server();
  const auto trace = folder() / "trace";
  environment = {{"DOCKHOST_FAULT_TRACE", trace.string()}};
  start_node();
  const std::string bystander = text(create("bystander"), "containerId");
  const std::string started = text(inspect(bystander), "State.StartedAt");
  ASSERT_EQ(stop_node(), 0);
  std::filesystem::remove(trace);

  // Counted with the bystander already there, as in all the runs that follow.
  start_node();
  ASSERT_EQ(run_until_death(scenario("count")), 4U);
  ASSERT_EQ(stop_node(), 0);
  std::vector<std::string> names;
  std::ifstream lines(trace);
  for (std::string line; std::getline(lines, line);)
    names.push_back(line);
  ASSERT_GE(names.size(), 12U) << "fault points at every engine call and journal write";

  for (std::size_t n = 1; n <= names.size(); ++n) {
    if (static_cast<int>(n % shards) != GetParam()) continue;
    const std::string when = "killed at " + names[n - 1] + ": ";
    SCOPED_TRACE(when);
    const auto steps = scenario("kill" + std::to_string(n));
    environment = {{"DOCKHOST_FAULT_KILL", std::to_string(n)}};
    const std::size_t from = server().mark();
    launch_node();
    std::size_t reached = 0;
    const bool up = eventually(
        [&] { return !node().running() || server().seen(is("event", "name", "node-hello"), from); },
        20s);
    ASSERT_TRUE(up);
    if (node().running()) reached = run_until_death(steps);
    kill_node();

    environment.clear();
    start_node();
    EXPECT_EQ(text(inspect(bystander), "State.StartedAt"), started) << "another user's container";
    EXPECT_EQ(status_of(bystander), "running");
    // The step that the death cut off, once more with its id: an answer, and always the same. Where
    // the step was rolled back, the answer says so, and a new try succeeds.
    for (std::size_t i = reached; i < steps.size(); ++i) {
      const auto reply = server().command(steps[i].event, steps[i].fields);
      const auto again = server().command(steps[i].event, steps[i].fields);
      EXPECT_EQ(json::dump(again), json::dump(reply)) << steps[i].event;
      if (i == reached && !truth(reply, "success")) {
        EXPECT_TRUE(failed_with(reply, "shutting_down")) << steps[i].event;
        auto fields = steps[i].fields;
        fields.back().second = text(fields.back().second, "") + "-again";
        EXPECT_TRUE(succeeded(server().command(steps[i].event, fields))) << steps[i].event;
      } else {
        EXPECT_TRUE(succeeded(reply)) << steps[i].event;
      }
      expect_order(steps[i].event);
    }
    expect_order("at the end");
    EXPECT_EQ(own_containers(), std::vector<std::string>{bystander}) << "alice's was deleted";
    EXPECT_EQ(stop_node(), 0);
    if (HasFailure()) break; // the first one tells most
  }
}

INSTANTIATE_TEST_SUITE_P(Shards, Crash, ::testing::Range(0, shards));

} // namespace
} // namespace dockhost::e2e
