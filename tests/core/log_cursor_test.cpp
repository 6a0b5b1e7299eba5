// SPDX-License-Identifier: MIT
#include "core/log_cursor.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace dockhost {
namespace {

constexpr std::int64_t ms = 1'000'000;

struct entry {
  std::int64_t time;
  std::string text;
  log_channel channel = log_channel::out;
  [[nodiscard]] log_line line() const { return {channel, time, {}, text}; }
};

/// What passes of `log` when it is read from its cursor after `read` lines; "!" for a loss.
std::vector<std::string> reopened(const std::vector<entry>& log, std::size_t read,
                                  std::size_t rotated = 0, bool give_up = true) {
  struct collect : log_overlap::sink {
    std::vector<std::string> out;
    void lost() override { out.emplace_back("!"); }
    void line(const log_line& l) override { out.emplace_back(l.text); }
  } to;
  log_cursor cursor;
  for (std::size_t i = 0; i < read; ++i)
    cursor.passed(log[i].line());
  log_overlap overlap(cursor);
  for (std::size_t i = rotated; i < log.size(); ++i)
    if (log[i].time >= cursor.since()) overlap.feed(log[i].line(), to);
  if (give_up) overlap.give_up(to);
  return to.out;
}

using strings = std::vector<std::string>;

TEST(log_overlap, goes_on_after_the_last_line) {
  const std::vector<entry> log{{1'000 * ms, "a"}, {1'001 * ms, "b"}, {1'002 * ms, "c"}};
  EXPECT_EQ(reopened(log, 1), (strings{"b", "c"}));
  EXPECT_EQ(reopened(log, 2), (strings{"c"}));
  EXPECT_EQ(reopened(log, 3), (strings{}));
  EXPECT_EQ(reopened(log, 0), (strings{"a", "b", "c"}));
}

TEST(log_overlap, lines_of_one_moment_are_told_apart) {
  const std::vector<entry> log{{5'000 * ms, "x"},
                               {5'000 * ms, "x"},
                               {5'000 * ms, "y"},
                               {5'000 * ms, "x"},
                               {5'000 * ms, "x", log_channel::err}};
  for (std::size_t read = 1; read <= log.size(); ++read)
    EXPECT_EQ(reopened(log, read).size(), log.size() - read) << read;
  EXPECT_EQ(reopened(log, 2), (strings{"y", "x", "x"}));
}

TEST(log_overlap, lines_out_of_order_are_neither_lost_nor_doubled) {
  const std::vector<entry> log{{1'000 * ms, "a"},
                               {1'100 * ms, "b"},
                               {1'050 * ms, "late", log_channel::err},
                               {1'090 * ms, "c"},
                               {1'200 * ms, "d"}};
  for (std::size_t read = 1; read <= log.size(); ++read) {
    strings rest;
    for (std::size_t i = read; i < log.size(); ++i)
      rest.push_back(log[i].text);
    EXPECT_EQ(reopened(log, read), rest) << read;
  }
}

TEST(log_overlap, a_rotation_over_the_cursor_is_a_loss) {
  const std::vector<entry> log{
      {1'000 * ms, "a"}, {2'000 * ms, "b"}, {3'000 * ms, "c"}, {4'000 * ms, "d"}};
  EXPECT_EQ(reopened(log, 1, 2), (strings{"!", "c", "d"}));
  EXPECT_EQ(reopened(log, 1, 1), (strings{"!", "b", "c", "d"}));
  EXPECT_EQ(reopened(log, 2, 1), (strings{"c", "d"}));
}

TEST(log_overlap, lines_close_to_a_lost_cursor_wait_for_a_decision) {
  const std::vector<entry> log{{1'000 * ms, "a"}, {1'010 * ms, "b"}, {1'020 * ms, "c"}};
  EXPECT_EQ(reopened(log, 1, 1, false), (strings{}));
  EXPECT_EQ(reopened(log, 1, 1, true), (strings{"!", "b", "c"}));
}

TEST(log_overlap, many_lines_before_the_cursor_are_no_loss) {
  std::vector<entry> log;
  for (int n = 0; n < 3'000; ++n)
    log.push_back({1'000 * ms + n, std::string(1'000, 'x')});
  log.push_back({1'001 * ms, "next"});
  EXPECT_EQ(reopened(log, 3'000), strings{"next"});
}

TEST(log_overlap, what_waits_is_bounded) {
  std::vector<entry> log{{1'000 * ms, "cursor"}};
  for (int n = 0; n < 3'000; ++n)
    log.push_back({1'000 * ms + n + 1, std::string(1'000, 'x')});
  EXPECT_EQ(reopened(log, 1, 1, false).size(), 3'001U); // "!" and all of them
}

} // namespace
} // namespace dockhost
