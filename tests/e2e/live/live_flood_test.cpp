// SPDX-License-Identifier: MIT
// What a flood to browsers costs others: the main server's commands are answered as before.
#include "tests/e2e/live/live_crowd.hpp"
#include "tests/e2e/live/live_world.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace dockhost::e2e {
namespace {

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;

double quantile(std::vector<double> of, double q) {
  std::ranges::sort(of);
  return of.at(static_cast<std::size_t>(q * static_cast<double>(of.size() - 1)));
}

class LiveFlood : public live_world {
protected:
  struct times {
    std::vector<double> cheap; ///< of list-containers, ms
    double slowest = 0;        ///< of a stop or a start, ms
  };
  times measure(const std::string& user, milliseconds how_long) {
    times out;
    out.cheap = server().time_commands("list-containers", json::object{}, how_long);
    for (int round = 0; round < 3; ++round) {
      for (const char* command : {"stop-container", "start-container"}) {
        const auto began = clock::now();
        EXPECT_TRUE(succeeded(server().command(command, json::object{{"username", user}})));
        const std::chrono::duration<double, std::milli> took = clock::now() - began;
        out.slowest = std::max(out.slowest, took.count());
      }
    }
    return out;
  }
  static std::string words(const times& t) {
    std::array<char, 160> out{};
    std::snprintf(out.data(), out.size(),
                  "%zu lists, median %.1f ms, p99 %.1f ms; slowest start or stop %.0f ms",
                  t.cheap.size(), quantile(t.cheap, 0.5), quantile(t.cheap, 0.99), t.slowest);
    return out.data();
  }
};

TEST_F(LiveFlood, CommandsOfTheMainServerAreAnsweredAsBefore) {
  const auto id = run_flood("web", 600);
  start_view();
  create("ann");
  live_crowd crowd(folder(), "crowd");
  const auto all = crowd.join(url(), 20, {{"transports", json::array{"websocket"}}});
  const auto quiet = measure("ann", 3s);
  crowd.follow(all, id);
  const auto count = [&] {
    std::vector<std::int64_t> lines;
    for (const auto& each : crowd.figures(all))
      lines.push_back(each.lines + each.missed);
    return lines;
  };
  ASSERT_TRUE(eventually([&] { return std::ranges::min(count()) > 0; }, 20s));
  const auto before = count();
  const auto began = clock::now();
  const auto flooded = measure("ann", 5s);
  const std::chrono::duration<double> took = clock::now() - began;
  const auto after = count();
  double fewest = 1e9, sum = 0;
  for (std::size_t i = 0; i < after.size(); ++i) {
    const auto lines = static_cast<double>(after[i] - before[i]) / took.count();
    fewest = std::min(fewest, lines);
    sum += lines;
  }
  std::printf("without: %s\nwith %.0f lines/s to each, %.0f to all: %s\n", words(quiet).c_str(),
              fewest, sum, words(flooded).c_str());
  EXPECT_GT(fewest, 3'000) << "lines per second: no flood";
  for (const auto& each : crowd.figures(all)) {
    EXPECT_EQ(each.unmarked, 0);
    EXPECT_TRUE(each.end.empty()) << each.end;
  }
  EXPECT_GT(flooded.cheap.size(), 200U);
  // On a machine that has other things to do, as late as without at most.
  EXPECT_LE(quantile(flooded.cheap, 0.99), std::max(50.0, 3 * quantile(quiet.cheap, 0.99)));
  EXPECT_LE(flooded.slowest, 2 * quiet.slowest + 2'000);
}

} // namespace
} // namespace dockhost::e2e
