// SPDX-License-Identifier: MIT
// The live view's smaller answers: to a stop of no stream.
#include "../node/live_rig.hpp"

#include <gmock/gmock.h>

namespace dockhost::actors::test {
namespace {

using live_answers = live_rig;

TEST_F(live_answers, a_log_that_is_not_followed_is_stopped_all_the_same) {
  const auto web = foreign("web");
  start_live();
  settle();
  auto b = connect();
  EXPECT_EQ(json::dump(ask_live(b, "stop_log_stream", R"({"container_id":"web"})")),
            R"({"status":"stream_stopped"})");
  ASSERT_EQ(b.got("log_stream_stopped").size(), 1U);
  EXPECT_EQ(json::dump(b.got("log_stream_stopped")[0]),
            R"({"container_id":"web","message":"Log stream stopped","reason":"requested"})");
  // One end for each stop, by the name that was used.
  ask_live(b, "start_log_stream", R"({"container_id":"web"})");
  ask_live(b, "stop_log_stream", R"({"container_id":"web"})");
  EXPECT_EQ(b.got("log_stream_stopped").size(), 2U);
  ask_live(b, "stop_log_stream", R"({"container_id":")" + web.substr(0, 12) + R"("})");
  ASSERT_EQ(b.got("log_stream_stopped").size(), 3U);
  EXPECT_EQ(text_at(b.got("log_stream_stopped")[2], {"container_id"}), web.substr(0, 12));
  // Of one that is not there nothing can be stopped.
  EXPECT_EQ(text_at(ask_live(b, "stop_log_stream", R"({"container_id":"nobody"})"), {"code"}),
            "not_found");
  EXPECT_EQ(b.got("log_stream_stopped").size(), 3U);
}

} // namespace
} // namespace dockhost::actors::test
