// SPDX-License-Identifier: MIT
// Each actor of a node that works on a real engine ends at once (DOCKHOST_KILL_ACTOR,
// apps/node_hooks.hpp): containers run on, and the next command of a user is answered once.
#include "tests/e2e/support/world.hpp"

#include <fstream>

namespace dockhost::e2e {
namespace {

using namespace std::chrono_literals;

/// In lots, as a node ends where more than five actors die in half a minute.
struct lot {
  const char* name;
  std::vector<std::string> actors;
};

class ActorLoss : public world, public testing::WithParamInterface<lot> {
protected:
  /// Ends the actor and waits until another one is in its place.
  void end_actor(const std::string& name) {
    const std::size_t from = server().mark();
    const std::string restarted =
        name.starts_with("container ") ? "container.actor_restarted" : "actor=" + name + " ";
    const auto before = log_lines(restarted);
    // Whole at once: the node looks for the file.
    const auto order = folder() / "order";
    std::ofstream(order) << name << "\n";
    std::filesystem::rename(order, hook());
    ASSERT_TRUE(eventually([&] { return log_lines(restarted) == before + 1; }, 10s)) << name;
    // The connection is the last of all: it starts anew with whoever died, but for a container's.
    if (!name.starts_with("container ")) server().wait_node(from);
  }

  [[nodiscard]] std::filesystem::path hook() const { return folder() / "kill-actor"; }

  [[nodiscard]] std::size_t log_lines(const std::string& wanted) const {
    std::size_t count = 0;
    const auto log = node_log();
    for (auto at = log.find(wanted); at != std::string::npos; at = log.find(wanted, at + 1))
      ++count;
    return count;
  }

  /// Without an acknowledgement, as a second one would not be seen: the answer is an event.
  void expect_done(const std::string& event, const std::string& when) {
    const std::string id = "r" + std::to_string(++requests_);
    server().emit(event, json::object{{"username", "alice"}, {"requestId", id}});
    const auto reply =
        server().wait([&](const json::value& m) { return answers(m, id); }, 0, 30s, when);
    EXPECT_TRUE(succeeded(at(reply, "args").as_array()->front())) << when;
  }

  static bool answers(const json::value& m, const std::string& id) {
    const json::value args = at(m, "args");
    return text(m, "t") == "event" && text(m, "name").ends_with("-response") &&
           args.as_array() != nullptr && !args.as_array()->empty() &&
           text(args.as_array()->front(), "requestId") == id;
  }

  std::size_t requests_ = 0;
};

TEST_P(ActorLoss, NextCommandIsAnsweredOnce) {
  environment = {{"DOCKHOST_KILL_ACTOR", hook().string()}};
  start_both();
  auto& s = server();
  const std::string alice = text(create("alice"), "containerId");
  const std::string other = text(create("other"), "containerId");
  const std::string started = text(inspect(other), "State.StartedAt");
  std::size_t asked_in_v2 = 0;
  for (const auto& actor : GetParam().actors) {
    SCOPED_TRACE("without " + actor);
    end_actor(actor);
    if (HasFatalFailure()) return;
    expect_done("stop-container", actor);
    EXPECT_EQ(status_of(alice), "exited");
    EXPECT_EQ(number(s.v2("resume_container", {}, "alice"), "status"), 200);
    EXPECT_EQ(status_of(alice), "running");
    EXPECT_EQ(json::dump(s.v2("check_if_container_running", {}, "alice")), "true");
    asked_in_v2 += 2;
    EXPECT_EQ(text(inspect(other), "State.StartedAt"), started);
    EXPECT_EQ(own_containers().size(), 2U);
  }
  // The node ends when it owes nobody anything: no more answers come.
  EXPECT_EQ(stop_node(), 0);
  s.wait([](const json::value& m) { return text(m, "reason") == "client namespace disconnect"; }, 0,
         10s, "the node's goodbye");
  for (std::size_t n = 1; n <= requests_; ++n) {
    const std::string id = "r" + std::to_string(n);
    EXPECT_EQ(s.count([&](const json::value& m) { return answers(m, id); }, 0), 1U) << id;
  }
  EXPECT_EQ(s.count(is("event", "name", "alice"), 0), asked_in_v2);
  EXPECT_EQ(own_ports().size(), 6U);
}

INSTANTIATE_TEST_SUITE_P(
    Actors, ActorLoss,
    testing::Values(lot{"lower", {"journal", "docker", "ports", "fleet"}},
                    lot{"upper", {"watch", "router", "live", "connection", "container alice"}}),
    [](const auto& which) { return std::string(which.param.name); });

} // namespace
} // namespace dockhost::e2e
