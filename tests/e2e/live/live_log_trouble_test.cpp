// SPDX-License-Identifier: MIT
// The row of the trouble table about log streams: browsers that vanish, that stop reading, and that
// start and stop without end. The engine is behind a proxy that counts the logs being followed.
#include "tests/e2e/live/live_crowd.hpp"
#include "tests/e2e/live/live_world.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <csignal>
#include <cstdio>

namespace dockhost::e2e {
namespace {

using namespace std::chrono_literals;
using ::testing::Each;
using ::testing::Field;
using ::testing::IsEmpty;

constexpr const char* viewers = "dockhost_live_clients{role=\"operator\"}";
constexpr const char* watchers = "dockhost_log_watchers";
constexpr const char* queued = "dockhost_http_queued_bytes";
/// How soon after the last watcher has gone the engine must be let go.
constexpr milliseconds at_once = 2s;

json::object by(const char* transport) {
  return {{"transports", json::array{transport}}};
}

/// Whether each has got so many lines more than `before`.
bool went_on(const std::vector<crowd_figures>& before, const std::vector<crowd_figures>& now,
             std::int64_t lines = 1) {
  for (std::size_t i = 0; i < now.size(); ++i)
    if (now[i].lines < before[i].lines + lines) return false;
  return true;
}

TEST_F(LiveTrouble, LogStreamsOfAHundredClientsThatDropWithoutACloseLeaveNothing) {
  config["live"]["ping_interval"] = "\"1s\"";
  config["live"]["ping_timeout"] = "\"2s\"";
  const milliseconds pings = 3s;
  const auto shared = run_flood("shared", 20);
  const auto of_destroyed = run_flood("destroyed", 20);
  const auto of_killed = run_flood("killed", 20);
  const auto of_stopped = run_flood("stopped", 20);
  start_view();
  const int witness = join();
  ASSERT_EQ(metric(viewers), 1);

  // 40 whose sockets are destroyed, a half of them while they don't read; 30 whose process is
  // killed; 30 whose process is stopped, so that only the missing answer to a ping tells.
  live_crowd destroyed(folder(), "destroyed"), killed(folder(), "killed"),
      stopped(folder(), "stopped");
  const auto few = destroyed.join(url(), 20, by("websocket"));
  const auto more = destroyed.join(url(), 20);
  const crowd_part forty{few.first, 40};
  const auto thirty = [&](live_crowd& crowd) {
    const auto all = crowd.join(url(), 10, by("polling"));
    crowd.join(url(), 20, by("websocket"));
    return crowd_part{all.first, 30};
  };
  const auto to_kill = thirty(killed);
  const auto to_stop = thirty(stopped);
  const auto follow = [&](live_crowd& crowd, crowd_part who, const std::string& own) {
    crowd.follow(who, shared);
    crowd.follow(who, own);
    const auto before = crowd.figures(who);
    EXPECT_TRUE(eventually([&] { return went_on(before, crowd.figures(who), 100); }, 20s));
  };
  follow(destroyed, forty, of_destroyed);
  follow(killed, to_kill, of_killed);
  follow(stopped, to_stop, of_stopped);
  EXPECT_EQ(metric(viewers), 101);
  EXPECT_EQ(metric(watchers), 200);
  EXPECT_EQ(way_to_engine().followed(), 4U);

  destroyed.pause({few.first, 10});
  destroyed.pause({more.first, 10});
  destroyed.destroy(few, true);
  destroyed.destroy(more, false);
  EXPECT_TRUE(eventually([&] { return way_to_engine().followed() == 3; }, at_once));
  EXPECT_EQ(metric(viewers), 61);
  auto before = killed.figures(to_kill);
  EXPECT_TRUE(eventually([&] { return went_on(before, killed.figures(to_kill), 100); }, 10s));

  killed.kill();
  // Those by polling may just have had no request under way that could break off.
  EXPECT_TRUE(eventually([&] { return metric(viewers) <= 31 + 10; }, at_once));
  EXPECT_TRUE(eventually([&] { return way_to_engine().followed() == 2; }, pings + at_once));
  EXPECT_EQ(metric(viewers), 31);
  before = stopped.figures(to_stop);
  EXPECT_TRUE(eventually([&] { return went_on(before, stopped.figures(to_stop), 100); }, 10s));

  stopped.signal(SIGSTOP);
  EXPECT_TRUE(eventually([&] { return way_to_engine().followed() == 0; }, pings + at_once));
  EXPECT_EQ(metric(viewers), 1);
  EXPECT_EQ(metric(watchers), 0);
  EXPECT_EQ(metric("dockhost_log_streams"), 0);
  EXPECT_EQ(metric("dockhost_actors{actor=\"log_stream\"}"), 0);
  EXPECT_EQ(metric(queued), 0);
  EXPECT_EQ(way_to_engine().most_followed(), 4U) << "more than one for a container";
  // Those who are left feel nothing of it.
  EXPECT_EQ(browsers().event_names(witness, 0).size(), 2U);
  EXPECT_FALSE(browsers().seen(is("disconnect"), 0));
  EXPECT_EQ(
      text(browsers().ask(witness, "start_log_stream", json::object{{"container_id", shared}}),
           "status"),
      "stream_started");
  EXPECT_EQ(way_to_engine().followed(), 1U);
}

TEST_F(LiveTrouble, LogStreamsOfAClientThatStopsReadingAreBoundedAndMarked) {
  constexpr std::int64_t budget = 2 * 1024 * 1024;
  constexpr std::int64_t last = 400'000; // 40 MB: the kernel holds some 10 of them
  config["live"]["client_buffer"] = std::to_string(budget);
  const auto id = run_quiet("web");
  start_view();
  auto& b = browsers();
  const int witness = join();
  for (const char* way : {"websocket", "polling"}) {
    SCOPED_TRACE(way);
    live_crowd crowd(folder(), std::string("crowd-") + way);
    const auto slow = crowd.join(url(), 1, by(way));
    const auto quick = crowd.join(url(), 2, by("websocket"));
    crowd.follow(slow, id, 1);
    crowd.follow(quick, id, 1);
    const auto memory = node_memory_kb();
    std::int64_t most_memory = 0;
    crowd.pause(slow);
    say_numbers(id, 1, last);
    const auto all_there = [&] {
      most_memory = std::max(most_memory, node_memory_kb());
      // Answered at once, whatever waits for another.
      b.ask(witness, "list_containers", json::object{}, 1s);
      const auto now = crowd.figures(quick);
      return std::ranges::all_of(now, [](const auto& each) { return each.lines >= last; });
    };
    ASSERT_TRUE(eventually(all_there, 60s, 100ms));
    for (const auto& each : crowd.figures(quick)) {
      EXPECT_EQ(each.lines, last);
      EXPECT_EQ(each.gaps, 0);
      EXPECT_EQ(each.unmarked, 0);
    }
    EXPECT_LT(crowd.figures(slow)[0].lines, last / 2);
    if (way == std::string("websocket")) {
      // What the quick ones were still due is gone, and what is left is the slow one's.
      EXPECT_TRUE(eventually([&] { return metric(queued) <= budget; }, 5s));
      EXPECT_GT(metric(queued), budget / 2);
    }
    EXPECT_LT(most_memory - memory, 16 * 1024) << "KiB";
    EXPECT_EQ(way_to_engine().followed(), 1U);

    crowd.resume(slow);
    const auto caught_up = [&] {
      const auto now = crowd.figures(slow)[0];
      return now.lines + now.missed >= last;
    };
    EXPECT_TRUE(eventually(caught_up, 30s));
    const auto loss = crowd.figures(slow)[0];
    EXPECT_EQ(loss.lines + loss.missed, last);
    EXPECT_GT(loss.missed, 0);
    EXPECT_EQ(loss.gaps, loss.slow_client);
    EXPECT_EQ(loss.unmarked, 0);
    // From here on it misses nothing.
    say_numbers(id, last + 1, last + 1'000);
    EXPECT_TRUE(
        eventually([&] { return crowd.figures(slow)[0].lines == loss.lines + 1'000; }, 10s));
    const auto now = crowd.figures(slow)[0];
    EXPECT_EQ(now.missed, loss.missed);
    EXPECT_EQ(now.unmarked, 0);
    EXPECT_THAT(now.end, IsEmpty());
    std::printf("%s: of %lld lines %lld were missed in %lld gaps; memory +%lld KiB\n", way,
                static_cast<long long>(last), static_cast<long long>(loss.missed),
                static_cast<long long>(loss.gaps), static_cast<long long>(most_memory - memory));
    crowd.close({slow.first, 3});
    EXPECT_TRUE(eventually([&] { return way_to_engine().followed() == 0; }, at_once));
  }
  EXPECT_EQ(way_to_engine().most_followed(), 1U);
}

TEST_F(LiveTrouble, LogStreamsOfClientsThatNeverReadAgainEndWithThem) {
  constexpr std::int64_t budget = 2 * 1024 * 1024;
  config["live"]["client_buffer"] = std::to_string(budget);
  config["live"]["ping_interval"] = "\"2s\"";
  config["live"]["ping_timeout"] = "\"3s\"";
  const milliseconds pings = 5s;
  const auto id = run_flood("web", 2'000);
  start_view();
  ASSERT_EQ(metric(viewers), 0);
  live_crowd crowd(folder(), "crowd");
  const auto some = crowd.join(url(), 3, by("websocket"));
  crowd.join(url(), 2, by("polling"));
  const crowd_part all{some.first, 5};
  crowd.follow(all, id);
  const auto before = crowd.figures(all);
  ASSERT_TRUE(eventually([&] { return went_on(before, crowd.figures(all), 1'000); }, 20s));
  const auto memory = node_memory_kb();
  std::int64_t most_memory = 0;
  crowd.signal(SIGSTOP);
  const auto over = [&] {
    most_memory = std::max(most_memory, node_memory_kb());
    return way_to_engine().followed() == 0;
  };
  EXPECT_TRUE(eventually(over, pings + at_once));
  EXPECT_TRUE(eventually([&] { return metric(viewers) == 0; }, pings + at_once));
  EXPECT_EQ(metric(watchers), 0);
  EXPECT_EQ(way_to_engine().most_followed(), 1U);
  // What waited for them goes when they were given their time to close.
  EXPECT_TRUE(eventually([&] { return metric(queued) == 0; }, 6s));
  EXPECT_LT(most_memory - memory, 24 * 1024) << "KiB";
  // They learn of it when they look again, and what they got had no hole.
  crowd.signal(SIGCONT);
  const auto ended = [&] {
    return std::ranges::none_of(crowd.figures(all), [](const auto& f) { return f.end.empty(); });
  };
  EXPECT_TRUE(eventually(ended, 20s));
  EXPECT_THAT(crowd.figures(all), Each(Field(&crowd_figures::unmarked, 0)));
}

TEST_F(LiveTrouble, LogStreamsThatStartAndStopInALoopLeaveNothing) {
  config["live"]["max_requests"] = "10000";
  const std::vector<std::string> ids = {run_flood("one", 500), run_flood("two", 500)};
  start_view();
  join();
  live_crowd crowd(folder(), "crowd");
  const auto steady = crowd.join(url(), 1);
  const auto restless = crowd.join(url(), 8);
  constexpr int times = 60;
  // Beside one that stays, they share its follow.
  for (const auto& id : ids)
    crowd.follow(steady, id);
  crowd.loop(restless, ids, times);
  EXPECT_EQ(way_to_engine().followed(), 2U);
  EXPECT_EQ(way_to_engine().most_followed(), 2U);
  EXPECT_EQ(metric(watchers), 2);
  for (const auto& id : ids)
    crowd.unfollow(steady, id);
  EXPECT_TRUE(eventually([&] { return way_to_engine().followed() == 0; }, at_once));

  // And without it the last of them closes it, time and again.
  crowd.loop(restless, ids, times);
  EXPECT_TRUE(eventually([&] { return way_to_engine().followed() == 0; }, at_once));
  // The one that ends, and the one that begins.
  EXPECT_LE(way_to_engine().most_followed(), 4U);
  EXPECT_EQ(metric(watchers), 0);
  EXPECT_EQ(metric("dockhost_log_streams"), 0);
  EXPECT_EQ(metric("dockhost_actors{actor=\"log_stream\"}"), 0);
  for (const auto& each : crowd.figures(restless)) {
    EXPECT_EQ(each.stopped, 2 * times);
    EXPECT_GT(each.lines, 0);
    EXPECT_EQ(each.late, 0) << "lines after log_stream_stopped";
    EXPECT_EQ(each.unmarked, 0);
    EXPECT_THAT(each.end, IsEmpty());
  }
  EXPECT_EQ(crowd.figures(steady)[0].unmarked, 0);
}

} // namespace
} // namespace dockhost::e2e
