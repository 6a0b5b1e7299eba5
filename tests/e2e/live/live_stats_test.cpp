// SPDX-License-Identifier: MIT
// Containers' figures, as a browser gets them.
#include "tests/e2e/live/live_world.hpp"

#include <gmock/gmock.h>

namespace dockhost::e2e {
namespace {

using namespace std::chrono_literals;
using ::testing::IsEmpty;

class LiveStats : public live_world {
protected:
  /// The figures of one container in an update; null when it has none.
  static json::value of_container(const json::value& update, const std::string& spelling) {
    const json::value list = at(update, "containers");
    for (const auto& each : *list.as_array())
      if (text(each, "container_id") == spelling) return each;
    return {};
  }
  static double real(const json::value& from, std::string_view path) {
    double out = -1;
    return at(from, path).get_double(out) ? out : -1;
  }
};

TEST_F(LiveStats, FiguresAreThoseOfTheContainer) {
  const auto busy = run_script("busy", "while :; do :; done");
  const auto idle = run_quiet("idle");
  // 48 MiB in a variable of the shell.
  const auto large = run_script(
      "large", "x=$(head -c 50331648 /dev/zero | tr '\\0' a); sleep 1000000", {"--memory", "256m"});
  start_view();
  auto& b = browsers();
  const int client = join();
  const auto from = b.mark();
  const auto ack = b.ask(client, "subscribe",
                         json::object{{"topics", json::array{"stats"}},
                                      {"interval_ms", 500},
                                      {"containers", json::array{busy, idle, large}}});
  EXPECT_EQ(text(ack, "status"), "subscribed");
  const auto rises = [&](const json::value& update) {
    return real(of_container(update, busy), "cpu_percent") > 20 &&
           number(of_container(update, large), "memory_bytes") > 48 * 1024 * 1024;
  };
  const auto update = b.wait_event(client, "stats_update", rises, from);
  EXPECT_LT(real(of_container(update, idle), "cpu_percent"), 5);
  EXPECT_LT(number(of_container(update, idle), "memory_bytes"), 16 * 1024 * 1024);
  EXPECT_LT(number(of_container(update, large), "memory_bytes"), 100 * 1024 * 1024);
  EXPECT_EQ(number(of_container(update, large), "memory_limit_bytes"), 256 * 1024 * 1024);
  EXPECT_GE(number(of_container(update, busy), "pids"), 1);
  EXPECT_GE(number(of_container(update, busy), "net_rx_bytes"), 0);
  EXPECT_GT(number(update, "at"), 1'700'000'000'000);
  EXPECT_EQ(at(update, "containers").as_array()->size(), 3U) << json::dump(update);

  // A container that has ended has none.
  docker({"kill", busy});
  b.wait_event(
      client, "stats_update", [&](const json::value& u) { return of_container(u, busy).is_null(); },
      from);
}

TEST_F(LiveStats, IntervalIsKeptAndUnsubscribingEndsIt) {
  run_quiet("web");
  start_view();
  auto& b = browsers();
  const int client = join();
  const int witness = join();
  const auto from = b.mark();
  const json::array topic = {"stats"};
  b.ask(witness, "subscribe", json::object{{"topics", topic}, {"interval_ms", 500}});
  b.ask(client, "subscribe", json::object{{"topics", topic}, {"interval_ms", 500}});
  const auto fifth = [seen = 0](const json::value&) mutable { return ++seen == 5; };
  b.wait_event(client, "stats_update", fifth, from);
  const auto updates = b.events(client, "stats_update", from);
  const auto took = number(updates[4], "at") - number(updates[0], "at");
  EXPECT_NEAR(static_cast<double>(took), 2'000, 400);

  EXPECT_EQ(text(b.ask(client, "unsubscribe", json::object{{"topics", topic}}), "status"),
            "unsubscribed");
  // One may have been on its way.
  const auto later = b.mark();
  b.wait_event(witness, "stats_update", later);
  const auto silent = b.mark();
  b.wait_event(witness, "stats_update", silent);
  b.ask(client, "list_containers", json::object{});
  EXPECT_THAT(b.events(client, "stats_update", silent), IsEmpty());
}

} // namespace
} // namespace dockhost::e2e
