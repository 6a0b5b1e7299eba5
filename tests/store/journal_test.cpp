// SPDX-License-Identifier: MIT
// What the journal keeps. Its file is in journal_file_test.cpp.
#include "store/journal.hpp"

#include <chrono>
#include <string>

#include <gtest/gtest.h>

namespace dockhost::store {
namespace {

journal_entry entry(const std::string& op_id) {
  journal_entry e;
  e.op_id = op_id;
  e.request_id = "request-" + op_id;
  e.event = "create-container";
  e.username = "alice";
  e.payload_digest = "00ff";
  e.payload = R"({"username":"alice"})";
  e.dialect = "documented";
  e.wants_ack = true;
  e.begun_ms = 1'000;
  return e;
}

class journal_in_memory : public ::testing::Test {
protected:
  std::vector<std::string> ids() {
    std::vector<std::string> out;
    const auto all = journal_->load();
    for (const auto& e : all.value()) {
      out.push_back(e.op_id);
    }
    return out;
  }
  void begin_answered(const std::string& op_id, bool undelivered, std::int64_t at_ms) {
    ASSERT_TRUE(journal_->begin(entry(op_id)));
    ASSERT_TRUE(journal_->answer(op_id, "{}", undelivered, at_ms));
  }

  std::unique_ptr<journal> journal_ = journal::open(":memory:", {.max_entries = 5}).value();
};

TEST_F(journal_in_memory, gives_back_what_was_written) {
  auto whole = entry("b");
  whole.username = std::string("zo\xc3\xab\0nul", 8);
  whole.answer = "{}";
  whole.undelivered = true;
  whole.answered_ms = 7;
  ASSERT_TRUE(journal_->begin(whole));
  ASSERT_TRUE(journal_->begin(entry("a")));
  const auto all = journal_->load();
  ASSERT_TRUE(all);
  EXPECT_EQ(*all, (std::vector{whole, entry("a")})) << "in the order of begin()";
}

TEST_F(journal_in_memory, an_answer_ends_an_entry) {
  ASSERT_TRUE(journal_->begin(entry("a")));
  ASSERT_TRUE(journal_->answer("a", R"({"success":true})", true, 2'000));
  auto expected = entry("a");
  expected.answer = R"({"success":true})";
  expected.undelivered = true;
  expected.answered_ms = 2'000;
  EXPECT_EQ(journal_->load()->at(0), expected);
  ASSERT_TRUE(journal_->mark_delivered("a"));
  expected.undelivered = false;
  EXPECT_EQ(journal_->load()->at(0), expected);
}

TEST_F(journal_in_memory, refuses_what_makes_no_sense) {
  ASSERT_TRUE(journal_->begin(entry("a")));
  EXPECT_EQ(journal_->begin(entry("a")).err().code, errc::conflict);
  EXPECT_EQ(journal_->answer("b", "{}", false, 1).err().code, errc::not_found);
  EXPECT_EQ(journal_->answer("a", "", false, 1).err().code, errc::invalid_request);
  auto long_one = entry("c");
  long_one.payload.assign(1024 * 1024 + 1, 'x');
  EXPECT_EQ(journal_->begin(long_one).err().code, errc::invalid_request);
  EXPECT_EQ(journal_->answer("a", long_one.payload, false, 1).err().code, errc::invalid_request);
  EXPECT_EQ(journal_->load()->size(), 1U);
}

TEST_F(journal_in_memory, absent_entries_may_be_forgotten_and_delivered) {
  EXPECT_TRUE(journal_->forget("a"));
  EXPECT_TRUE(journal_->mark_delivered("a"));
  ASSERT_TRUE(journal_->begin(entry("a")));
  EXPECT_TRUE(journal_->forget("a"));
  EXPECT_TRUE(ids().empty());
}

TEST_F(journal_in_memory, purge_takes_only_old_delivered_answers) {
  ASSERT_TRUE(journal_->begin(entry("running")));
  begin_answered("old", false, 10);
  begin_answered("waiting", true, 10);
  begin_answered("new", false, 20);
  ASSERT_TRUE(journal_->purge(20));
  EXPECT_EQ(ids(), (std::vector<std::string>{"running", "waiting", "new"}));
}

TEST_F(journal_in_memory, purge_keeps_to_the_maximum) {
  ASSERT_TRUE(journal_->begin(entry("running-1")));
  begin_answered("waiting-1", true, 10);
  begin_answered("done-1", false, 10);
  begin_answered("waiting-2", true, 10);
  begin_answered("done-2", false, 10);
  ASSERT_TRUE(journal_->purge(0));
  EXPECT_EQ(ids().size(), 5U) << "at the maximum";
  ASSERT_TRUE(journal_->begin(entry("running-2")));
  ASSERT_TRUE(journal_->purge(0));
  EXPECT_EQ(ids(), (std::vector<std::string>{"running-1", "waiting-1", "waiting-2", "done-2",
                                             "running-2"}));
  ASSERT_TRUE(journal_->begin(entry("running-3")));
  ASSERT_TRUE(journal_->begin(entry("running-4")));
  ASSERT_TRUE(journal_->begin(entry("running-5")));
  ASSERT_TRUE(journal_->purge(0));
  EXPECT_EQ(ids(), (std::vector<std::string>{"running-1", "running-2", "running-3", "running-4",
                                             "running-5"}));
  ASSERT_TRUE(journal_->begin(entry("running-6")));
  ASSERT_TRUE(journal_->purge(0));
  EXPECT_EQ(ids().front(), "running-2");
}

TEST_F(journal_in_memory, quarantines_are_kept_until_cleared) {
  ASSERT_TRUE(journal_->set_quarantine(3000, 10));
  ASSERT_TRUE(journal_->set_quarantine(65533, 20));
  ASSERT_TRUE(journal_->set_quarantine(3000, 30));
  EXPECT_EQ(*journal_->quarantines(), (std::vector<quarantine_entry>{{3000, 30}, {65533, 20}}));
  ASSERT_TRUE(journal_->clear_quarantine(3000));
  ASSERT_TRUE(journal_->clear_quarantine(3000));
  EXPECT_EQ(*journal_->quarantines(), (std::vector<quarantine_entry>{{65533, 20}}));
}

} // namespace
} // namespace dockhost::store
