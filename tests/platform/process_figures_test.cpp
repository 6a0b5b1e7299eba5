// SPDX-License-Identifier: MIT
#include "platform/process.hpp"

#include "platform/unique_fd.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>

namespace dockhost::platform {
namespace {

TEST(process_stat, reads_the_fields_after_any_name) {
  const auto stat = parse_process_stat(
      "42 (a) b (c) S 1 42 42 0 -1 4194304 500 0 0 0 71 29 0 0 20 0 5 0 1000 200000 333 "
      "18446744073709551615 1 1\n");
  ASSERT_TRUE(stat);
  EXPECT_EQ(stat->user_ticks, 71);
  EXPECT_EQ(stat->system_ticks, 29);
  EXPECT_EQ(stat->threads, 5);
  EXPECT_EQ(stat->resident_pages, 333);
}

TEST(process_stat, refuses_what_is_something_else) {
  for (const auto* text : {"", "42 (a", "42 (a) S 1 2 3",
                           "42 (a) S 1 42 42 0 -1 4194304 500 0 0 0 x 29 0 0 20 0 5 0 1 2 3"})
    EXPECT_FALSE(parse_process_stat(text)) << text;
}

TEST(process_figures, are_this_process_s_own) {
  const auto before = read_process_figures();
  ASSERT_TRUE(before) << before.err().message;
  EXPECT_GT(before->resident_bytes, 1'000'000);
  EXPECT_GE(before->threads, 1);
  EXPECT_GT(before->max_fds, before->open_fds);
  const unique_fd more(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const auto after = read_process_figures();
  ASSERT_TRUE(after);
  EXPECT_EQ(after->open_fds, before->open_fds + 1);
  EXPECT_GE(after->cpu_seconds, before->cpu_seconds);
}

TEST(process_figures, says_what_can_t_be_read) {
  const auto figures = read_process_figures("/nowhere");
  ASSERT_FALSE(figures);
  EXPECT_NE(figures.err().message.find("/nowhere/stat"), std::string::npos);
}

} // namespace
} // namespace dockhost::platform
