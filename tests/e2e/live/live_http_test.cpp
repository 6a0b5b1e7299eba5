// SPDX-License-Identifier: MIT
// Pages of a node besides the dashboard: how it is, its containers, their logs.
#include "tests/e2e/live/live_world.hpp"

#include <gmock/gmock.h>

#include <sstream>

namespace dockhost::e2e {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class LiveHttp : public live_world {
protected:
  json::value get(const std::string& path) { return browsers().get(url() + path); }
  std::int64_t status(const std::string& path) { return number(get(path), "status"); }
};

TEST_F(LiveHttp, ReadinessFollowsTheEngineAndHealthDoesNot) {
  start_view();
  EXPECT_EQ(status("/healthz"), 200);
  EXPECT_TRUE(eventually([&] { return status("/readyz") == 200; }, 20s));
  EXPECT_EQ(metric("dockhost_engine_reachable"), 1);
  way_to_engine().cut(true);
  EXPECT_TRUE(eventually([&] { return status("/readyz") == 503; }, 20s));
  EXPECT_EQ(status("/healthz"), 200);
  EXPECT_EQ(metric("dockhost_engine_reachable"), 0);
  way_to_engine().cut(false);
  EXPECT_TRUE(eventually([&] { return status("/readyz") == 200; }, 20s));
  EXPECT_EQ(metric("dockhost_engine_reachable"), 1);
  EXPECT_EQ(metric("dockhost_engine_outages_total"), 1);
}

TEST_F(LiveHttp, ContainersAndTheirLogsCanBeFetched) {
  const auto id = run_quiet("web");
  say_many(id, "line-", 1, 3'000);
  say(id, "the last");
  ASSERT_TRUE(eventually([&] { return engine_log(id).size() == 3'001; }, 10s));
  const auto truth = engine_log(id);
  start_view();
  join(); // the containers are known
  const auto listed = json::parse(text(get("/api/containers"), "body"));
  ASSERT_TRUE(listed.ok());
  EXPECT_THAT(json::dump(*listed), HasSubstr(id));
  for (const auto& name : {id, id.substr(0, 12), prefix() + "web"}) {
    const auto page = get("/api/containers/" + name + "/logs?tail=all&format=text&download=1");
    EXPECT_EQ(number(page, "status"), 200);
    EXPECT_THAT(text(page, "headers.content-disposition"), StartsWith("attachment"));
    std::istringstream body(text(page, "body"));
    std::vector<std::string> lines;
    for (std::string line; std::getline(body, line);)
      lines.push_back(line);
    EXPECT_EQ(lines, truth);
  }
  const auto some = json::parse(text(get("/api/containers/" + id + "/logs?tail=7"), "body"));
  ASSERT_TRUE(some.ok());
  ASSERT_NE(some->as_array(), nullptr);
  ASSERT_EQ(some->as_array()->size(), 7U);
  EXPECT_EQ(text(some->as_array()->back(), "log"), "the last");
  EXPECT_EQ(status("/api/containers/nobody/logs"), 404);
  EXPECT_EQ(status("/api/containers/" + id + "/logs?tail=-1"), 400);
  EXPECT_TRUE(eventually([&] { return way_to_engine().followed() == 0; }, 5s));
}

TEST_F(LiveHttp, NothingOutsideIsServed) {
  start_view();
  auto& b = browsers();
  for (const char* path :
       {"/../../../../../../../../etc/passwd", "/assets/../../../../../../../etc/passwd",
        "/%2e%2e/%2e%2e/%2e%2e/%2e%2e/%2e%2e/etc/passwd", "/..%2f..%2f..%2f..%2fetc%2fpasswd",
        "//etc/passwd", "/%5c..%5c..%5cetc%5cpasswd", "/index.html%00/../../etc/passwd",
        "/api/containers/..%2f..%2fetc%2fpasswd/logs"}) {
    const auto page = b.get(url() + "/", {}, {{"path", path}});
    EXPECT_GE(number(page, "status"), 400) << path;
    EXPECT_THAT(text(page, "body"), Not(HasSubstr("root:"))) << path;
  }
  for (const char* path : {"/", "/api/containers", "/metrics", "/nothing"}) {
    const auto page = get(path);
    EXPECT_EQ(text(page, "headers.x-content-type-options"), "nosniff") << path;
    EXPECT_EQ(text(page, "headers.x-frame-options"), "DENY") << path;
    EXPECT_EQ(text(page, "headers.referrer-policy"), "no-referrer") << path;
  }
}

TEST_F(LiveHttp, CommandLinesAndEnvironmentStayInside) {
  config["live"]["foreign_actions"] = "true";
  const std::string secret = "keep-this-to-yourself";
  const auto id = run_quiet("web", {"-e", "PASSWORD=" + secret, "--health-cmd", "echo " + secret,
                                    "--health-interval", "1s"});
  start_view();
  auto& b = browsers();
  const int client = join();
  b.ask(client, "subscribe",
        json::object{{"topics", json::array{"state", "stats", "node"}}, {"interval_ms", 250}});
  const auto from = b.mark();
  docker({"exec", "-e", "TOKEN=" + secret, id, "sh", "-c", ": " + secret});
  b.wait_event(client, "stats_update", from);
  docker({"restart", "-t", "0", id});
  wait_state(client, id, "running", from);
  b.ask(client, "list_containers", json::object{});
  for (const char* path : {"/api/containers", "/metrics"})
    EXPECT_THAT(text(get(path), "body"), Not(HasSubstr(secret)));
  const auto anything = [](const json::value&) { return true; };
  for (const auto& each : b.all(anything, 0))
    EXPECT_THAT(json::dump(each), Not(HasSubstr(secret)));
  for (const auto& each : server().all(anything, 0))
    EXPECT_THAT(json::dump(each), Not(HasSubstr(secret)));
  EXPECT_THAT(node_log(), Not(HasSubstr(secret)));
}

} // namespace
} // namespace dockhost::e2e
