// SPDX-License-Identifier: MIT
#include "core/event_audit.hpp"

#include <gtest/gtest.h>

namespace dockhost {
namespace {

using enum container_state;
using listing = std::map<std::string, container_state>;

class event_audit_test : public testing::Test {
protected:
  std::size_t list(const listing& all) {
    audit.asked();
    return audit.listed(all);
  }
  event_audit audit;
};

TEST_F(event_audit_test, first_listing_is_where_it_begins) {
  EXPECT_EQ(list({{"a", running}, {"b", stopped}}), 0U);
  EXPECT_EQ(list({{"a", running}, {"b", stopped}}), 0U);
  EXPECT_EQ(list({{"a", running}, {"b", stopped}}), 0U);
}

TEST_F(event_audit_test, what_events_told_is_not_missed) {
  (void)list({{"a", running}});
  audit.heard("a", stopped);
  audit.heard("b", created);
  audit.heard("b", running);
  audit.heard("c", created);
  audit.heard("c", absent);
  EXPECT_EQ(list({{"a", stopped}, {"b", running}}), 0U);
  EXPECT_EQ(list({{"a", stopped}, {"b", running}}), 0U);
}

TEST_F(event_audit_test, what_only_listings_show_was_missed) {
  const struct {
    listing before;
    listing after;
    std::size_t missed;
  } rows[] = {
      {{{"a", running}}, {{"a", stopped}}, 1},
      {{{"a", running}}, {{"a", paused}}, 1},
      {{{"a", running}}, {}, 1},
      {{}, {{"a", running}}, 1},
      {{{"a", running}, {"b", running}}, {{"a", stopped}, {"c", running}}, 3},
      {{{"a", stopped}}, {{"a", dead}}, 0},
      {{{"a", stopped}}, {{"a", restarting}}, 0},
      {{{"a", running}}, {{"a", deleting}}, 0},
      {{{"a", running}}, {{"a", unknown}}, 0},
  };
  for (const auto& row : rows) {
    audit = {};
    (void)list(row.before);
    EXPECT_EQ(list(row.after), 0U) << "too early to tell";
    EXPECT_EQ(list(row.after), row.missed);
    EXPECT_EQ(list(row.after), 0U) << "once";
  }
}

TEST_F(event_audit_test, event_that_comes_after_the_listing_was_only_late) {
  (void)list({{"a", running}});
  EXPECT_EQ(list({{"a", stopped}}), 0U);
  audit.heard("a", stopped);
  EXPECT_EQ(list({{"a", stopped}}), 0U);
}

TEST_F(event_audit_test, what_is_heard_while_it_is_listed_counts_as_newer) {
  (void)list({{"a", running}, {"b", running}});
  audit.asked();
  audit.heard("a", stopped);
  audit.heard("b", absent);
  EXPECT_EQ(audit.listed({{"a", running}, {"b", running}}), 0U);
  EXPECT_EQ(list({{"a", stopped}}), 0U);
  EXPECT_EQ(list({{"a", stopped}}), 0U);
}

} // namespace
} // namespace dockhost
