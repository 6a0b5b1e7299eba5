// SPDX-License-Identifier: MIT
#include "core/request_ledger.hpp"

#include <gtest/gtest.h>

namespace dockhost {
namespace {

using namespace std::chrono_literals;
using enum ledger_verdict;

const request_ledger::time_point t0{1'700'000'000s};

TEST(request_ledger, trouble_row_the_same_request_id_again) {
  request_ledger ledger(10min, 100);
  EXPECT_EQ(ledger.begin("r1", "create a", t0).verdict, fresh);
  EXPECT_EQ(ledger.begin("r1", "create a", t0 + 1s).verdict, join);
  EXPECT_EQ(ledger.begin("r1", "create b", t0 + 1s).verdict, mismatch);
  EXPECT_EQ(ledger.begin("r2", "create b", t0 + 1s).verdict, fresh);
  EXPECT_EQ(ledger.running(), 2U);
  ledger.answer("r1", "first", t0 + 2s);
  ledger.answer("r1", "second", t0 + 3s);
  const auto again = ledger.begin("r1", "create a", t0 + 4s);
  EXPECT_EQ(again.verdict, replay);
  EXPECT_EQ(again.answer, "first");
  EXPECT_EQ(ledger.begin("r1", "create b", t0 + 4s).verdict, mismatch);
  EXPECT_EQ(ledger.begin("r2", "create b", t0 + 4s).verdict, join);
}

TEST(request_ledger, answers_are_kept_for_their_time) {
  request_ledger ledger(10min, 100);
  (void)ledger.begin("answered", "p", t0);
  (void)ledger.begin("running", "p", t0);
  ledger.answer("answered", "text", t0 + 1min);
  EXPECT_EQ(ledger.begin("answered", "p", t0 + 11min - 1s).verdict, replay);
  EXPECT_EQ(ledger.begin("answered", "p", t0 + 11min).verdict, fresh);
  EXPECT_EQ(ledger.begin("running", "p", t0 + 1000h).verdict, join);
}

TEST(request_ledger, count_is_bounded_and_what_runs_stays) {
  request_ledger ledger(10min, 3);
  (void)ledger.begin("a", "p", t0);
  (void)ledger.begin("b", "p", t0);
  (void)ledger.begin("c", "p", t0);
  EXPECT_EQ(ledger.begin("d", "p", t0).verdict, full);
  ledger.answer("b", "text b", t0 + 1s);
  ledger.answer("a", "text a", t0 + 2s);
  EXPECT_EQ(ledger.begin("d", "p", t0 + 3s).verdict, fresh); // "b" went
  EXPECT_EQ(ledger.begin("a", "p", t0 + 3s).verdict, replay);
  EXPECT_EQ(ledger.size(), 3U);
  EXPECT_EQ(ledger.begin("c", "p", t0 + 3s).verdict, join);
}

TEST(request_ledger, restored_entries_answer_as_before) {
  request_ledger ledger(10min, 3);
  EXPECT_TRUE(ledger.restore({"done", "p", "text", t0}));
  EXPECT_TRUE(ledger.restore({"cut off", "p", {}, t0}));
  EXPECT_FALSE(ledger.restore({"done", "p", "other", t0}));
  EXPECT_EQ(ledger.begin("done", "p", t0 + 1s).answer, "text");
  EXPECT_EQ(ledger.begin("cut off", "p", t0 + 1s).verdict, join);
  ledger.answer("cut off", "rolled back", t0 + 2s);
  EXPECT_EQ(ledger.begin("cut off", "p", t0 + 3s).answer, "rolled back");
  EXPECT_EQ(ledger.begin("done", "p", t0 + 10min).verdict, fresh);
}

TEST(request_ledger, answers_to_unknown_ids_are_ignored) {
  request_ledger ledger(10min, 3);
  ledger.answer("never begun", "text", t0);
  EXPECT_EQ(ledger.size(), 0U);
  EXPECT_EQ(ledger.begin("never begun", "p", t0).verdict, fresh);
}

} // namespace
} // namespace dockhost
