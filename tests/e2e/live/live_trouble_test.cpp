// SPDX-License-Identifier: MIT
// Rows of the trouble table that are about the live view.
#include "tests/e2e/live/live_world.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <csignal>

namespace dockhost::e2e {
namespace {

using namespace std::chrono_literals;
using ::testing::AnyOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

std::int64_t now_ms() {
  return std::chrono::duration_cast<milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

json::object with_token(const std::string& token) {
  return {{"auth", json::object{{"token", token}}}};
}

TEST_F(LiveTrouble, MalformedArgumentsGetAnErrorAndNothingElse) {
  config["live"]["max_requests"] = "10000";
  const auto id = run_quiet("web");
  start_view();
  auto& b = browsers();
  const int client = join();
  const int other = join();
  const auto all = b.mark();
  const json::array arguments[] = {
      {},
      {nullptr},
      {json::array{}},
      {5},
      {true},
      {"x"},
      {json::object{}},
      {json::object{{"container_id", 5}, {"topics", "all"}, {"action", 1}}},
      {json::object{{"container_id", json::array{id}}, {"topics", json::array{1}}}},
      {json::object{{"container_id", std::string(100'000, 'a')}}},
      {json::object{{"container_id", id}, {"topics", json::array{"nonsense"}}, {"tail", "x"}}},
      {json::object{{"container_id", id}, {"action", "explode"}, {"tail", -1}}},
      {json::object{{"container_id", ""}, {"__proto__", json::object{{"container_id", id}}}}},
  };
  for (const char* event :
       {"start_log_stream", "stop_log_stream", "container_action", "subscribe", "unsubscribe"}) {
    for (const auto& given : arguments) {
      if (std::string(event) == "stop_log_stream" && !given.empty() &&
          text(given[0], "container_id") == id) {
        continue; // nothing is wrong with that
      }
      const auto from = b.mark();
      EXPECT_TRUE(refused_with(b.ask_with(client, event, given), "invalid_request"))
          << event << json::dump(given);
      b.wait_event(client, "error", from);
      EXPECT_THAT(b.event_names(client, from), ElementsAre("error")) << event << json::dump(given);
      EXPECT_EQ(text(b.events(client, "error", from)[0], "event"), event);
      // Without an acknowledgement there is the event alone.
      const auto silent = b.mark();
      b.emit(client, event, given);
      b.wait_event(client, "error", silent);
      EXPECT_THAT(b.event_names(client, silent), ElementsAre("error"));
    }
  }
  EXPECT_EQ(text(b.ask(client, "no_such_event", json::object{}), "error"), "unknown event");
  EXPECT_EQ(text(b.ask(client, "connection_established", json::object{}), "error"),
            "unknown event");
  EXPECT_THAT(b.event_names(other, all), IsEmpty());
  EXPECT_FALSE(b.seen(is("disconnect"), all));
  EXPECT_EQ(status_of(id), "running");
}

TEST_F(LiveTrouble, MalformedArgumentsWithUnknownContainersAreNotFound) {
  const auto id = run_quiet("web");
  start_view();
  auto& b = browsers();
  const int client = join();
  // Unknown; a prefix that is too short; what a shell or a path would make something of.
  for (const auto& name : {std::string("nobody"), id.substr(0, 11), std::string("../../x"),
                           std::string("$(reboot)"), std::string(64, 'f')}) {
    const auto from = b.mark();
    EXPECT_TRUE(refused_with(
        b.ask(client, "start_log_stream", json::object{{"container_id", name}}), "not_found"));
    EXPECT_TRUE(refused_with(b.ask(client, "stop_log_stream", json::object{{"container_id", name}}),
                             "not_found"));
    EXPECT_TRUE(refused_with(
        b.ask(client, "container_action", json::object{{"container_id", name}, {"action", "stop"}}),
        "not_found"));
    EXPECT_TRUE(refused_with(
        b.ask(client, "subscribe",
              json::object{{"topics", json::array{"state"}}, {"containers", json::array{name}}}),
        "not_found"));
    b.ask(client, "list_containers", json::object{});
    EXPECT_EQ(b.events(client, "error", from).size(), 4U) << name;
  }
}

TEST_F(LiveTrouble, MalformedArgumentsWithHostileRegularExpressionsCostNothing) {
  const auto id = run_quiet("web");
  start_view();
  auto& b = browsers();
  const int client = join();
  const auto follow = [&](const std::string& pattern) {
    return b.ask(client, "start_log_stream",
                 json::object{{"container_id", id},
                              {"tail", 0},
                              {"timestamps", false},
                              {"filter", json::object{{"pattern", pattern}}}});
  };
  for (const auto& pattern :
       {std::string("["), std::string("(?P<"), std::string("(a"), std::string("a{1001}"),
        std::string("(?=x)"), std::string("(a)\\1"), std::string("((a{100}){100}){100}"),
        std::string(1'025, 'a'), std::string("\\pX{")}) {
    EXPECT_TRUE(refused_with(follow(pattern), "invalid_request")) << pattern;
  }
  // What takes others for ever is searched for in linear time.
  EXPECT_EQ(text(follow("^(([a-z])+.)+[A-Z]([a-z])+$|(x+x+)+y|(a|aa)+b"), "status"),
            "stream_started");
  const auto from = b.mark();
  const auto before = node_cpu_ms();
  inside(id, {"sh", "-c", "head -c 200000 /dev/zero | tr '\\0' a > /proc/1/fd/1"});
  say(id, "");
  say(id, "aaab");
  b.wait_line(client, "aaab", from);
  EXPECT_THAT(b.log_lines(client, id, from), ElementsAre("aaab"));
  EXPECT_LT(node_cpu_ms() - before, 2'000);
  EXPECT_FALSE(b.seen(is("disconnect"), 0));
}

TEST_F(LiveTrouble, EngineKilledUnderWatchersIsUnknownThenTheTruth) {
  const auto id =
      run_script("web", "i=0; while :; do i=$((i + 1)); echo \"line-$i end\"; sleep 0.05; done");
  const auto idle = docker({"create", "--name", prefix() + "idle", test_image()});
  foreign.push_back(idle);
  start_view();
  const auto own = text(create("ann"), "containerId");
  say(own, "ann says hello");
  auto& b = browsers();
  std::vector<int> clients;
  for (int n = 0; n < 50; ++n) {
    clients.push_back(join({{"transports", json::array{n % 5 == 0 ? "polling" : "websocket"}}}));
    for (const auto& each : {id, own}) {
      const json::object wish = {{"container_id", each},
                                 {"tail", 1'000'000},
                                 {"filter", json::object{{"stream", "stdout"}}}};
      ASSERT_EQ(text(b.ask(clients.back(), "start_log_stream", wish), "status"), "stream_started");
    }
  }
  for (const int client : clients) {
    b.wait_line(client, "line-20 end", 0);
    b.wait_line(client, "ann says hello", 0);
  }

  const auto from = b.mark();
  kill_engine();
  for (const int client : clients)
    for (const auto& each : {id, idle, own})
      wait_state(client, each, "unknown", from);
  start_engine();
  // Whether it starts again what ran before is the engine's own affair.
  const auto told_the_truth = [&](const std::string& of) {
    const std::string truth = status_of(of) == "running" ? "running" : "stopped";
    return std::ranges::all_of(clients, [&](int client) {
      const auto told = states(client, of, from);
      return !told.empty() && told.back() == truth;
    });
  };
  for (const int client : clients)
    wait_state(client, idle, "created", from, 40s);
  for (const auto& each : {id, own})
    EXPECT_TRUE(eventually([&] { return told_the_truth(each); }, 40s, 500ms));
  const auto again = b.mark();
  docker({"start", id});
  EXPECT_TRUE(succeeded(server().command("start-container", json::object{{"username", "ann"}})));
  for (const int client : clients)
    for (const auto& each : {id, own})
      EXPECT_EQ(text(wait_state(client, each, "running", from), "username"),
                each == own ? "ann" : "");
  const auto mark = std::string("after the engine came back");
  for (const auto& each : {id, own})
    say(each, mark);
  for (const int client : clients)
    for (const auto& each : {id, own})
      b.wait_event(
          client, "log_update",
          [&](const json::value& update) {
            return text(update, "container_id") == each &&
                   text(update, "log").find(mark) != std::string::npos;
          },
          again, 30s);
  for (const auto& each : {id, own}) {
    docker({"stop", "-t", "1", each});
    const auto whole = engine_log(each);
    for (const int client : clients) {
      b.wait_line(client, whole.back(), 0);
      EXPECT_EQ(b.log_lines(client, each, 0), whole);
    }
  }
  for (const int client : clients) {
    EXPECT_THAT(b.events(client, "log_stream_stopped", 0), IsEmpty());
    for (const auto& each : {id, idle, own}) {
      const auto told = states(client, each, 0);
      EXPECT_THAT(told, Not(::testing::Contains("removed")));
    }
  }
  EXPECT_FALSE(b.seen(is("disconnect"), 0));
}

TEST_F(LiveTrouble, NodeStoppedBySigtermClosesItsClientsWithinASecond) {
  const auto id = run_script("web", "while :; do echo line; sleep 0.02; done");
  start_view();
  auto& b = browsers();
  std::vector<int> clients;
  for (const char* way : {"polling", "websocket"}) {
    for (int n = 0; n < 5; ++n) {
      clients.push_back(join({{"transports", json::array{way}}}));
      b.ask(clients.back(), "start_log_stream", json::object{{"container_id", id}});
    }
  }
  const auto from = b.mark();
  const auto began = now_ms();
  EXPECT_EQ(stop_node(20s), 0);
  for (const int client : clients) {
    const auto end = b.wait_link(client, "disconnect", from);
    EXPECT_LT(number(end, "at") - began, 1'000);
    // And no "io server disconnect", after which npm's client does not come back by itself.
    EXPECT_THAT(text(end, "reason"), AnyOf("transport close", "transport error"));
  }
  EXPECT_EQ(status_of(id), "running");
}

TEST_F(LiveTrouble, WrongExpiredAndMissingTokensAreRefusedWithAReason) {
  const auto good = new_token("viewer");
  const auto old = new_token("operator", "1s");
  ASSERT_TRUE(eventually([end = now_ms() + 1'100] { return now_ms() > end; }, 5s));
  start_view();
  auto& b = browsers();
  for (const char* way : {"polling", "websocket"}) {
    const auto refused = [&](json::object options) {
      options.emplace_back("transports", json::array{way});
      const auto from = b.mark();
      const int client = b.open(url(), std::move(options));
      const auto told = b.wait_link(client, "refused", from);
      EXPECT_THAT(b.event_names(client, from), IsEmpty());
      return told;
    };
    const auto missing = refused({});
    EXPECT_EQ(text(missing, "message"), "A token is required");
    EXPECT_EQ(text(missing, "data.code"), "unauthorized");
    EXPECT_EQ(text(refused(with_token("dht_" + std::string(64, '0'))), "message"), "Unknown token");
    EXPECT_EQ(text(refused({{"auth", json::object{{"token", json::array{good}}}}}), "message"),
              "A token is required");
    EXPECT_EQ(text(refused(with_token(old)), "message"), "The token has expired");
    EXPECT_EQ(text(refused({{"query", json::object{{"token", old}}}}), "message"),
              "The token has expired");

    // Each of the three ways in.
    json::array transports = {way};
    join({{"transports", transports}, {"auth", json::object{{"token", good}}}});
    join({{"transports", transports}, {"query", json::object{{"token", good}}}});
    join({{"transports", transports},
          {"extraHeaders", json::object{{"Authorization", "Bearer " + good}}}});
  }
  EXPECT_EQ(number(b.get(url() + "/api/containers"), "status"), 401);
  EXPECT_EQ(
      number(b.get(url() + "/api/containers", {{"Authorization", "Bearer " + good}}), "status"),
      200);
  for (const auto& token : {good, old})
    EXPECT_THAT(node_log(), Not(HasSubstr(token.substr(4)))) << "a token in the log";
}

TEST_F(LiveTrouble, WrongExpiredAndMissingTokensAndForeignOriginsAreRefused) {
  const auto good = new_token("viewer");
  config["live"]["origins"] = "[\"https://panel.example.org\"]";
  start_view();
  auto& b = browsers();
  for (const char* way : {"polling", "websocket"}) {
    const auto options = [&](const std::string& origin) {
      json::object out = with_token(good);
      out.emplace_back("transports", json::array{way});
      out.emplace_back("extraHeaders", json::object{{"Origin", origin}});
      return out;
    };
    for (const char* origin : {"https://evil.example.org", "null", "http://panel.example.org",
                               "https://panel.example.org.evil.org"}) {
      const auto from = b.mark();
      const int client = b.open(url(), options(origin));
      b.wait_link(client, "refused", from);
      EXPECT_THAT(b.event_names(client, from), IsEmpty());
    }
    join(options("https://panel.example.org"));
    join(options(url())); // its own page
  }
  const json::object foreign_page = {{"Origin", "https://evil.example.org"}};
  const auto page = b.get(url() + "/socket.io/?EIO=4&transport=polling", foreign_page);
  EXPECT_EQ(number(page, "status"), 403);
  EXPECT_EQ(text(page, "body"), R"({"code":4,"message":"Forbidden"})");
  const auto socket = b.handshake(url(), foreign_page);
  EXPECT_EQ(number(socket, "status"), 400);
  EXPECT_EQ(text(socket, "body"), "Forbidden");
  const auto welcome = b.handshake(url(), {{"Origin", "https://panel.example.org"}});
  EXPECT_EQ(number(welcome, "status"), 101);
}

TEST_F(LiveTrouble, WrongExpiredAndMissingTokensThatEndAreAnnouncedBefore) {
  const auto brief = new_token("viewer", "8s");
  const auto end = now_ms() + 8'000;
  start_view();
  auto& b = browsers();
  const auto from = b.mark();
  const int client = join(with_token(brief));
  const auto warning =
      b.wait(of(client, is("event", "name", "token_expiring")), from, 10s, "token_expiring");
  EXPECT_LT(number(warning, "at"), end - 1'000) << "before it ends";
  EXPECT_THAT(text(at(warning, "args").as_array()->front(), "at"), HasSubstr("T"));
  const auto closed = b.wait_link(client, "disconnect", from);
  EXPECT_NEAR(static_cast<double>(number(closed, "at")), static_cast<double>(end), 1'500);
  const auto after = b.mark();
  const int again = b.open(url(), with_token(brief));
  EXPECT_EQ(text(b.wait_link(again, "refused", after), "message"), "The token has expired");
}

} // namespace
} // namespace dockhost::e2e
