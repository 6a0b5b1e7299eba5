// SPDX-License-Identifier: MIT
#include "actors/live/http_rate.hpp"

#include <gtest/gtest.h>

namespace dockhost::actors {
namespace {

using namespace std::chrono_literals;

constexpr http_rate::time_point start{1h};

int allowed(http_rate& rate, const std::string& address, http_rate::time_point now, int asked) {
  int out = 0;
  for (int i = 0; i < asked; ++i)
    out += rate.take(address, now) ? 1 : 0;
  return out;
}

TEST(http_rate, so_many_a_second_and_twice_as_many_at_once) {
  http_rate rate(5, start);
  EXPECT_EQ(allowed(rate, "a", start, 100), 10);
  EXPECT_EQ(allowed(rate, "a", start + 200ms, 100), 1);
  EXPECT_EQ(allowed(rate, "a", start + 1'200ms, 100), 5);
  EXPECT_EQ(allowed(rate, "a", start + 1h, 100), 10);
}

TEST(http_rate, addresses_do_not_take_from_each_other) {
  http_rate rate(5, start);
  EXPECT_EQ(allowed(rate, "a", start, 100), 10);
  EXPECT_EQ(allowed(rate, "b", start, 100), 10);
  EXPECT_EQ(allowed(rate, "a", start, 1), 0);
}

TEST(http_rate, ever_new_addresses_cost_no_memory_and_gain_nothing) {
  http_rate rate(5, start);
  int passed = 0;
  for (int i = 0; i < 100'000; ++i)
    passed += rate.take("new " + std::to_string(i), start) ? 1 : 0;
  EXPECT_EQ(rate.remembered(), http_rate::max_addresses);
  EXPECT_EQ(passed, static_cast<int>(http_rate::max_addresses) + 10);
  // Those who are known go on as before.
  EXPECT_EQ(allowed(rate, "new 0", start, 100), 9);
  // Idle ones make room.
  EXPECT_TRUE(rate.take("later", start + 3s));
  EXPECT_EQ(rate.remembered(), 1U);
}

TEST(http_rate, nobody_is_forgotten_who_would_gain_by_it) {
  http_rate rate(5, start);
  EXPECT_EQ(allowed(rate, "greedy", start + 1s, 100), 10);
  for (std::size_t i = 1; i < http_rate::max_addresses; ++i)
    (void)rate.take("new " + std::to_string(i), start + 1s);
  (void)rate.take("one too many", start + 2'900ms);
  EXPECT_EQ(allowed(rate, "greedy", start + 2'900ms, 100), 9); // what has come back since
}

} // namespace
} // namespace dockhost::actors
