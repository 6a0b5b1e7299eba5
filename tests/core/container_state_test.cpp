// SPDX-License-Identifier: MIT
#include "core/container_state.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string_view>

namespace dockhost {
namespace {

constexpr container_state all[] = {
    container_state::absent,     container_state::creating, container_state::created,
    container_state::starting,   container_state::running,  container_state::paused,
    container_state::restarting, container_state::stopping, container_state::stopped,
    container_state::dead,       container_state::deleting, container_state::unknown};

TEST(container_state, names_are_distinct) {
  std::set<std::string_view> names;
  for (const auto s : all)
    names.insert(to_string(s));
  EXPECT_EQ(names.size(), std::size(all));
}

TEST(container_state, the_wire_knows_nine_words) {
  const std::set<std::string_view> words = {"created",    "running",  "paused",
                                            "restarting", "stopping", "stopped",
                                            "dead",       "unknown",  "removed"};
  for (const auto s : all)
    EXPECT_TRUE(words.contains(wire_state(s))) << to_string(s);
  EXPECT_EQ(wire_state(container_state::absent), "removed");
  EXPECT_EQ(wire_state(container_state::creating), "created");
  EXPECT_EQ(wire_state(container_state::starting), "stopped");
  EXPECT_EQ(wire_state(container_state::deleting), "stopping");
}

TEST(container_state, the_engines_words) {
  EXPECT_EQ(state_from_engine("created"), container_state::created);
  EXPECT_EQ(state_from_engine("running"), container_state::running);
  EXPECT_EQ(state_from_engine("paused"), container_state::paused);
  EXPECT_EQ(state_from_engine("restarting"), container_state::restarting);
  EXPECT_EQ(state_from_engine("removing"), container_state::deleting);
  EXPECT_EQ(state_from_engine("exited"), container_state::stopped);
  EXPECT_EQ(state_from_engine("dead"), container_state::dead);
  EXPECT_EQ(state_from_engine(""), container_state::unknown);
  EXPECT_EQ(state_from_engine("Running"), container_state::unknown);
}

TEST(container_state, the_engines_events) {
  EXPECT_EQ(state_after_event("create"), container_state::created);
  for (const char* action : {"start", "restart", "unpause"})
    EXPECT_EQ(state_after_event(action), container_state::running) << action;
  for (const char* action : {"die", "stop"})
    EXPECT_EQ(state_after_event(action), container_state::stopped) << action;
  EXPECT_EQ(state_after_event("pause"), container_state::paused);
  EXPECT_EQ(state_after_event("destroy"), container_state::absent);
  for (const char* action : {"rename", "oom", "kill", "exec_start: sh", ""})
    EXPECT_EQ(state_after_event(action), std::nullopt) << action;
}

} // namespace
} // namespace dockhost
