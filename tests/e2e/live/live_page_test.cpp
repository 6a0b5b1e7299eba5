// SPDX-License-Identifier: MIT
// The dashboard in a real browser, on a real node and a real engine.
#include "tests/e2e/live/live_world.hpp"
#include "tests/e2e/live/page.hpp"

#include <gmock/gmock.h>

namespace dockhost::e2e {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class LivePage : public live_world {
protected:
  void TearDown() override {
    page_.reset();
    live_world::TearDown();
  }
  /// A browser at the dashboard.
  page& visit(const std::string& query = {}) {
    if (!page_) page_ = std::make_unique<page>(folder(), url());
    page_->visit(url() + "/" + query);
    return *page_;
  }
  [[nodiscard]] std::string name(const std::string& of) const { return prefix() + of; }
  /// The row of a container in that state.
  static std::string row(const std::string& name, const std::string& state = {}) {
    return ".row" + (state.empty() ? "" : ".state-" + state) + ":has([data-row=\"" + name + "\"])";
  }
  static void act(page& p, const std::string& name, const std::string& action) {
    p.click("role=button[name=\"Actions for " + name + "\"]");
    p.click("role=menuitem[name=\"" + action + "\"]");
  }
  /// A node that has something to show, for the pictures.
  void furnish() {
    const auto project = [](const std::string& of, const std::string& service) {
      return std::vector<std::string>{"--label", "com.docker.compose.project=" + of, "--label",
                                      "com.docker.compose.service=" + service};
    };
    auto front = project("shop", "web");
    front.insert(front.end(), {"-p", "127.0.0.1::80", "-p", "127.0.0.1::443"});
    run_script("shop-web-1",
               "i=0; while :; do i=$((i + 1)); printf '\\033[32mINFO\\033[0m  GET /basket/%s 200 "
               "%sms\\n' $i $((i % 40 + 3)); [ $((i % 9)) != 0 ] || printf '\\033[33mWARN\\033[0m  "
               "slow query: SELECT * FROM basket WHERE id = %s\\n' $i; [ $((i % 23)) != 0 ] || "
               "printf '\\033[31mERROR\\033[0m payment service answered 503\\n'; sleep 0.1; done",
               front);
    run_script("shop-db-1", "x=$(head -c 40000000 /dev/zero | tr '\\0' a); exec sleep 100000",
               project("shop", "db"));
    docker({"pause", run_quiet("shop-queue-1", project("shop", "queue"))});
    run_script("shop-worker-1",
               "while :; do i=0; while [ $i -lt 30000 ]; do i=$((i + 1)); done; "
               "sleep 0.2; done",
               project("shop", "worker"));
    docker({"kill", run_quiet("importer")});
    for (const char* user : {"ada", "grace", "linus"})
      create(user);
    ASSERT_TRUE(succeeded(server().command("stop-container", json::object{{"username", "linus"}})));
  }

private:
  std::unique_ptr<page> page_;
};

constexpr const char* counting =
    "n=$(cat /runs 2>/dev/null || echo 0); echo $((n + 1)) >/runs; i=0; "
    "while :; do i=$((i + 1)); echo \"run$n-$i end\"; sleep 0.02; done";

TEST_F(LivePage, ShowsContainersAsTheyComeAndGoAndResumesALogAcrossRestartsOfTheNode) {
  start_view();
  auto& p = visit();
  p.wait(".chip-good:has-text(\"Live\")");
  p.wait(".chip-good:has-text(\"Engine\")");
  p.wait(".chip-good:has-text(\"Main server\")");
  const auto id = run_script("web", counting);
  p.wait(row(name("web"), "running"));
  docker({"pause", id});
  p.wait(row(name("web"), "paused"));
  docker({"unpause", id});
  p.wait(row(name("web"), "running"));
  p.wait(row(name("web")) + " .cpu .line");

  p.click("[data-row=\"" + name("web") + "\"]");
  p.wait(".phase-live");
  p.wait(".log-row:has-text(\"run0-\")");
  for (const bool orderly : {true, false}) {
    if (orderly) {
      EXPECT_EQ(stop_node(20s), 0);
    } else {
      kill_node();
    }
    p.wait("text=Connection lost");
    EXPECT_EQ(p.count_of(row(name("web"))), 1) << "the list stays";
    restart_view();
    p.wait(".chip-good:has-text(\"Live\")");
    p.wait(".phase-live");
  }
  docker({"restart", "-t", "1", id});
  // Only what is in sight is drawn, so no line stays there; lines of this run do.
  p.wait(".log-row >> text=/run1-\\d{2,} end/");
  docker({"stop", "-t", "1", id});
  p.wait(row(name("web"), "stopped"));
  const auto whole = engine_log(id);
  const auto last = whole.back().substr(whole.back().find(' ') + 1);
  p.wait(".log-row:has-text(\"" + last + "\")");
  EXPECT_EQ(p.download("role=button[name=\"Download what is held\"]"), whole);
  EXPECT_EQ(p.count_of(".log-gap"), 0);
  docker({"rm", id});
  p.wait_gone(row(name("web")));
  EXPECT_THAT(p.trouble(), IsEmpty());
}

TEST_F(LivePage, OperatorsActionsAskFirst) {
  start_view();
  const auto id = text(create("ada"), "containerId");
  auto& p = visit();
  const auto ada = name_of("ada");
  p.wait(row(ada, "running") + " .age:text-matches(\"^up \")");
  act(p, ada, "Stop…");
  p.wait("role=dialog[name=\"Stop " + ada + "?\"]");
  p.press("Escape");
  p.wait_gone("role=dialog");
  EXPECT_EQ(status_of(id), "running");
  act(p, ada, "Stop…");
  p.click("role=dialog >> role=button[name=\"Stop\"]");
  p.wait("text=" + ada + " was stopped.");
  p.wait(row(ada, "stopped"));
  EXPECT_EQ(status_of(id), "exited");
  act(p, ada, "Start");
  p.wait("text=" + ada + " was started.");
  EXPECT_EQ(status_of(id), "running");
  act(p, ada, "Delete…");
  p.click("role=dialog >> role=button[name=\"Delete\"]");
  p.wait_gone(row(ada));
  EXPECT_EQ(status_of(id), "");
  EXPECT_THAT(p.trouble(), IsEmpty());
}

TEST_F(LivePage, OffersOperatorsWhatTheNodeWillDo) {
  const auto other = run_quiet("other");
  start_view();
  create("ada");
  auto& p = visit();
  p.wait(row(name_of("ada"), "running"));
  p.wait(row(name("other"), "running") + " .age:text-matches(\"^up \")");
  const auto menu = [&p](const std::string& of) {
    p.click("role=button[name=\"Actions for " + of + "\"]");
    p.wait("role=menuitem[name=\"Copy id\"]");
  };
  menu(name_of("ada"));
  EXPECT_EQ(p.count_of("role=menuitem[name=\"Stop…\"]"), 1);
  p.press("Escape");
  p.wait_gone("role=menu");
  menu(name("other"));
  p.wait("text=view only");
  EXPECT_EQ(p.count_of("role=menuitem[name=\"Stop…\"]"), 0);
  p.press("Escape");

  config["live"]["foreign_actions"] = "true";
  EXPECT_EQ(stop_node(20s), 0);
  p.wait("text=Connection lost");
  restart_view();
  p.wait(".chip-good:has-text(\"Live\")");
  p.wait(row(name("other"), "running"));
  act(p, name("other"), "Stop…");
  p.click("role=dialog >> role=button[name=\"Stop\"]");
  p.wait(row(name("other"), "stopped"));
  EXPECT_EQ(status_of(other), "exited");
  EXPECT_THAT(p.trouble(), IsEmpty());
}

TEST_F(LivePage, TokenIsAskedForAndKeptOutOfTheAddress) {
  const auto see = new_token("viewer");
  const auto rule = new_token("operator");
  start_view();
  create("ada");
  const auto ada = name_of("ada");
  auto& p = visit();
  p.wait("role=dialog[name=\"The node asks for a token\"]");
  p.shoot("token");
  p.fill("role=dialog >> input", "dht_wrong");
  p.press("Enter");
  p.wait("role=dialog >> text=Unknown token");
  p.fill("role=dialog >> input", see);
  p.press("Enter");
  p.wait(row(ada, "running"));
  p.wait_gone("role=dialog");
  p.click("role=button[name=\"Actions for " + ada + "\"]");
  p.wait("role=menuitem[name=\"Open log\"]");
  EXPECT_EQ(p.count_of("role=menuitem[name=\"Stop…\"]"), 0) << "viewers have no actions";
  p.press("Escape");
  visit("?token=" + rule);
  p.wait(row(ada, "running"));
  EXPECT_EQ(p.address(), url() + "/");
  p.click("role=button[name=\"Actions for " + ada + "\"]");
  p.wait("role=menuitem[name=\"Stop…\"]");
  EXPECT_THAT(node_log(), Not(HasSubstr(rule.substr(4))));
  EXPECT_THAT(p.trouble(), IsEmpty());
}

TEST_F(LivePage, PicturesOfARealNode) {
  config["capacity"]["max_containers"] = "50";
  start_view();
  furnish();
  auto& p = visit();
  p.wait(row(name("shop-web-1"), "running"));
  p.wait(row(name("shop-queue-1"), "paused"));
  p.wait(row(name_of("linus"), "stopped"));
  // Some figures, so that there are lines to see.
  const int witness = join();
  const auto from = browsers().mark();
  browsers().ask(witness, "subscribe",
                 json::object{{"topics", json::array{"stats"}}, {"interval_ms", 2'000}});
  browsers().wait_event(
      witness, "stats_update", [seen = 0](const auto&) mutable { return ++seen == 5; }, from, 40s);
  // Other tests may have left theirs.
  const auto mine = ".row:has-text(\"" + name("") + "\")";
  p.wait(":nth-match(" + mine + ", 8)");
  EXPECT_EQ(p.count_of(mine), 8);
  p.shoot("list");
  p.click("[data-row=\"" + name("shop-web-1") + "\"]");
  p.wait(".log-row:has-text(\"payment service\")");
  p.shoot("log");
  p.shoot("readme", 1'200, 640);
  p.prefer_colours("dark");
  p.wait("html[data-theme=dark]");
  p.shoot("log-dark");
  p.shoot("phone-log", 360, 740);
  p.press("Escape");
  p.wait_gone(".panel");
  p.shoot("phone-list", 360, 740);
  p.prefer_colours("light");
  p.wait("html[data-theme=light]");
  way_to_engine().cut(true);
  p.wait("text=The container engine does not answer");
  p.shoot("engine-gone");
  way_to_engine().cut(false);
  p.wait(row(name("shop-web-1"), "running"));
  EXPECT_THAT(p.trouble(), IsEmpty());
}

} // namespace
} // namespace dockhost::e2e
