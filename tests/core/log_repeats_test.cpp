// SPDX-License-Identifier: MIT
#include "core/log_repeats.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace dockhost {
namespace {

struct entry {
  std::int64_t time;
  std::string text;
  log_channel channel = log_channel::out;
};

std::vector<std::string> passed(const std::vector<entry>& log, log_repeats& repeats) {
  std::vector<std::string> out;
  for (const auto& e : log)
    if (!repeats.again({e.channel, e.time, "stamped", e.text})) out.push_back(e.text);
  return out;
}
std::vector<std::string> passed(const std::vector<entry>& log) {
  log_repeats repeats;
  return passed(log, repeats);
}

using strings = std::vector<std::string>;
constexpr auto err = log_channel::err;

TEST(log_repeats, a_line_is_dropped_at_its_second_coming) {
  EXPECT_EQ(passed({{11, "a"}, {12, "b"}, {12, "b"}, {13, "c"}}), (strings{"a", "b", "c"}));
  EXPECT_EQ(passed({{11, "a"}, {12, "b"}, {12, "b"}, {12, "b"}}), (strings{"a", "b"}));
}

TEST(log_repeats, a_file_is_dropped_at_its_second_coming) {
  EXPECT_EQ(passed({{11, "a"}, {12, "b"}, {13, "c"}, {12, "b"}, {13, "c"}, {14, "d"}}),
            (strings{"a", "b", "c", "d"}));
  // Broken off, and read from its beginning once more.
  EXPECT_EQ(
      passed(
          {{11, "a"}, {12, "b"}, {13, "c"}, {11, "a"}, {12, "b"}, {11, "a"}, {12, "b"}, {13, "c"}}),
      (strings{"a", "b", "c"}));
}

TEST(log_repeats, both_channels_are_repeated_together) {
  EXPECT_EQ(passed({{11, "a"}, {13, "E", err}, {12, "b"}, {13, "E", err}, {12, "b"}, {14, "c"}}),
            (strings{"a", "E", "b", "c"}));
}

TEST(log_repeats, one_channel_may_lag_behind_the_other) {
  EXPECT_EQ(passed({{11, "x"}, {15, "x"}, {12, "x", err}, {14, "x", err}, {16, "x"}}).size(), 5U);
}

TEST(log_repeats, another_text_of_the_same_moment_is_another_line) {
  EXPECT_EQ(passed({{11, "a"}, {11, "b"}}), (strings{"a", "b"}));
  EXPECT_EQ(passed({{11, "a"}, {11, "a", err}}), (strings{"a", "a"}));
}

TEST(log_repeats, lines_after_the_clock_was_set_back_are_new) {
  EXPECT_EQ(passed({{5'001, "a"}, {5'002, "b"}, {11, "a"}, {12, "b"}, {13, "c"}}),
            (strings{"a", "b", "a", "b", "c"}));
}

TEST(log_repeats, stamps_of_whole_microseconds_prove_nothing) {
  EXPECT_EQ(passed({{5'000, ""}, {5'000, ""}, {6'000, ""}}).size(), 3U);
  EXPECT_EQ(passed({{5'001, ""}, {6'000, ""}, {6'000, ""}}).size(), 2U); // these are finer
}

TEST(log_repeats, a_line_without_a_stamp_is_always_new) {
  log_repeats repeats;
  const log_line line{log_channel::out, 11, {}, "a"};
  EXPECT_FALSE(repeats.again(line));
  EXPECT_FALSE(repeats.again(line));
}

TEST(log_repeats, the_end_of_a_long_line_is_known_alone) {
  log_repeats repeats;
  EXPECT_FALSE(repeats.again({log_channel::out, 11, "stamped", "beginning and end", 10}));
  EXPECT_TRUE(repeats.again({log_channel::out, 11, "stamped", "and end"}));
  EXPECT_TRUE(repeats.again({log_channel::out, 11, "stamped", "beginning and end", 10}));
}

TEST(log_repeats, what_is_remembered_is_bounded) {
  log_repeats repeats;
  const auto count = static_cast<std::int64_t>(log_repeats::remembered);
  std::vector<entry> log;
  for (std::int64_t n = 1; n <= count + 10; ++n)
    log.push_back({n, "line"});
  EXPECT_EQ(passed(log, repeats).size(), log.size());
  EXPECT_EQ(passed({log.begin() + 10, log.end()}, repeats).size(), 0U);
  EXPECT_EQ(passed({log.begin(), log.begin() + 10}, repeats).size(), 10U); // forgotten
}

// Of a log that was opened while its files were rotated quickly.
TEST(log_repeats, a_file_of_long_ago_is_dropped_where_no_clock_was_set_back) {
  const auto count = static_cast<std::int64_t>(log_repeats::remembered);
  std::vector<entry> log;
  for (std::int64_t n = 1; n <= 2 * count; ++n)
    log.push_back({1'000 * n + 1, "line"});
  const std::vector<entry> file{log.begin() + count / 4, log.begin() + count / 2};
  const auto newest = log.back().time;
  for (const auto now : {newest, newest + 3'600'000'000'000}) {
    log_repeats repeats;
    repeats.clock_is(now);
    EXPECT_EQ(passed(log, repeats).size(), log.size());
    EXPECT_EQ(passed(file, repeats).size(), 0U);
    EXPECT_EQ(passed({{newest + 1, "next"}}, repeats).size(), 1U);
  }
}

TEST(log_repeats, lines_as_old_as_forgotten_ones_are_new_where_the_clock_was_set_back) {
  const auto count = static_cast<std::int64_t>(log_repeats::remembered);
  log_repeats repeats;
  constexpr std::int64_t hour = 3'600'000'000'000;
  repeats.clock_is(2 * hour);
  std::vector<entry> log;
  for (std::int64_t n = 1; n <= 2 * count; ++n)
    log.push_back({hour + n * 1'000 + 1, "line"});
  EXPECT_EQ(passed(log, repeats).size(), log.size());
  repeats.clock_is(hour / 2);
  EXPECT_EQ(passed({{hour / 2 - 2, "line"}, {hour / 2 - 1, "line"}}, repeats).size(), 2U);
}

} // namespace
} // namespace dockhost
