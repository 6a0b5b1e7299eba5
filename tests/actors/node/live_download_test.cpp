// SPDX-License-Identifier: MIT
// GET /api/containers/{id}/logs over the simulated engine.
#include "live_rig.hpp"
#include "platform/sha256.hpp"

#include <gmock/gmock.h>

namespace dockhost::actors {
namespace {

using namespace std::chrono_literals;
using docker::call_kind;
using test::fake_exchange;
using ::testing::HasSubstr;

class live_download_test : public test::live_rig {
protected:
  struct download {
    std::shared_ptr<fake_exchange> exchange;
    std::shared_ptr<test::fake_body> body; ///< null: there is none
  };

  void start() {
    web = foreign("web");
    start_live();
    settle();
  }
  void write(int lines, const std::string& text = "line") {
    for (int i = 0; i < lines; ++i)
      engine().write_log(web, text + " " + std::to_string(i));
  }
  download ask(const std::string& of, const net::header_list& parameters = {},
               const std::string& method = "GET") {
    download d;
    d.exchange = std::make_shared<fake_exchange>(method, "/api/containers/" + of + "/logs");
    d.exchange->set_header("Host", "localhost:4180");
    for (const auto& [name, value] : parameters)
      d.exchange->set_parameter(name, value);
    door(d.exchange);
    settle();
    d.body = d.exchange->stream;
    return d;
  }
  static void take_all(live_download_test& rig, download& d) {
    for (int i = 0; i < 10'000 && !d.body->finished && !d.body->aborted; ++i) {
      d.body->take();
      rig.settle();
    }
  }

  std::string web;
};

TEST_F(live_download_test, gives_the_log_and_ends) {
  start();
  write(3);
  auto text = ask("web", {{"format", "text"}, {"timestamps", "0"}});
  EXPECT_EQ(text.exchange->status(), 200);
  EXPECT_EQ(text.exchange->header("Content-Type"), "text/plain; charset=utf-8");
  EXPECT_EQ(text.exchange->header("X-Content-Type-Options"), "nosniff");
  EXPECT_EQ(text.exchange->header("Content-Disposition"), "");
  ASSERT_TRUE(text.body);
  EXPECT_EQ(text.body->text, "line 0\nline 1\nline 2\n");
  EXPECT_TRUE(text.body->finished);
  auto last = ask(web.substr(0, 12), {{"tail", "1"}, {"timestamps", "0"}, {"download", "1"}});
  EXPECT_EQ(last.exchange->header("Content-Disposition"), "attachment; filename=\"web.json\"");
  ASSERT_TRUE(last.body);
  EXPECT_EQ(last.body->text, "[\n{\"stream\":\"stdout\",\"log\":\"line 2\"}\n]\n");
  EXPECT_EQ(engine().open_logs(), 0U);
}

TEST_F(live_download_test, log_without_a_line_is_whole_too) {
  start();
  auto nothing = ask("web");
  ASSERT_TRUE(nothing.body);
  EXPECT_EQ(nothing.body->text, "[]\n");
  EXPECT_TRUE(nothing.body->finished);
}

TEST_F(live_download_test, refuses_in_json) {
  start();
  const struct {
    const char* container;
    net::header_list parameters;
    int status;
    const char* code;
  } rows[] = {
      {"nobody", {}, 404, "not_found"},
      {"web", {{"tail", "x"}}, 400, "invalid_request"},
      {"web", {{"format", "xml"}}, 400, "invalid_request"},
      {"web", {{"since", "never"}}, 400, "invalid_request"},
      {"web", {{"since", "2500-01-01T00:00:00Z"}}, 400, "invalid_request"},
  };
  for (const auto& row : rows) {
    const auto refused = ask(row.container, row.parameters);
    EXPECT_EQ(refused.exchange->status(), row.status) << row.container;
    EXPECT_EQ(refused.exchange->header("Content-Type"), "application/json; charset=utf-8");
    const auto parsed = json::parse(refused.exchange->body());
    ASSERT_TRUE(parsed.ok());
    EXPECT_EQ(test::text_at(*parsed, {"code"}), row.code);
  }
  EXPECT_EQ(engine().calls(call_kind::logs), 0U);
}

TEST_F(live_download_test, wants_a_token_where_there_are_tokens) {
  access_token token;
  token.name = "viewer";
  token.digest = platform::sha256("good");
  config.live.tokens.push_back(format_access_token(token));
  start();
  EXPECT_EQ(ask("web").exchange->status(), 401);
  EXPECT_EQ(ask("web", {{"token", "good"}}).exchange->status(), 200);
}

TEST_F(live_download_test, slow_peer_sets_the_pace_and_memory_is_bounded) {
  start();
  write(40'000, std::string(200, 'x'));
  auto d = ask("web", {{"tail", "all"}, {"format", "text"}});
  ASSERT_TRUE(d.body);
  const auto at_first = d.body->text.size();
  EXPECT_LT(at_first, 1'000'000U) << "the peer has taken nothing";
  advance(10s);
  EXPECT_EQ(d.body->text.size(), at_first);
  EXPECT_EQ(engine().open_logs(), 1U);
  take_all(*this, d);
  EXPECT_TRUE(d.body->finished);
  EXPECT_EQ(std::count(d.body->text.begin(), d.body->text.end(), '\n'), 40'000);
  EXPECT_LT(d.body->most_queued, 1'000'000U);
  EXPECT_EQ(engine().open_logs(), 0U);
}

TEST_F(live_download_test, long_line_comes_in_pieces) {
  start();
  write(1, std::string(900'000, 'y'));
  auto d = ask("web", {{"format", "text"}});
  ASSERT_TRUE(d.body);
  take_all(*this, d);
  EXPECT_GT(d.body->text.size(), 900'000U);
  EXPECT_LT(d.body->most_queued, 400'000U);
}

TEST_F(live_download_test, peer_that_leaves_ends_the_reading_at_once) {
  start();
  write(40'000, std::string(200, 'x'));
  auto d = ask("web", {{"tail", "all"}});
  EXPECT_EQ(engine().open_logs(), 1U);
  d.exchange->leave();
  settle();
  EXPECT_EQ(engine().open_logs(), 0U);
  EXPECT_EQ(env()->metrics->actors[static_cast<std::size_t>(actor_kind::log_download)].value(), 0);
}

TEST_F(live_download_test, engine_that_breaks_off_breaks_the_answer_off) {
  start();
  write(40'000, std::string(200, 'x'));
  auto d = ask("web", {{"tail", "all"}});
  ASSERT_TRUE(d.body);
  engine().cut_logs();
  settle();
  EXPECT_FALSE(d.body->finished);
  // Only the fake and this test hold the writer: that is how net is told to break off.
  EXPECT_EQ(d.body.use_count(), 2);
}

TEST_F(live_download_test, engine_that_is_silent_is_not_waited_for) {
  start();
  docker::simulated_fault hang;
  hang.kind = call_kind::inspect;
  hang.container = web;
  hang.hang = true;
  engine().order(std::move(hang));
  const auto d = ask("web");
  EXPECT_EQ(d.exchange->status(), 0);
  advance(13s);
  EXPECT_EQ(d.exchange->status(), 504);
}

TEST_F(live_download_test, engine_that_is_gone_is_said) {
  start();
  engine().set_reachable(false);
  advance(1s);
  const auto d = ask("web");
  EXPECT_EQ(d.exchange->status(), 503);
  EXPECT_THAT(d.exchange->body(), HasSubstr("engine_unavailable"));
}

TEST_F(live_download_test, so_many_at_once) {
  start();
  write(40'000, std::string(200, 'x'));
  std::vector<download> all;
  for (int i = 0; i < 33; ++i)
    all.push_back(ask("web", {{"tail", "all"}}));
  EXPECT_EQ(all[31].exchange->status(), 200);
  EXPECT_EQ(all[32].exchange->status(), 503);
  EXPECT_THAT(all[32].exchange->body(), HasSubstr("capacity"));
  all[0].exchange->leave();
  settle();
  EXPECT_EQ(ask("web").exchange->status(), 200);
}

TEST_F(live_download_test, head_asks_the_engine_for_no_log) {
  start();
  const auto d = ask("web", {{"download", "1"}}, "HEAD");
  EXPECT_EQ(d.exchange->status(), 200);
  EXPECT_EQ(d.exchange->header("Content-Disposition"), "attachment; filename=\"web.json\"");
  EXPECT_EQ(engine().calls(call_kind::logs), 0U);
}

} // namespace
} // namespace dockhost::actors
