// SPDX-License-Identifier: MIT
#include "core/start_time.hpp"

#include <gtest/gtest.h>

namespace dockhost {
namespace {

TEST(start_time, what_is_believed) {
  constexpr std::int64_t hour = 3'600;
  const struct {
    const char* name;
    start_time known, told, expected;
  } rows[] = {
      {"nothing new", {1'000'000, 0}, {}, {1'000'000, 0}},
      {"the first word", {}, {1'000'000, hour}, {1'000'000, hour}},
      {"the same, by another clock", {1'000'000, 0}, {1'000'005, 0}, {1'000'000, 0}},
      {"another start", {1'000'000, 0}, {1'000'006, 0}, {1'000'006, 0}},
      {"the same in words", {1'000'000, 0}, {1'003'000, hour}, {1'000'000, 0}},
      {"another start in words", {1'000'000, 0}, {1'003'606, hour}, {1'003'606, hour}},
      {"the words, exactly", {1'003'000, hour}, {1'000'000, 0}, {1'000'000, 0}},
      {"the words move with the clock", {1'000'000, hour}, {1'000'030, hour}, {1'000'000, hour}},
      {"an earlier one, after a look", {1'000'000, 0}, {900'000, 0}, {900'000, 0}},
  };
  for (const auto& row : rows)
    EXPECT_EQ(settled_start(row.known, row.told), row.expected) << row.name;
}

} // namespace
} // namespace dockhost
