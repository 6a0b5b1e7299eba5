// SPDX-License-Identifier: MIT
// The live view's plain HTTP: how many requests it answers.
#include "../node/live_rig.hpp"

#include <gmock/gmock.h>

namespace dockhost::actors::test {
namespace {

using ::testing::HasSubstr;

class live_http : public live_rig {
protected:
  std::shared_ptr<fake_exchange> get_from(const std::string& address, const std::string& path,
                                          const net::header_list& headers = {}) {
    auto exchange = std::make_shared<fake_exchange>("GET", path);
    exchange->come_from(address);
    exchange->set_header("Host", "localhost:4180");
    for (const auto& [name, value] : headers)
      exchange->set_header(name, value);
    door(exchange);
    settle();
    return exchange;
  }
};

TEST_F(live_http, TooManyHttpRequestsAreToldToWait) {
  config.live.max_http_requests = 2;
  config.live.origins = {"https://panel.example"};
  start_live();
  settle();
  const std::string me = "192.0.2.1", other = "192.0.2.2";
  for (const auto* path : {"/api/containers", "/metrics", "/api/containers/x/logs", "/metrics"})
    EXPECT_NE(get_from(me, path)->status(), 429) << path;
  for (const auto* path : {"/api/containers", "/metrics", "/api/containers/x/logs", "/api/x"}) {
    const auto refused = get_from(me, path, {{"Origin", "https://panel.example"}});
    EXPECT_EQ(refused->status(), 429) << path;
    EXPECT_EQ(refused->header("Retry-After"), "1") << path;
    EXPECT_EQ(refused->body(), "{\"error\":\"Too many requests\",\"code\":\"rate_limited\"}\n");
    EXPECT_THAT(refused->header("Content-Type"), HasSubstr("application/json"));
    EXPECT_EQ(refused->header("X-Content-Type-Options"), "nosniff");
    EXPECT_EQ(refused->header("Access-Control-Allow-Origin"), "https://panel.example");
  }
  EXPECT_EQ(get_from(other, "/api/containers")->status(), 200);
  advance(1s);
  EXPECT_THAT(get_from(me, "/metrics")->body(),
              HasSubstr("dockhost_live_refusals_total{code=\"rate_limited\"} 4\n"));
}

TEST_F(live_http, probes_and_the_dashboard_are_not_counted) {
  config.live.max_http_requests = 1;
  auto& e = const_cast<environment&>(*env());
  e.serve_file = [](const std::shared_ptr<net::http_exchange>& exchange) {
    return exchange->respond(net::make_response(200, "page"));
  };
  start_live();
  settle();
  for (int i = 0; i < 20; ++i)
    for (const auto* path : {"/healthz", "/readyz", "/", "/assets/x.js"})
      EXPECT_EQ(get(path)->status(), 200) << path;
  EXPECT_EQ(get("/metrics")->status(), 200);
}

TEST_F(live_http, guesses_of_a_token_are_counted) {
  config.live.max_http_requests = 1;
  config.live.tokens = {"tv viewer sha256:" + std::string(64, '0')};
  start_live();
  settle();
  EXPECT_EQ(get("/metrics")->status(), 401);
  EXPECT_EQ(get("/metrics", {{"Authorization", "Bearer guess"}})->status(), 401);
  EXPECT_EQ(get("/metrics", {{"Authorization", "Bearer guess"}})->status(), 429);
}

/// A browser that opens a page with all of its logs, and a scraper beside it.
TEST_F(live_http, the_default_is_enough_for_people_and_scrapers) {
  start_live();
  settle();
  for (int second = 0; second < 30; ++second) {
    for (int i = 0; i < 40; ++i)
      EXPECT_NE(get("/api/containers/x/logs")->status(), 429);
    EXPECT_EQ(get("/metrics")->status(), 200);
    advance(1s);
  }
}

} // namespace
} // namespace dockhost::actors::test
