// SPDX-License-Identifier: MIT
// What /metrics tells of gaps: how often a client was told of one, and how many lines.
#include "../node/fixture.hpp"
#include "actors/live/log_group.hpp"
#include "actors/live/metrics_page.hpp"

#include <gmock/gmock.h>

namespace dockhost::actors::test {
namespace {

using ::testing::HasSubstr;

TEST(log_tally, gaps_count_by_reason_and_in_lines) {
  const auto tally = std::make_shared<log_tally>();
  log_group group({"web", {}, log_encoding::text, false}, std::nullopt, tally);
  const auto quick = std::make_shared<fake_outlet>(), slow = std::make_shared<fake_outlet>();
  group.watchers.push_back({"quick", 1, quick, log_allowance()});
  group.watchers.push_back({"slow", 1, slow, log_allowance(100)});
  const log_group::time_point now{1h};
  const auto lines_of = [&](log_gap_reason reason) {
    return tally->gap_lines[static_cast<std::size_t>(reason)].load();
  };
  const auto gaps_of = [&](log_gap_reason reason) {
    return tally->gaps[static_cast<std::size_t>(reason)].load();
  };

  group.gap(log_loss{7, 70}, log_gap_reason::rotation, now);
  EXPECT_EQ(gaps_of(log_gap_reason::rotation), 2U); // two clients
  EXPECT_EQ(lines_of(log_gap_reason::rotation), 14U);
  group.gap(std::nullopt, log_gap_reason::engine_restart, now); // nobody knows how many
  EXPECT_EQ(gaps_of(log_gap_reason::engine_restart), 2U);
  EXPECT_EQ(lines_of(log_gap_reason::engine_restart), 0U);

  slow->queued = 100;
  for (int i = 0; i < 3; ++i)
    group.add({log_channel::out, 0, {}, "a line", 0}, now);
  group.flush(now);
  EXPECT_EQ(gaps_of(log_gap_reason::slow_client), 0U); // not told yet
  slow->queued = 0;
  group.catch_up();
  EXPECT_EQ(gaps_of(log_gap_reason::slow_client), 1U);
  EXPECT_EQ(lines_of(log_gap_reason::slow_client), 3U);

  slow->queued = 100;
  group.add({log_channel::out, 0, {}, "a line", 0}, now);
  group.flush(now);
  group.stop(group.watchers[1], "Log stream stopped", "requested");
  EXPECT_EQ(gaps_of(log_gap_reason::slow_client), 2U);
  EXPECT_EQ(lines_of(log_gap_reason::slow_client), 4U);
}

TEST(log_tally, metrics_tell_lines_bytes_and_gaps) {
  metrics_sample now;
  auto& logs = now.logs.emplace();
  logs.lines = 11;
  logs.bytes = 12;
  logs.gaps_slow_client = 1;
  logs.gaps_rotation = 2;
  logs.gaps_engine_restart = 3;
  logs.gaps_line_too_long = 4;
  const std::pair<log_gap_reason, std::uint64_t> lines[] = {{log_gap_reason::slow_client, 100},
                                                            {log_gap_reason::rotation, 200},
                                                            {log_gap_reason::engine_restart, 300},
                                                            {log_gap_reason::line_too_long, 400}};
  for (const auto& [reason, count] : lines)
    logs.gap_lines[static_cast<std::size_t>(reason)] = count;
  const auto text = metrics_page(node_metrics(), now);
  for (const auto* line : {"dockhost_log_lines_total 11\n", "dockhost_log_read_bytes_total 12\n",
                           "dockhost_log_gaps_total{reason=\"slow_client\"} 1\n",
                           "dockhost_log_gaps_total{reason=\"rotation\"} 2\n",
                           "dockhost_log_gaps_total{reason=\"engine_restart\"} 3\n",
                           "dockhost_log_gaps_total{reason=\"line_too_long\"} 4\n",
                           "dockhost_log_gap_lines_total{reason=\"slow_client\"} 100\n",
                           "dockhost_log_gap_lines_total{reason=\"rotation\"} 200\n",
                           "dockhost_log_gap_lines_total{reason=\"engine_restart\"} 300\n",
                           "dockhost_log_gap_lines_total{reason=\"line_too_long\"} 400\n"})
    EXPECT_THAT(text, HasSubstr(line));
}

} // namespace
} // namespace dockhost::actors::test
