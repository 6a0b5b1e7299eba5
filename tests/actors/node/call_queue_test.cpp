// SPDX-License-Identifier: MIT
#include "actors/node/call_queue.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

namespace dockhost::actors {
namespace {

using lane = call_queue::lane;
using calls = std::vector<std::uint64_t>;

TEST(call_queue, lanes_have_slots_of_their_own) {
  call_queue q({2, 1, 1, 100});
  for (std::uint64_t n = 1; n <= 3; ++n)
    EXPECT_TRUE(q.push(n, lane::unary, ""));
  EXPECT_TRUE(q.push(4, lane::lengthy, ""));
  EXPECT_TRUE(q.push(5, lane::lengthy, ""));
  EXPECT_TRUE(q.push(6, lane::look, ""));
  EXPECT_EQ(q.take_ready(), (calls{1, 2, 4, 6}));
  EXPECT_EQ(q.take_ready(), calls{});
  EXPECT_TRUE(q.finish(4));
  EXPECT_EQ(q.take_ready(), calls{5});
  EXPECT_TRUE(q.finish(1));
  EXPECT_EQ(q.take_ready(), calls{3});
}

TEST(call_queue, calls_with_one_key_never_run_together_nor_overtake) {
  call_queue q({});
  q.push(1, lane::unary, "ann");
  q.push(2, lane::lengthy, "ann");
  q.push(3, lane::look, "ann");
  q.push(4, lane::unary, "bob");
  EXPECT_EQ(q.take_ready(), (calls{1, 4}));
  q.finish(1);
  EXPECT_EQ(q.take_ready(), calls{2});
  q.finish(2);
  EXPECT_EQ(q.take_ready(), calls{3});
}

TEST(call_queue, a_key_that_waits_for_a_slot_is_not_overtaken_in_another_lane) {
  call_queue q({1, 1, 1, 100});
  q.push(1, lane::unary, "bob");
  EXPECT_EQ(q.take_ready(), calls{1});
  q.push(2, lane::unary, "ann"); // no slot
  q.push(3, lane::look, "ann");  // a slot, but it comes later
  q.push(4, lane::look, "eve");
  EXPECT_EQ(q.take_ready(), calls{4});
  q.finish(1);
  q.finish(4);
  EXPECT_EQ(q.take_ready(), calls{2});
  q.finish(2);
  EXPECT_EQ(q.take_ready(), calls{3});
}

TEST(call_queue, is_bounded) {
  call_queue q({1, 1, 1, 2});
  EXPECT_TRUE(q.push(1, lane::unary, ""));
  EXPECT_TRUE(q.push(2, lane::unary, ""));
  EXPECT_FALSE(q.push(3, lane::unary, ""));
  EXPECT_EQ(q.take_ready(), calls{1});
  EXPECT_TRUE(q.push(3, lane::unary, ""));
}

TEST(call_queue, withdraws_only_what_waits) {
  call_queue q({1, 1, 1, 100});
  q.push(1, lane::unary, "");
  q.push(2, lane::unary, "");
  q.push(3, lane::unary, "");
  EXPECT_EQ(q.take_ready(), calls{1});
  EXPECT_FALSE(q.withdraw(1));
  EXPECT_TRUE(q.withdraw(2));
  EXPECT_FALSE(q.withdraw(2));
  EXPECT_EQ(q.withdraw_all(), calls{3});
  EXPECT_EQ(q.waiting(), 0U);
  EXPECT_EQ(q.running(), 1U);
  EXPECT_TRUE(q.finish(1));
  EXPECT_FALSE(q.finish(1));
}

TEST(call_queue, random_calls_keep_the_rules) {
  constexpr std::uint64_t seed = 4711;
  std::mt19937_64 random(seed);
  const call_queue::limits bounds{3, 2, 1, 50};
  call_queue q(bounds);
  struct known {
    lane where;
    std::string key;
  };
  std::map<std::uint64_t, known> waiting;
  std::map<std::uint64_t, known> running;
  std::uint64_t next = 0;
  std::size_t served = 0;
  for (int n = 0; n < 100'000; ++n) {
    if (random() % 2 == 0) {
      const known k{static_cast<lane>(random() % 3),
                    random() % 5 == 0 ? "" : std::string(1, static_cast<char>('a' + random() % 6))};
      const bool taken = q.push(++next, k.where, k.key);
      ASSERT_EQ(taken, waiting.size() < bounds.waiting) << "seed " << seed;
      if (taken) waiting[next] = k;
    } else if (!running.empty()) {
      auto it = running.begin();
      std::advance(it, static_cast<std::ptrdiff_t>(random() % running.size()));
      ASSERT_TRUE(q.finish(it->first));
      running.erase(it);
    }
    for (const auto id : q.take_ready()) {
      const auto k = waiting.at(id);
      waiting.erase(id);
      for (const auto& [other, r] : running)
        ASSERT_TRUE(k.key.empty() || r.key != k.key) << "seed " << seed;
      for (const auto& [other, w] : waiting)
        ASSERT_TRUE(k.key.empty() || w.key != k.key || other > id) << "overtaken, seed " << seed;
      running[id] = k;
      ++served;
    }
    std::size_t used[3] = {0, 0, 0};
    for (const auto& [id, r] : running)
      ++used[static_cast<std::size_t>(r.where)];
    ASSERT_LE(used[0], bounds.unary);
    ASSERT_LE(used[1], bounds.lengthy);
    ASSERT_LE(used[2], bounds.look);
  }
  EXPECT_GT(served, 10'000U);
}

} // namespace
} // namespace dockhost::actors
