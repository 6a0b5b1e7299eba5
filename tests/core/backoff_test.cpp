// SPDX-License-Identifier: MIT
#include "core/backoff.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace dockhost {
namespace {

using namespace std::chrono_literals;

std::function<double()> seeded(unsigned seed) {
  return [random = std::mt19937_64(seed)]() mutable {
    return std::uniform_real_distribution<double>(0, 1)(random);
  };
}

TEST(backoff, ceiling_doubles_up_to_the_cap) {
  backoff waits(1s, 5s, [] { return std::nextafter(1.0, 0.0); });
  for (const auto ceiling : {1000, 2000, 4000, 5000, 5000, 5000})
    EXPECT_NEAR(static_cast<double>(waits.next().count()), ceiling, 1);
  EXPECT_EQ(waits.attempts(), 6U);
  waits.reset();
  EXPECT_EQ(waits.attempts(), 0U);
  EXPECT_NEAR(static_cast<double>(waits.next().count()), 1000, 1);
}

TEST(backoff, no_number_of_attempts_overflows) {
  for (const auto cap : {std::chrono::milliseconds(5000), std::chrono::milliseconds::max() / 4}) {
    backoff waits(1s, cap, [] { return 0.5; });
    for (int i = 0; i < 10'000; ++i) {
      const auto wait = waits.next();
      ASSERT_GE(wait, 0ms);
      ASSERT_LE(wait, cap);
    }
  }
}

TEST(backoff, odd_arguments_stay_within_bounds) {
  EXPECT_EQ(backoff(0ms, 5s, [] { return 0.9; }).next(), 0ms);
  EXPECT_EQ(backoff(-1s, -5s, [] { return 0.9; }).next(), 0ms);
  EXPECT_EQ(backoff(10s, 2s, [] { return 0.5; }).next(), 1s);
  EXPECT_EQ(backoff(1s, 5s, [] { return 7.0; }).next(), 1s);
  EXPECT_EQ(backoff(1s, 5s, [] { return -7.0; }).next(), 0ms);
}

TEST(backoff, waits_are_spread_evenly_over_the_whole_interval) {
  backoff waits(1s, 5s, seeded(42));
  for (int i = 0; i < 3; ++i)
    (void)waits.next();
  constexpr int count = 20'000;
  std::vector<double> got;
  double sum = 0;
  for (int i = 0; i < count; ++i) {
    got.push_back(static_cast<double>(waits.next().count()));
    sum += got.back();
  }
  EXPECT_NEAR(sum / count, 2500, 50);
  std::sort(got.begin(), got.end());
  for (const double q : {0.05, 0.25, 0.5, 0.75, 0.95})
    EXPECT_NEAR(got[static_cast<std::size_t>(q * count)], q * 5000, 75) << q;
}

TEST(backoff, a_fleet_does_not_knock_in_step) {
  // A thousand nodes lose their server at once. In no tenth of a second of a minute may more than a
  // few of them knock, once the first waits are over.
  std::vector<int> knocks(600);
  for (unsigned node = 0; node < 1000; ++node) {
    backoff waits(1s, 5s, seeded(node));
    for (auto at = waits.next(); at < 60s; at += waits.next())
      ++knocks[static_cast<std::size_t>(at / 100ms)];
  }
  // At the cap a node knocks every 2.5 s on average: 40 in a tenth of a second.
  for (std::size_t i = 100; i < knocks.size(); ++i) {
    EXPECT_LT(knocks[i], 80) << i;
    EXPECT_GT(knocks[i], 10) << i;
  }
}

} // namespace
} // namespace dockhost
