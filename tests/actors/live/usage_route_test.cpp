// SPDX-License-Identifier: MIT
#include "actors/live/usage_route.hpp"

#include <gtest/gtest.h>

namespace dockhost::actors {
namespace {

using namespace std::chrono_literals;
using miss = usage_route::miss;

constexpr usage_route::time_point start{1h};

TEST(usage_route, files_come_first_and_stay) {
  usage_route r;
  EXPECT_TRUE(r.by_files());
  EXPECT_FALSE(r.wants_process(start));
  r.process_named(7, start);
  EXPECT_TRUE(r.by_files());
  EXPECT_FALSE(r.read(true));
  EXPECT_TRUE(r.by_files());
  EXPECT_FALSE(r.by_engine());
}

TEST(usage_route, a_miss_alone_says_nothing) {
  usage_route r;
  EXPECT_EQ(r.files_missed(start), miss::ask_process); // the process was hearsay
  r.process_unknown(start);
  EXPECT_TRUE(r.by_files()); // it has ended
  r.process_named(7, start);
  EXPECT_FALSE(r.read(true));
  EXPECT_EQ(r.files_missed(start), miss::ask_process); // it was read since it was named
}

TEST(usage_route, a_miss_of_a_process_just_named_leads_to_the_engine) {
  usage_route r;
  r.process_named(7, start);
  EXPECT_EQ(r.files_missed(start), miss::ask_engine);
  EXPECT_FALSE(r.by_files());
  EXPECT_TRUE(r.by_engine());
  EXPECT_TRUE(r.read(false)); // another source
  EXPECT_FALSE(r.read(false));
}

TEST(usage_route, the_files_are_tried_again_with_the_process_of_that_time) {
  usage_route r;
  r.process_named(7, start);
  (void)r.files_missed(start);
  EXPECT_FALSE(r.wants_process(start + 59s));
  EXPECT_TRUE(r.wants_process(start + 60s));
  EXPECT_FALSE(r.by_files());
  r.process_named(8, start + 60s);
  EXPECT_TRUE(r.by_files());
  EXPECT_TRUE(r.by_engine()); // not given up yet
  EXPECT_FALSE(r.wants_process(start + 60s));
  EXPECT_EQ(r.files_missed(start + 60s), miss::ask_engine);
  EXPECT_FALSE(r.wants_process(start + 119s));
  r.process_named(8, start + 120s);
  EXPECT_FALSE(r.read(true)); // nothing has come of the engine: it can be compared
  EXPECT_FALSE(r.by_engine());
}

TEST(usage_route, an_engine_that_does_not_answer_is_not_asked_at_once_again) {
  usage_route r;
  r.process_named(7, start);
  (void)r.files_missed(start);
  r.process_unknown(start + 60s);
  EXPECT_FALSE(r.by_files());
  EXPECT_FALSE(r.wants_process(start + 119s));
  EXPECT_TRUE(r.wants_process(start + 120s));
}

TEST(usage_route, an_engine_that_names_no_process_is_asked_for_figures) {
  usage_route r;
  r.process_named(0, start);
  EXPECT_FALSE(r.by_files());
  EXPECT_TRUE(r.read(false));
  EXPECT_TRUE(r.wants_process(start + 60s));
}

} // namespace
} // namespace dockhost::actors
