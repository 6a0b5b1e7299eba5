// SPDX-License-Identifier: MIT
// The live view's smaller answers: to a stop of no stream, and where the engine's ports are.
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

class live_node_state : public live_rig {
protected:
  json::value engine_of_node_state() {
    start_live();
    settle();
    auto b = connect();
    ask_live(b, "subscribe", R"({"topics":["node"]})");
    EXPECT_EQ(b.got("node_state").size(), 1U);
    return at(b.got("node_state").back(), {"engine"});
  }
};

TEST_F(live_node_state, a_local_engine_has_its_ports_where_the_node_is) {
  EXPECT_EQ(json::dump(engine_of_node_state()), R"({"reachable":true,"version":"simulated"})");
}

TEST_F(live_node_state, a_remote_engine_has_them_elsewhere) {
  simulated.remote = true;
  simulated.published_host = "engine.example";
  EXPECT_EQ(json::dump(engine_of_node_state()),
            R"({"reachable":true,"version":"simulated","host":"engine.example"})");
}

TEST_F(live_node_state, the_end_of_a_tunnel_leads_no_browser_anywhere) {
  simulated.remote = true;
  simulated.published_host = "127.0.0.1";
  EXPECT_EQ(json::dump(engine_of_node_state()), R"({"reachable":true,"version":"simulated"})");
}

} // namespace
} // namespace dockhost::actors::test
