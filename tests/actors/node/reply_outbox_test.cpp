// SPDX-License-Identifier: MIT
#include "actors/node/reply_outbox.hpp"

#include <gtest/gtest.h>

namespace dockhost::actors {
namespace {

reply_ready reply(std::string op_id) {
  reply_ready r;
  r.op_id = std::move(op_id);
  r.replayable = true;
  return r;
}

std::vector<std::string> waiting(reply_outbox& box) {
  std::vector<std::string> ids;
  for (const auto& r : box.take_waiting())
    ids.push_back(r.op_id);
  return ids;
}

using ids = std::vector<std::string>;

TEST(reply_outbox, what_waits_is_bounded_and_the_oldest_is_dropped) {
  reply_outbox box(2);
  EXPECT_FALSE(box.keep(reply("1")));
  EXPECT_FALSE(box.keep(reply("2")));
  const auto dropped = box.keep(reply("3"));
  ASSERT_TRUE(dropped);
  EXPECT_EQ(dropped->op_id, "1");
  EXPECT_EQ(waiting(box), (ids{"2", "3"}));
  EXPECT_EQ(waiting(box), ids{});
}

TEST(reply_outbox, one_that_could_not_be_sent_waits) {
  reply_outbox box(8);
  const auto number = box.on_its_way(reply("1"));
  EXPECT_FALSE(box.unsent(number));
  EXPECT_FALSE(box.unsent(number)) << "told twice";
  EXPECT_EQ(box.sent(number), "");
  EXPECT_EQ(waiting(box), ids{"1"});
}

TEST(reply_outbox, one_that_no_link_would_send_comes_back) {
  reply_outbox box(8);
  const auto number = box.on_its_way(reply("1"));
  const auto refused = box.refused(number);
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->op_id, "1");
  EXPECT_FALSE(box.refused(number));
  EXPECT_EQ(waiting(box), ids{});
}

TEST(reply_outbox, the_second_heartbeat_after_it_proves_that_it_was_read) {
  for (int heartbeats = 0; heartbeats <= 3; ++heartbeats) {
    reply_outbox box(8);
    box.heartbeat();
    const auto number = box.on_its_way(reply("1"));
    box.heartbeat(); // it had not been sent when this ping was answered
    EXPECT_EQ(box.sent(number), "1");
    for (int n = 0; n < heartbeats; ++n)
      box.heartbeat();
    const bool proved = heartbeats >= 2;
    EXPECT_EQ(box.under_way(), proved ? 0U : 1U) << heartbeats;
    EXPECT_EQ(box.link_ended(false), proved ? 0U : 1U) << heartbeats;
    EXPECT_EQ(waiting(box), proved ? ids{} : ids{"1"}) << heartbeats;
  }
}

TEST(reply_outbox, a_link_that_ended_in_order_had_read_what_was_sent) {
  reply_outbox box(8);
  const auto sent = box.on_its_way(reply("sent"));
  (void)box.on_its_way(reply("nobody knows"));
  EXPECT_EQ(box.sent(sent), "sent");
  EXPECT_EQ(box.link_ended(true), 0U);
  EXPECT_EQ(waiting(box), ids{"nobody knows"});
}

TEST(reply_outbox, what_goes_again_keeps_its_order_and_the_bound) {
  reply_outbox box(3);
  EXPECT_EQ(box.sent(box.on_its_way(reply("1"))), "1");
  EXPECT_EQ(box.sent(box.on_its_way(reply("2"))), "2");
  EXPECT_FALSE(box.keep(reply("3")));
  EXPECT_FALSE(box.keep(reply("4")));
  EXPECT_EQ(box.link_ended(false), 2U);
  EXPECT_EQ(waiting(box), (ids{"2", "3", "4"}));
  for (int n = 0; n < 9; ++n)
    (void)box.on_its_way(reply(std::to_string(n)));
  EXPECT_EQ(box.under_way(), 3U);
}

} // namespace
} // namespace dockhost::actors
