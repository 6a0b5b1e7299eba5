// SPDX-License-Identifier: MIT
#include "core/recovery.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>

namespace dockhost {
namespace {

using lifecycle::command_kind;

container_view view(container_state state, std::string op = "op-1") {
  container_view v;
  v.username = "ann";
  v.id = "c1";
  v.state = state;
  v.op_id = std::move(op);
  return v;
}

/// "ok", "ok+data", an error code (with "+data"), or "later".
std::string judge(command_kind kind, const container_view* now) {
  const auto found = recover_outcome(kind, "op-1", now);
  if (!found) return "later";
  std::string text = found->failure ? std::string(to_string(found->failure->code)) : "ok";
  EXPECT_EQ(found->failure.has_value(), found->message.empty());
  return text + (found->with_data ? "+data" : "");
}

std::string judge(command_kind kind, container_state state, std::string op = "op-1") {
  const auto v = view(state, std::move(op));
  return judge(kind, &v);
}

TEST(recovery, create_is_done_when_its_container_is_there) {
  EXPECT_EQ(judge(command_kind::create, container_state::running), "ok+data");
  EXPECT_EQ(judge(command_kind::create, container_state::stopped), "ok+data");
}

TEST(recovery, create_that_left_nothing_may_be_tried_again) {
  EXPECT_EQ(judge(command_kind::create, nullptr), "shutting_down");
  EXPECT_EQ(judge(command_kind::create, container_state::absent), "shutting_down");
  EXPECT_TRUE(retryable(errc::shutting_down));
}

TEST(recovery, create_that_met_another_creates_container_is_a_conflict) {
  EXPECT_EQ(judge(command_kind::create, container_state::running, "op-0"), "conflict+data");
}

TEST(recovery, start_is_judged_by_what_runs) {
  EXPECT_EQ(judge(command_kind::start, container_state::running), "ok+data");
  EXPECT_EQ(judge(command_kind::start, container_state::stopped), "shutting_down");
  EXPECT_EQ(judge(command_kind::start, container_state::paused), "shutting_down");
  EXPECT_EQ(judge(command_kind::start, nullptr), "not_found");
}

TEST(recovery, stop_is_judged_by_what_runs) {
  EXPECT_EQ(judge(command_kind::stop, container_state::stopped), "ok+data");
  EXPECT_EQ(judge(command_kind::stop, container_state::running), "shutting_down");
  EXPECT_EQ(judge(command_kind::stop, nullptr), "not_found");
}

TEST(recovery, delete_is_done_when_nothing_is_there) {
  EXPECT_EQ(judge(command_kind::remove, nullptr), "ok+data");
  EXPECT_EQ(judge(command_kind::remove, container_state::running), "shutting_down");
  EXPECT_EQ(judge(command_kind::remove, container_state::dead), "shutting_down");
}

TEST(recovery, what_is_on_its_way_is_asked_again_later) {
  for (const auto kind :
       {command_kind::create, command_kind::start, command_kind::stop, command_kind::remove}) {
    for (const auto state :
         {container_state::creating, container_state::created, container_state::starting,
          container_state::restarting, container_state::stopping, container_state::deleting,
          container_state::unknown}) {
      EXPECT_EQ(judge(kind, state), "later") << to_string(state);
    }
  }
}

TEST(time_left, follows_the_commands_own_deadline) {
  using namespace std::chrono_literals;
  const struct {
    std::int64_t begun;
    std::int64_t now;
    std::chrono::milliseconds left;
  } rows[] = {
      {1'000, 1'000, 240s},
      {1'000, 101'000, 140s},
      {1'000, 241'000, 0s},
      {1'000, 99'999'999, 0s},
      {101'000, 1'000, 240s}, // the clock was set back
      {std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max(), 0s},
  };
  for (const auto& r : rows)
    EXPECT_EQ(time_left(240s, r.begun, r.now), r.left) << r.begun << " " << r.now;
}

} // namespace
} // namespace dockhost
