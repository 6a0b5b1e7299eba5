// SPDX-License-Identifier: MIT
// /metrics over the simulated engine, checked by promtool.
#include "live_rig.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/temp_folder.hpp"

#include <gmock/gmock.h>

namespace dockhost::actors {
namespace {

using namespace std::chrono_literals;
using docker::call_kind;
using test::make_object;
using ::testing::HasSubstr;
using ::testing::Not;

class live_metrics_test : public test::live_rig {
protected:
  void start() {
    start_live();
    router_ = spawn_router();
    tell(router_, attach_reply_sink{recorder<reply_sink_actor>(replies)});
    settle();
  }
  void command(const std::string& name, json::value payload) {
    tell(router_, event_received{1, name, {std::move(payload)}, ++acks});
    advance(1s);
  }
  /// The line that begins so, without that; empty: there is none.
  std::string value(const std::string& series) {
    const auto page = get("/metrics");
    EXPECT_EQ(page->status(), 200);
    return value_in(page->body(), series);
  }
  static std::string value_in(const std::string& text, const std::string& series) {
    const auto at = text.find("\n" + series + " ");
    if (at == std::string::npos) return {};
    const auto from = at + series.size() + 2;
    return text.substr(from, text.find('\n', from) - from);
  }

  std::vector<reply_ready> replies;
  std::uint64_t acks = 0;
};

TEST_F(live_metrics_test, promtool_finds_nothing_to_complain_of) {
  foreign("web", true, 18'080);
  start();
  command("create-container", make_object({{"username", "ann"}, {"sshPublicKey", key}}));
  const auto page = get("/metrics");
  EXPECT_EQ(page->status(), 200);
  EXPECT_EQ(page->header("Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_EQ(page->header("Cache-Control"), "no-store");
  const dockhost::test::temp_folder folder;
  const auto file = folder.write("metrics", page->body());
  const auto checked =
      dockhost::test::run_program({"sh", "-c", "promtool check metrics <\"$0\"", file});
  EXPECT_EQ(checked.status, 0) << checked.output;
  EXPECT_EQ(checked.output, "");
}

TEST_F(live_metrics_test, promtool_would_complain) {
  const dockhost::test::temp_folder folder;
  const auto file = folder.write("metrics", "# TYPE a counter\na 1\n");
  EXPECT_NE(
      dockhost::test::run_program({"sh", "-c", "promtool check metrics <\"$0\"", file}).status, 0);
}

TEST_F(live_metrics_test, counts_commands_by_kind_and_outcome) {
  start();
  command("create-container", make_object({{"username", "ann"}, {"sshPublicKey", key}}));
  command("create-container", make_object({{"username", "ann"}, {"sshPublicKey", key}}));
  command("stop-container", make_object({{"username", "bob"}}));
  command("stop-container", make_object({{"username", 7}}));
  command("list-containers", make_object({}));
  command("check_if_container_exists", make_object({{"USERNAME", "ann"}}));
  command("stop_container", make_object({{"USERNAME", "ann"}}));
  command("resume_container", make_object({{"USERNAME", "ann"}}));
  const std::pair<const char*, const char*> rows[] = {
      {R"(dockhost_commands_total{command="create",outcome="ok"})", "1"},
      {R"(dockhost_commands_total{command="create",outcome="conflict"})", "1"},
      {R"(dockhost_commands_total{command="stop",outcome="not_found"})", "1"},
      {R"(dockhost_commands_total{command="stop",outcome="invalid_username"})", "1"},
      {R"(dockhost_commands_total{command="stop",outcome="ok"})", "1"},
      {R"(dockhost_commands_total{command="start",outcome="ok"})", "1"},
      {R"(dockhost_commands_total{command="list",outcome="ok"})", "1"},
      {R"(dockhost_commands_total{command="check",outcome="ok"})", "1"},
      {R"(dockhost_commands_total{command="delete",outcome="ok"})", "0"},
      {R"(dockhost_command_duration_seconds_count{command="create"})", "2"},
      {R"(dockhost_command_duration_seconds_bucket{command="create",le="+Inf"})", "2"},
      {R"(dockhost_containers{state="running",managed="true"})", "1"},
      {R"(dockhost_port_blocks{state="taken"})", "1"},
      {R"(dockhost_actors{actor="container"})", "1"},
      {R"(dockhost_engine_call_errors_total{operation="create",error="failed"})", "0"},
      {R"(dockhost_engine_call_duration_seconds_count{operation="create"})", "1"},
  };
  for (const auto& [series, expected] : rows)
    EXPECT_EQ(value(series), expected) << series;
}

TEST_F(live_metrics_test, shows_the_engine_s_absence) {
  foreign("web");
  start();
  EXPECT_EQ(value("dockhost_engine_reachable"), "1");
  EXPECT_EQ(value(R"(dockhost_containers{state="running",managed="false"})"), "1");
  engine().set_reachable(false);
  advance(1min);
  EXPECT_EQ(value("dockhost_engine_reachable"), "0");
  EXPECT_EQ(value("dockhost_engine_outages_total"), "1");
  EXPECT_NE(value("dockhost_engine_event_streams_lost_total"), "0");
  EXPECT_EQ(value(R"(dockhost_containers{state="unknown",managed="false"})"), "1");
}

TEST_F(live_metrics_test, counts_what_events_did_not_tell) {
  const auto web = foreign("web");
  start();
  at_engine_stop(web);
  advance(2min);
  EXPECT_EQ(value("dockhost_engine_events_missed_total"), "0");
  engine().lose_events(true);
  at_engine_start(web);
  advance(2min);
  EXPECT_EQ(value("dockhost_engine_events_missed_total"), "1");
}

TEST_F(live_metrics_test, counts_what_browsers_do) {
  foreign("web");
  start();
  auto b = connect();
  ask_live(b, "start_log_stream", R"({"container_id":"web"})");
  ask_live(b, "start_log_stream", R"({"container_id":"nobody"})");
  ask_live(b, "subscribe", "7");
  const std::pair<const char*, const char*> rows[] = {
      {R"(dockhost_live_clients{role="viewer"})", "1"},
      {R"(dockhost_live_clients{role="operator"})", "0"},
      {R"(dockhost_live_requests_total{request="start_log_stream"})", "2"},
      {R"(dockhost_live_refusals_total{code="not_found"})", "1"},
      {R"(dockhost_live_refusals_total{code="invalid_request"})", "1"},
      {"dockhost_log_streams", "1"},
      {"dockhost_log_watchers", "1"},
      {R"(dockhost_actors{actor="log_stream"})", "1"},
  };
  for (const auto& [series, expected] : rows)
    EXPECT_EQ(value(series), expected) << series;
  b.socket->end();
  settle();
  EXPECT_EQ(value(R"(dockhost_live_clients{role="viewer"})"), "0");
  EXPECT_EQ(value(R"(dockhost_actors{actor="log_stream"})"), "0");
}

TEST_F(live_metrics_test, names_nobody) {
  config.server.api_key = "secret-key";
  foreign("shop-window");
  start();
  command("create-container", make_object({{"username", "ann"}, {"sshPublicKey", key}}));
  const auto text = get("/metrics")->body();
  for (const auto* word : {"ann", "shop", "secret", "nginx"})
    EXPECT_EQ(text.find(word), std::string::npos) << word;
}

TEST_F(live_metrics_test, actor_that_hangs_is_left_out_and_counted) {
  std::vector<caf::typed_response_promise<port_counts>> never;
  before_live = [&] {
    ports_ = track(system().spawn([&never](ports_actor::pointer self) {
      return ports_actor::behavior_type{
          [](const reserve_block&) { return block_answer{fail(error{})}; },
          [](const release_block&) {},
          [](const adopt_block&) {},
          [](const quarantine_block&) {},
          [](const foreign_ports_listed&) {},
          [&never, self](get_port_counts) -> caf::result<port_counts> {
            never.push_back(self->make_response_promise<port_counts>());
            return caf::delegated<port_counts>{};
          },
      };
    }));
  };
  start();
  const auto page = get("/metrics");
  EXPECT_EQ(page->status(), 0) << "it waits for the ports";
  advance(1100ms);
  EXPECT_EQ(page->status(), 200);
  EXPECT_THAT(page->body(), Not(HasSubstr("dockhost_port_blocks")));
  EXPECT_EQ(value_in(page->body(), "dockhost_scrape_parts_missing_total"), "1");
  EXPECT_EQ(value_in(page->body(), "dockhost_log_streams"), "0");
  std::vector<std::shared_ptr<test::fake_exchange>> many;
  for (int i = 0; i < 17; ++i)
    many.push_back(get("/metrics"));
  EXPECT_EQ(many.back()->status(), 503) << "scrapes must not pile up";
  advance(1100ms);
  EXPECT_EQ(many.front()->status(), 200);
  never.clear();
}

} // namespace
} // namespace dockhost::actors
