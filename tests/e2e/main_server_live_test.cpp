// SPDX-License-Identifier: MIT
// The main server watching logs and figures on the node's own connection (PROTOCOL part 1c), the
// live view for browsers being off.
#include "tests/e2e/support/world.hpp"

#include <set>
#include <sstream>

namespace dockhost::e2e {
namespace {

using namespace std::chrono_literals;

class MainServerWatches : public world {
protected:
  void SetUp() override {
    world::SetUp();
    if (HasFatalFailure()) return;
    config["live"]["enabled"] = "false";
    start_both();
  }
  json::value watch(const std::string& event, json::object what) {
    return server().command(event, std::move(what), 10s);
  }
  /// Lines of log_update from `from` on.
  std::set<std::string> lines(std::size_t from) {
    std::set<std::string> out;
    for (const auto& update : updates(from)) {
      std::istringstream text(update);
      for (std::string line; std::getline(text, line);)
        out.insert(line);
    }
    return out;
  }
  std::vector<std::string> updates(std::size_t from) {
    std::vector<std::string> out;
    (void)server().count(
        [&out](const json::value& m) {
          if (text(m, "name") == "log_update")
            out.push_back(text(at(m, "args").as_array()->front(), "log"));
          return false;
        },
        from);
    return out;
  }
  /// Writes into the log of the container, whose first process has its output.
  void say(const std::string& id, const std::string& line) {
    (void)inside(id, {"sh", "-c", "echo " + line + " > /proc/1/fd/1"});
  }
};

TEST_F(MainServerWatches, LogsAndFiguresUntilItStopsOrGoes) {
  const std::string id = text(create("ann"), "containerId");
  auto from = server().mark();
  const auto started =
      watch("start_log_stream", {{"container_id", name_of("ann")}, {"timestamps", false}});
  EXPECT_EQ(text(started, "status"), "stream_started") << json::dump(started);
  say(id, "watched-one");
  ASSERT_TRUE(eventually([&] { return lines(from).contains("watched-one"); }, 10s));
  EXPECT_EQ(
      text(watch("subscribe", {{"topics", json::array{"stats"}}, {"interval_ms", 500}}), "status"),
      "subscribed");
  const auto stats = server().wait_event("stats_update", from, 10s);
  const auto figures = at(stats, "containers");
  ASSERT_EQ(figures.as_array()->size(), 1U) << json::dump(stats);
  EXPECT_EQ(text(figures.as_array()->front(), "container_id"), id);
  EXPECT_GT(number(figures.as_array()->front(), "memory_bytes"), 0);

  EXPECT_EQ(text(watch("stop_log_stream", {{"container_id", name_of("ann")}}), "status"),
            "stream_stopped");
  EXPECT_EQ(text(server().wait_event("log_stream_stopped", from, 10s), "reason"), "requested");
  EXPECT_EQ(text(watch("unsubscribe", {{"topics", json::array{"stats"}}}), "status"),
            "unsubscribed");
  // Two heartbeats are a second in which nothing else comes.
  from = server().mark();
  (void)watch("subscribe", {{"topics", json::array{"heartbeat"}}, {"interval_ms", 1'000}});
  (void)server().wait_event("heartbeat", from, 10s);
  from = server().mark();
  say(id, "nobody-hears");
  (void)server().wait_event("heartbeat", from, 10s);
  EXPECT_EQ(server().count(is("event", "name", "stats_update"), from), 0U);
  EXPECT_TRUE(updates(from).empty());

  // Watching again, and the connection is lost: the next one has asked for nothing.
  (void)watch("start_log_stream", {{"container_id", id}});
  from = server().mark();
  (void)server().call("drop");
  (void)server().wait_node(from);
  from = server().mark();
  say(id, "after-the-drop");
  (void)watch("subscribe", {{"topics", json::array{"node"}}});
  (void)server().wait_event("node_state", from, 10s);
  EXPECT_TRUE(updates(from).empty());
  EXPECT_EQ(server().count(is("event", "name", "heartbeat"), from), 0U);
  (void)watch("start_log_stream", {{"container_id", id}, {"timestamps", false}});
  ASSERT_TRUE(eventually([&] { return lines(from).contains("after-the-drop"); }, 10s));
}

TEST_F(MainServerWatches, OthersContainersAreNotItsBusiness) {
  foreign.push_back(start_foreign(prefix() + "other"));
  const auto refused = watch("start_log_stream", {{"container_id", foreign.back()}});
  EXPECT_EQ(text(refused, "code"), "not_found");
  EXPECT_EQ(text(watch("container_action", {{"container_id", "x"}, {"action", "stop"}}), "code"),
            "forbidden");
}

TEST_F(MainServerWatches, CommandsAreNotSlowerForIt) {
  const std::string id = text(create("ann"), "containerId");
  (void)watch("start_log_stream", {{"container_id", id}, {"tail", 0}});
  (void)inside(id, {"sh", "-c",
                    "(for i in $(seq 20); do head -c 3000000 /dev/zero | tr '\\0' x | fold -w 500 "
                    "> /proc/1/fd/1; done) >/dev/null 2>&1 &"});
  const auto from = server().mark();
  ASSERT_TRUE(eventually([&] { return !updates(from).empty(); }, 10s));
  double slowest = 0;
  for (int i = 0; i < 50; ++i) {
    const auto asked = std::chrono::steady_clock::now();
    EXPECT_TRUE(succeeded(server().command("list-containers", json::object{})));
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - asked;
    slowest = std::max(slowest, took.count());
  }
  EXPECT_LT(slowest, 1.0) << "seconds, the deadline of a question";
}

} // namespace
} // namespace dockhost::e2e
