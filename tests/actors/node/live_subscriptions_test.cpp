// SPDX-License-Identifier: MIT
// What browsers are told after `subscribe` and `unsubscribe`, and when they can't take it in time.
#include "live_rig.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <set>

namespace dockhost::actors {
namespace {

using namespace std::chrono_literals;
using test::at;
using test::text_at;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class live_subscriptions_test : public test::live_rig {
protected:
  void start() {
    web = foreign("web");
    db = foreign("db");
    start_live();
    settle();
    advance(10s);
  }
  /// A browser that has read what it was told first.
  browser join() {
    auto b = connect();
    b.frames.clear();
    return b;
  }
  void subscribe(browser& b, const std::string& payload) {
    EXPECT_EQ(text_at(ask_live(b, "subscribe", payload), {"status"}), "subscribed") << payload;
  }
  void unsubscribe(browser& b, const std::string& payload) {
    EXPECT_EQ(text_at(ask_live(b, "unsubscribe", payload), {"status"}), "unsubscribed") << payload;
  }
  void stop(const std::string& id) {
    engine().exit_container(id, 0);
    settle();
  }
  void run(const std::string& id) {
    at_engine_start(id);
    settle();
  }

  static std::string line(const json::value& container) {
    return text_at(container, {"name"}) + " " + text_at(container, {"state"});
  }
  /// What it was told of states, in order: "NAME STATE" for a change, and "all: NAME STATE, ..."
  /// for the whole.
  std::vector<std::string> story(browser& b) {
    read(b);
    std::vector<std::string> out;
    for (const auto& frame : b.frames) {
      if (!frame.starts_with("42[")) continue;
      const auto parsed = json::parse(std::string_view(frame).substr(2));
      const auto& args = *parsed->as_array();
      const auto& event = *args[0].as_string();
      if (event == "container_state_change") out.push_back(line(args[1]));
      if (event != "container_state_changes" && event != "initial_state") continue;
      std::vector<std::string> lines;
      const auto containers = at(args[1], {"containers"});
      for (const auto& each : *containers.as_array())
        lines.push_back(line(each));
      if (event == "container_state_changes") {
        out.insert(out.end(), lines.begin(), lines.end());
        continue;
      }
      std::ranges::sort(lines);
      std::string all = "all:";
      for (const auto& each : lines)
        all += (all.back() == ':' ? " " : ", ") + each;
      out.push_back(all);
    }
    return out;
  }
  /// Its connection takes nothing more until it reads again.
  void stop_reading(browser& b) {
    b.socket->queued = 8 * 1024 * 1024;
    b.socket->receive("4299[\"heartbeat_ack\"]"); // the answer stands behind all that
    settle();
  }
  static std::set<std::string> names_in(const json::value& figures) {
    std::set<std::string> out;
    const auto containers = at(figures, {"containers"});
    for (const auto& each : *containers.as_array())
      out.insert(text_at(each, {"container_id"}));
    return out;
  }

  std::string web;
  std::string db;
};

// ---- batches

TEST_F(live_subscriptions_test, what_waits_in_a_batch_is_told_before_the_batch_changes) {
  start();
  auto b = join();
  subscribe(b, R"({"topics":["state"],"batch_ms":3000})");
  stop(web);
  EXPECT_THAT(story(b), IsEmpty());
  subscribe(b, R"({"topics":["state"],"batch_ms":100})");
  EXPECT_THAT(story(b), ElementsAre("web stopped"));
  stop(db);
  subscribe(b, R"({"topics":["state"],"batch_ms":0})");
  EXPECT_THAT(story(b), ElementsAre("web stopped", "db stopped"));
  run(web);
  EXPECT_THAT(story(b), ElementsAre("web stopped", "db stopped", "web running"));
  advance(10s);
  EXPECT_THAT(story(b), SizeIs(3));
}

TEST_F(live_subscriptions_test, what_waits_in_a_batch_is_told_before_the_containers_change) {
  start();
  auto b = join();
  subscribe(b, R"({"topics":["state"],"batch_ms":3000})");
  stop(web);
  subscribe(b, R"({"topics":["state"],"containers":["db"]})");
  EXPECT_THAT(story(b), ElementsAre("web stopped"));
  stop(db);
  unsubscribe(b, R"({"topics":["state"],"containers":["db"]})");
  EXPECT_THAT(story(b), ElementsAre("web stopped", "db stopped"));
}

TEST_F(live_subscriptions_test, older_change_does_not_follow_the_whole) {
  start();
  auto b = join();
  subscribe(b, R"({"topics":["state"],"batch_ms":3000})");
  stop(web);
  unsubscribe(b, R"({"topics":["state"]})");
  EXPECT_THAT(story(b), ElementsAre("web stopped"));
  run(web);
  subscribe(b, R"({"topics":["state"],"batch_ms":3000})");
  advance(10s);
  EXPECT_THAT(story(b), ElementsAre("web stopped", "all: db running, web running"));
}

TEST_F(live_subscriptions_test, batch_that_is_joined_tells_nothing_of_before) {
  start();
  auto b = join();
  auto other = join();
  subscribe(other, R"({"topics":["state"],"batch_ms":3000})");
  stop(web);
  other.socket->end();
  settle();
  run(web);
  subscribe(b, R"({"topics":["state"],"batch_ms":3000})");
  advance(10s);
  EXPECT_THAT(story(b), ElementsAre("web stopped", "web running"));
}

// ---- which containers

TEST_F(live_subscriptions_test, field_that_is_absent_stays_as_it_was) {
  start();
  auto b = join();
  subscribe(b, R"({"topics":["state"],"containers":["web"],"batch_ms":100})");
  subscribe(b, R"({"topics":["state"],"batch_ms":200})");
  stop(db);
  stop(web);
  advance(1s);
  EXPECT_THAT(story(b), ElementsAre("web stopped"));
  subscribe(b, R"({"topics":["state"],"containers":null})");
  run(db);
  run(web);
  EXPECT_THAT(b.states(), IsEmpty());
  advance(1s);
  EXPECT_THAT(story(b), ElementsAre("web stopped", "web running"));
}

TEST_F(live_subscriptions_test, some_containers_can_be_left) {
  start();
  auto b = join();
  subscribe(b, R"({"topics":["state"],"containers":["web","db"]})");
  unsubscribe(b, R"({"topics":["state"],"containers":["web"]})");
  stop(web);
  stop(db);
  EXPECT_THAT(story(b), ElementsAre("db stopped"));
  unsubscribe(b, R"({"topics":["state"],"containers":["db"]})"); // the last one
  run(web);
  run(db);
  EXPECT_THAT(story(b), ElementsAre("db stopped"));
  subscribe(b, R"({"topics":["state"]})"); // as if for the first time
  EXPECT_THAT(story(b), ElementsAre("db stopped", "all: db running, web running"));
  stop(web);
  stop(db);
  EXPECT_THAT(story(b), SizeIs(4));
}

TEST_F(live_subscriptions_test, some_of_all_can_be_left) {
  start();
  auto b = join();
  unsubscribe(b, "{\"topics\":[\"state\"],\"containers\":[\"" + web.substr(0, 12) + "\"]}");
  stop(web);
  stop(db);
  foreign("new");
  advance(2min);
  EXPECT_THAT(story(b), ElementsAre("db stopped", "new running"));
  subscribe(b, R"({"topics":["state"],"containers":"*"})");
  EXPECT_THAT(story(b), ElementsAre("db stopped", "new running",
                                    "all: db stopped, new running, web stopped"));
  run(web);
  EXPECT_EQ(story(b).back(), "web running");
}

TEST_F(live_subscriptions_test, who_wants_more_than_before_is_told_the_whole) {
  start();
  auto b = join();
  // What every dashboard asks for at once is what it has.
  subscribe(b, R"({"topics":["state","node"],"containers":"*","batch_ms":100})");
  subscribe(b, R"({"topics":["state"],"containers":["web"]})");
  subscribe(b, R"({"topics":["state"],"containers":["web"]})");
  EXPECT_THAT(story(b), IsEmpty());
  subscribe(b, R"({"topics":["state"],"containers":["web","db"]})");
  EXPECT_THAT(story(b), ElementsAre("all: db running, web running"));
  unsubscribe(b, R"({"topics":["state"]})");
  stop(web);
  subscribe(b, R"({"topics":["state"],"containers":["web"]})");
  EXPECT_THAT(story(b),
              ElementsAre("all: db running, web running", "all: db running, web stopped"));
}

TEST_F(live_subscriptions_test, figures_come_of_the_containers_that_are_left) {
  simulated.remote = true;
  start();
  auto b = join();
  const auto now = [&] {
    b.frames.clear();
    advance(1s);
    read(b);
    const auto got = b.got("stats_update");
    return got.empty() ? std::set<std::string>{"nothing"} : names_in(got.back());
  };
  subscribe(b, R"({"topics":["stats"],"interval_ms":500})");
  EXPECT_THAT(now(), ElementsAre(std::min(web, db), std::max(web, db)));
  unsubscribe(b, R"({"topics":["stats"],"containers":["web"]})");
  EXPECT_THAT(now(), ElementsAre(db));
  EXPECT_THAT(b.got("stats_update"), SizeIs(2)) << "the interval is the same";
  const auto fresh = foreign("new");
  advance(1min);
  EXPECT_THAT(now(), ElementsAre(std::min(fresh, db), std::max(fresh, db)));
  subscribe(b, R"({"topics":["stats"],"containers":["web","db"]})");
  EXPECT_THAT(now(), ElementsAre("db", "web"));
  subscribe(b, R"({"topics":["stats"],"interval_ms":1000})");
  EXPECT_THAT(now(), ElementsAre("db", "web"));
  EXPECT_THAT(b.got("stats_update"), SizeIs(1));
  unsubscribe(b, R"({"topics":["stats"],"containers":["web"]})");
  EXPECT_THAT(now(), ElementsAre("db"));
  unsubscribe(b, R"({"topics":["stats"],"containers":["db"]})");
  EXPECT_THAT(now(), ElementsAre("nothing"));
}

// ---- clients that fall behind

TEST_F(live_subscriptions_test, who_could_not_take_a_change_is_told_the_whole_once_it_reads) {
  start();
  auto b = join();
  auto other = join();
  stop_reading(b);
  stop(web);
  stop(db);
  run(db);
  advance(1s);
  read(b); // takes what there is: none of this
  EXPECT_THAT(b.states(), IsEmpty());
  settle();
  EXPECT_THAT(story(b), ElementsAre("all: db running, web stopped"));
  run(web);
  EXPECT_THAT(story(b), ElementsAre("all: db running, web stopped", "web running"));
  EXPECT_THAT(story(other), ElementsAre("web stopped", "db stopped", "db running", "web running"));
}

TEST_F(live_subscriptions_test, who_could_not_take_a_change_gets_no_older_one_from_its_batch) {
  start();
  auto b = join();
  subscribe(b, R"({"topics":["state","node"],"batch_ms":3000})");
  b.frames.clear();
  stop(web);
  stop_reading(b);
  auto other = join(); // a change of the node: that is what it can't take
  advance(300ms);
  run(web);
  read(b);
  settle();
  advance(10s);
  EXPECT_THAT(story(b), ElementsAre("all: db running, web running"));
}

TEST_F(live_subscriptions_test, who_could_not_take_news_of_the_node_gets_it_once_it_reads) {
  start();
  auto b = join();
  subscribe(b, R"({"topics":["node"]})");
  unsubscribe(b, R"({"topics":["state"]})");
  b.frames.clear();
  stop_reading(b);
  engine().set_reachable(false);
  advance(1min);
  read(b);
  EXPECT_THAT(b.got("node_state"), IsEmpty());
  settle();
  read(b);
  ASSERT_THAT(b.got("node_state"), SizeIs(1));
  EXPECT_EQ(json::dump(at(b.got("node_state")[0], {"engine", "reachable"})), "false");
  EXPECT_THAT(story(b), IsEmpty()) << "it has left the states";
}

// ---- the node

TEST_F(live_subscriptions_test, node_state_tells_how_many_browsers_there_are) {
  start();
  auto b = join();
  advance(1s);
  subscribe(b, R"({"topics":["node"]})");
  const auto clients = [&] {
    read(b);
    std::vector<std::string> out;
    for (const auto& each : b.got("node_state"))
      out.push_back(json::dump(at(each, {"counts", "clients"})));
    return out;
  };
  advance(1s);
  EXPECT_THAT(clients(), ElementsAre("1"));
  std::vector<browser> others;
  for (int n = 0; n < 5; ++n)
    others.push_back(join());
  EXPECT_THAT(clients(), ElementsAre("1"));
  advance(300ms);
  EXPECT_THAT(clients(), ElementsAre("1", "6")) << "many in one";
  for (auto& each : others)
    each.socket->end();
  settle();
  advance(300ms);
  EXPECT_THAT(clients(), ElementsAre("1", "6", "1"));
}

TEST_F(live_subscriptions_test, node_state_that_one_alone_was_told_does_not_stay_when_it_is_over) {
  start();
  auto old = join();
  subscribe(old, R"({"topics":["node"]})");
  auto second = join();
  advance(1s); // both are told of two
  auto b = join();
  subscribe(b, R"({"topics":["node"]})");
  EXPECT_EQ(json::dump(at(b.got("node_state").back(), {"counts", "clients"})), "3");
  second.socket->end();
  settle();
  advance(1s);
  read(b);
  EXPECT_EQ(json::dump(at(b.got("node_state").back(), {"counts", "clients"})), "2");
}

} // namespace
} // namespace dockhost::actors
