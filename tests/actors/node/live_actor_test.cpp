// SPDX-License-Identifier: MIT
#include "live_rig.hpp"
#include "platform/sha256.hpp"

#include <gmock/gmock.h>

namespace dockhost::actors {
namespace {

using namespace std::chrono_literals;
using docker::call_kind;
using test::at;
using test::text_at;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

class live_actor_test : public test::live_rig {
protected:
  void add_token(const std::string& text, live_role role,
                 std::optional<std::int64_t> expires = std::nullopt) {
    access_token token;
    token.name = text;
    token.role = role;
    token.digest = platform::sha256(text);
    token.expires = expires;
    config.live.tokens.push_back(format_access_token(token));
  }
  static constexpr std::int64_t start_unix = 1'700'000'000;
  /// What the node says that this client can do.
  static std::string features(const browser& b) {
    return json::dump(at(b.got("connection_established")[0], {"features"}));
  }
};

TEST_F(live_actor_test, greets_and_tells_the_whole_state_without_asking_the_engine) {
  const auto web = foreign("web", true, 18'080);
  place(our_spec("ann", 10'000));
  start_live();
  settle();
  const auto calls = engine().calls(call_kind::list) + engine().calls(call_kind::inspect);
  const auto b = connect();
  ASSERT_EQ(b.frames.size(), 3U);
  EXPECT_THAT(b.frames[0], StartsWith("40{"));
  EXPECT_THAT(b.frames[1], StartsWith("42[\"connection_established\","));
  EXPECT_THAT(b.frames[2], StartsWith("42[\"initial_state\","));
  const auto hello = b.got("connection_established")[0];
  EXPECT_FALSE(text_at(hello, {"requestId"}).empty());
  const auto state = b.got("initial_state")[0];
  const auto listed = at(state, {"containers"});
  const auto& all = *listed.as_array();
  ASSERT_EQ(all.size(), 2U);
  const auto& first = text_at(all[0], {"name"}) == "web" ? all[0] : all[1];
  EXPECT_EQ(json::dump(first),
            R"({"container_id":")" + web +
                R"(","name":"web","image":"nginx","status":"running","state":"running",)"
                R"("ports":"18080->80/tcp","compose_project":"shop","compose_service":"web",)"
                R"("created":"2023-11-14T22:13:20.000000+00:00",)"
                R"("started_at":"2023-11-14T22:13:20.000000+00:00"})");
  const auto& ours = text_at(all[0], {"name"}) == "web" ? all[1] : all[0];
  EXPECT_EQ(text_at(ours, {"username"}), "ann");
  EXPECT_EQ(text_at(ours, {"started_at"}), "2023-11-14T22:13:20.000000+00:00");
  EXPECT_EQ(text_at(ours, {"compose_project"}), "Standalone Containers");
  EXPECT_EQ(engine().calls(call_kind::list) + engine().calls(call_kind::inspect), calls);
}

TEST_F(live_actor_test, says_so_when_there_are_no_containers) {
  start_live();
  settle();
  EXPECT_EQ(json::dump(connect().got("initial_state").at(0)), R"({"containers":[]})");
}

TEST_F(live_actor_test, who_comes_early_waits_for_the_state) {
  simulated.latency = 50ms;
  foreign("web");
  start_live();
  settle();
  auto b = connect();
  EXPECT_EQ(b.frames.size(), 2U); // let in and greeted
  EXPECT_EQ(text_at(ask_live(b, "start_log_stream", R"({"container_id":"web"})"), {"code"}),
            "engine_unavailable");
  advance(1s);
  read(b);
  ASSERT_EQ(b.got("initial_state").size(), 1U);
  EXPECT_EQ(at(b.got("initial_state")[0], {"containers"}).as_array()->size(), 1U);
}

TEST_F(live_actor_test, nothing_is_said_of_containers_before_they_are_known) {
  config.live.local_role = live_role::operator_;
  simulated.latency = 50ms;
  foreign("web");
  place(our_spec("ann", 10'000));
  engine().set_reachable(false);
  start_live();
  advance(1min);
  auto b = connect();
  const auto unknown = [&] {
    EXPECT_EQ(text_at(ask_live(b, "list_containers", ""), {"code"}), "engine_unavailable");
    for (const std::string event : {"start_log_stream", "container_action"}) {
      const auto ack = ask_live(b, event, R"({"container_id":"web","action":"stop"})");
      EXPECT_EQ(text_at(ack, {"code"}), "engine_unavailable") << event;
    }
    const auto listed = get("/api/containers");
    EXPECT_EQ(listed->status(), 503);
    EXPECT_EQ(listed->body(),
              "{\"error\":\"The containers are not known yet\",\"code\":\"engine_unavailable\"}\n");
    EXPECT_EQ(listed->header("X-Content-Type-Options"), "nosniff");
    EXPECT_EQ(get("/api/containers/web/logs")->status(), 503);
  };
  EXPECT_EQ(get("/readyz")->body(), "the container engine can't be reached\n");
  unknown();
  engine().set_reachable(true);
  std::string page;
  ASSERT_TRUE(until([&] {
    page = get("/readyz")->body();
    return page != "the container engine can't be reached\n";
  }));
  EXPECT_EQ(page, "the containers are not known yet\n");
  EXPECT_EQ(get("/readyz")->status(), 503);
  unknown();
  ASSERT_TRUE(until([&] { return get("/readyz")->status() == 200; }));
  EXPECT_THAT(get("/api/containers")->body(),
              ::testing::AllOf(HasSubstr("\"name\":\"web\""), HasSubstr("\"username\":\"ann\"")));
  EXPECT_EQ(at(ask_live(b, "list_containers", ""), {"containers"}).as_array()->size(), 2U);
  EXPECT_THAT(b.states(), ::testing::UnorderedElementsAre("web running", "dockhost-ann running"));
}

TEST_F(live_actor_test, node_that_starts_without_its_engine_is_ready_when_ours_are_known) {
  config.live.managed_only = true;
  simulated.latency = 50ms;
  place(our_spec("ann", 10'000));
  engine().set_reachable(false);
  start_live();
  advance(1min);
  std::vector<std::string> pages = {get("/readyz")->body()};
  engine().set_reachable(true);
  ASSERT_TRUE(until([&] {
    const auto page = get("/readyz")->body();
    if (page != pages.back()) pages.push_back(page);
    return page == "ready\n";
  }));
  EXPECT_THAT(pages, ElementsAre("the container engine can't be reached\n",
                                 "the containers are not known yet\n", "ready\n"));
  EXPECT_THAT(get("/api/containers")->body(), HasSubstr("\"username\":\"ann\""));
}

TEST_F(live_actor_test, fleet_that_is_gone_is_asked_again_after_a_pause) {
  before_live = [this] {
    caf::anon_send_exit(fleet_, caf::exit_reason::kill);
    settle();
  };
  start_live();
  settle(); // without a pause this would not end: the answer comes at once
  auto b = connect();
  advance(30s);
  read(b);
  EXPECT_EQ(b.got("connection_established").size(), 1U);
  EXPECT_TRUE(b.got("initial_state").empty());
}

TEST_F(live_actor_test, tells_each_transition_of_others_containers_once) {
  const auto web = foreign("web", true, 18'080);
  start_live();
  settle();
  auto b = connect();
  advance(10s);
  engine().exit_container(web, 0);
  settle();
  read(b);
  EXPECT_THAT(b.states(), ElementsAre("web stopped"));
  EXPECT_EQ(text_at(b.got("container_state_change")[0], {"ports"}), "");
  at_engine_start(web);
  settle();
  read(b);
  EXPECT_THAT(b.states(), ElementsAre("web stopped", "web running"));
  EXPECT_EQ(text_at(b.got("container_state_change")[1], {"ports"}), "18080->80/tcp");
  at_engine_remove(web);
  advance(2min); // relists find nothing else
  read(b);
  EXPECT_THAT(b.states(), ElementsAre("web stopped", "web running", "web stopped", "web removed"));
}

TEST_F(live_actor_test, container_that_is_made_outside_is_seen_with_its_ports) {
  start_live();
  settle();
  auto b = connect();
  advance(10s);
  foreign("web", true, 18'080);
  advance(2min);
  read(b);
  ASSERT_THAT(b.states(), ElementsAre("web running")); // created and started at once
  EXPECT_EQ(text_at(b.got("container_state_change")[0], {"ports"}), "18080->80/tcp");
  foreign("db", false);
  advance(2min);
  read(b);
  EXPECT_THAT(b.states(), ElementsAre("web running", "db created"));
}

TEST_F(live_actor_test, tells_what_events_did_not_tell) {
  const auto web = foreign("web");
  start_live();
  settle();
  auto b = connect();
  engine().lose_events(true);
  engine().exit_container(web, 0);
  foreign("db");
  advance(1min);
  read(b);
  EXPECT_THAT(b.states(), ::testing::UnorderedElementsAre("web stopped", "db running"));
}

TEST_F(live_actor_test, EngineOutageIsUnknownThenTheTruthAndNothingRemoved) {
  const auto web = foreign("web");
  const auto db = foreign("db");
  place(our_spec("ann", 10'000));
  start_live();
  settle();
  auto b = connect();
  advance(10s);
  engine().set_reachable(false);
  advance(1min);
  read(b);
  EXPECT_THAT(b.states(),
              ::testing::UnorderedElementsAre("web unknown", "db unknown", "dockhost-ann unknown"));
  engine().exit_container(db, 0);
  engine().set_reachable(true);
  advance(1min);
  read(b);
  auto states = b.states();
  states.erase(states.begin(), states.begin() + 3);
  EXPECT_THAT(states,
              ::testing::UnorderedElementsAre("web running", "db stopped", "dockhost-ann running"));
  EXPECT_THAT(b.got("initial_state"), ::testing::SizeIs(1));
}

TEST_F(live_actor_test, state_is_encoded_once_for_all_and_the_whole_once_until_it_changes) {
  const auto web = foreign("web");
  start_live();
  settle();
  advance(10s);
  std::vector<browser> all;
  for (int n = 0; n < 50; ++n)
    all.push_back(connect());
  std::set<const std::string*> whole;
  std::set<const std::string*> change;
  for (auto& b : all)
    whole.insert(b.socket->pointers.at(3));
  engine().exit_container(web, 0);
  settle();
  for (auto& b : all)
    change.insert(b.socket->pointers.at(4));
  EXPECT_EQ(whole.size(), 1U);
  EXPECT_EQ(change.size(), 1U);
}

TEST_F(live_actor_test, managed_only_shows_ours_only) {
  config.live.managed_only = true;
  foreign("web");
  place(our_spec("ann", 10'000));
  start_live();
  settle();
  auto b = connect();
  foreign("db");
  advance(1min);
  read(b);
  EXPECT_EQ(at(b.got("initial_state").at(0), {"containers"}).as_array()->size(), 1U);
  EXPECT_THAT(b.states(), IsEmpty());
}

TEST_F(live_actor_test, compat_clients_get_the_other_event_too) {
  const auto web = foreign("web");
  start_live();
  settle();
  advance(10s);
  auto b = connect({}, "&compat=1");
  engine().exit_container(web, 0);
  settle();
  read(b);
  ASSERT_EQ(b.got("container_state_changed").size(), 1U);
  EXPECT_EQ(b.got("container_state_changed"), b.got("container_state_change"));
}

// ---- requests

TEST_F(live_actor_test, MalformedArgumentsGetAnErrorAndNothingElse) {
  start_live();
  settle();
  auto b = connect();
  const auto refused = [&](const std::string& event, const std::string& payload) {
    const auto before = b.frames.size();
    const auto ack = ask_live(b, event, payload);
    EXPECT_EQ(text_at(ack, {"code"}), "invalid_request") << event << payload;
    EXPECT_FALSE(text_at(ack, {"error"}).empty());
    EXPECT_EQ(b.frames.size(), before + 2) << event << payload;
    EXPECT_THAT(b.frames.back(), StartsWith("42[\"error\","));
    EXPECT_THAT(b.frames.back(), HasSubstr("\"event\":\"" + event + "\""));
    return ack;
  };
  for (const std::string event :
       {"start_log_stream", "stop_log_stream", "container_action", "subscribe", "unsubscribe"}) {
    for (const std::string payload : {"", "null", "[]", "5", "\"x\"", "{}", "{\"container_id\":5}",
                                      "{\"topics\":\"all\",\"container_id\":null}"})
      refused(event, payload);
    advance(1s);
  }
  // Nothing has to be said with these.
  for (const std::string event : {"list_containers", "heartbeat_ack"}) {
    for (const std::string payload : {"[]", "5", "\"x\"", "true"})
      refused(event, payload);
    for (const std::string payload : {"", "null", "{}"})
      EXPECT_EQ(text_at(ask_live(b, event, payload), {"code"}), "") << event << payload;
  }
  for (const std::string payload : {R"({"seq":"1"})", R"({"seq":[]})", R"({"seq":1.5})"})
    refused("heartbeat_ack", payload);
  for (const std::string event : {"no_such_event", "initial_state", "error"}) {
    for (const std::string payload : {"", "{}", "5"})
      EXPECT_EQ(text_at(refused(event, payload), {"error"}), "unknown event") << event << payload;
  }
  EXPECT_TRUE(b.socket->open());
}

TEST_F(live_actor_test, UnknownContainersAreNotFound) {
  start_live();
  settle();
  auto b = connect();
  const std::string of = R"({"container_id":"nobody","topics":["state"],"containers":["nobody"]})";
  for (const std::string event : {"start_log_stream", "subscribe", "unsubscribe"})
    EXPECT_EQ(text_at(ask_live(b, event, of), {"code"}), "not_found") << event;
}

TEST_F(live_actor_test, too_many_requests_are_refused) {
  config.live.max_requests = 2;
  start_live();
  settle();
  auto b = connect();
  for (int n = 0; n < 4; ++n)
    EXPECT_EQ(text_at(ask_live(b, "list_containers", "{}"), {"code"}), "");
  EXPECT_EQ(text_at(ask_live(b, "list_containers", "{}"), {"code"}), "rate_limited");
  advance(1s);
  EXPECT_EQ(text_at(ask_live(b, "list_containers", ""), {"code"}), "");
}

TEST_F(live_actor_test, client_that_goes_on_when_it_was_told_is_let_go) {
  config.live.max_requests = 2;
  start_live();
  settle();
  auto b = connect();
  const auto send = [&](int times) {
    for (int n = 0; n < times; ++n)
      b.socket->receive("42[\"heartbeat_ack\"]");
    settle();
    read(b);
  };
  send(4 + 1'000);
  EXPECT_EQ(b.got("error").size(), 1'000U);
  EXPECT_TRUE(b.socket->open());
  advance(600ms);
  send(1 + 1'000); // one that is granted, and it begins anew
  EXPECT_TRUE(b.socket->open());
  send(1);
  EXPECT_FALSE(b.socket->open());
  EXPECT_EQ(b.got("error").size(), 2'000U);
}

TEST_F(live_actor_test, subscriptions_choose_containers_and_batches) {
  const auto web = foreign("web");
  const auto db = foreign("db");
  start_live();
  settle();
  advance(10s);
  auto b = connect();
  EXPECT_EQ(
      text_at(ask_live(b, "subscribe", R"({"topics":["state"],"containers":["web"]})"), {"status"}),
      "subscribed");
  engine().exit_container(web, 0);
  engine().exit_container(db, 0);
  settle();
  read(b);
  EXPECT_THAT(b.states(), ElementsAre("web stopped"));
  ask_live(b, "subscribe", R"({"topics":["state"],"containers":"*","batch_ms":100})");
  at_engine_start(web);
  at_engine_start(db);
  settle();
  read(b);
  EXPECT_THAT(b.got("container_state_changes"), IsEmpty());
  advance(100ms);
  read(b);
  ASSERT_EQ(b.got("container_state_changes").size(), 1U);
  EXPECT_EQ(at(b.got("container_state_changes")[0], {"containers"}).as_array()->size(), 2U);
  EXPECT_THAT(b.states(), ElementsAre("web stopped"));
  ask_live(b, "unsubscribe", R"({"topics":["state"]})");
  engine().exit_container(web, 0);
  advance(1s);
  read(b);
  EXPECT_EQ(b.got("container_state_changes").size(), 1U);
}

TEST_F(live_actor_test, logs_and_figures_come_to_those_who_asked) {
  const auto web = foreign("web");
  start_live();
  settle();
  auto b = connect();
  EXPECT_EQ(json::dump(ask_live(b, "start_log_stream", R"({"container_id":"web"})")),
            R"({"status":"stream_started"})");
  EXPECT_EQ(json::dump(ask_live(b, "stop_log_stream", R"({"container_id":"web"})")),
            R"({"status":"stream_stopped"})");
  ASSERT_EQ(b.got("log_stream_stopped").size(), 1U);
  EXPECT_EQ(text_at(b.got("log_stream_stopped")[0], {"container_id"}), "web");
  EXPECT_EQ(json::dump(ask_live(b, "start_log_stream", R"({"container_id":"web"})")),
            R"({"status":"stream_started"})");
  at_engine_remove(web);
  advance(1s);
  read(b);
  EXPECT_EQ(b.got("log_stream_stopped").size(), 2U);
}

TEST_F(live_actor_test, log_streams_of_one_client_are_bounded) {
  config.live.max_streams = 1;
  foreign("web");
  foreign("db");
  start_live();
  settle();
  auto b = connect();
  EXPECT_EQ(text_at(ask_live(b, "start_log_stream", R"({"container_id":"web"})"), {"status"}),
            "stream_started");
  EXPECT_EQ(text_at(ask_live(b, "start_log_stream", R"({"container_id":"web"})"), {"status"}),
            "stream_started"); // in the place of the first
  EXPECT_EQ(text_at(ask_live(b, "start_log_stream", R"({"container_id":"db"})"), {"code"}),
            "capacity");
}

TEST_F(live_actor_test, node_and_heartbeat_come_to_those_who_asked) {
  start_live();
  settle();
  auto b = connect();
  ask_live(b, "subscribe", R"({"topics":["node","heartbeat"],"interval_ms":1000})");
  ASSERT_EQ(b.got("node_state").size(), 1U);
  EXPECT_EQ(json::dump(at(b.got("node_state")[0], {"engine", "reachable"})), "true");
  engine().set_reachable(false);
  advance(1min);
  read(b);
  EXPECT_EQ(json::dump(at(b.got("node_state").back(), {"engine", "reachable"})), "false");
  const auto beats = b.got("heartbeat");
  ASSERT_EQ(beats.size(), 60U);
  EXPECT_EQ(json::dump(at(beats[4], {"seq"})), "5");
  ask_live(b, "unsubscribe", R"({"topics":["heartbeat"]})");
  const auto before = b.got("heartbeat").size();
  advance(10s);
  read(b);
  EXPECT_EQ(b.got("heartbeat").size(), before);
}

// ---- actions

TEST_F(live_actor_test, viewers_may_not_act) {
  place(our_spec("ann", 10'000));
  start_live();
  settle();
  auto b = connect();
  EXPECT_THAT(features(b), Not(HasSubstr("actions")));
  EXPECT_EQ(
      text_at(ask_live(b, "container_action", R"({"container_id":"dockhost-ann","action":"stop"})"),
              {"code"}),
      "forbidden");
  EXPECT_EQ(engine_status("dockhost-ann"), "running");
}

TEST_F(live_actor_test, operators_act_on_ours_through_the_fleet) {
  config.live.local_role = live_role::operator_;
  place(our_spec("ann", 10'000));
  foreign("web");
  start_live();
  settle();
  advance(10s);
  auto b = connect();
  EXPECT_THAT(features(b), HasSubstr("\"actions\""));
  EXPECT_THAT(features(b), Not(HasSubstr("foreign_actions")));
  const auto act = [&](const std::string& name, const std::string& what) {
    ask_live(b, "container_action",
             R"({"container_id":")" + name + R"(","action":")" + what + "\"}");
    until([&] {
      read(b);
      return !b.ack(last_ack_).is_null();
    });
    return json::dump(b.ack(last_ack_));
  };
  EXPECT_EQ(act("dockhost-ann", "stop"), R"({"status":"ok"})");
  EXPECT_EQ(engine_status("dockhost-ann"), "exited");
  EXPECT_EQ(act("dockhost-ann", "start"), R"({"status":"ok"})");
  EXPECT_EQ(act("dockhost-ann", "restart"), R"({"status":"ok"})");
  EXPECT_EQ(engine_status("dockhost-ann"), "running");
  EXPECT_THAT(act("web", "stop"), HasSubstr("forbidden"));
  EXPECT_EQ(engine_status("web"), "running");
  EXPECT_EQ(act("dockhost-ann", "delete"), R"({"status":"ok"})");
  EXPECT_EQ(engine_status("dockhost-ann"), "none");
  EXPECT_EQ(b.states().back(), "dockhost-ann removed");
}

TEST_F(live_actor_test, operators_act_on_others_containers_where_that_is_allowed) {
  config.live.local_role = live_role::operator_;
  config.live.foreign_actions = true;
  foreign("web");
  start_live();
  settle();
  advance(10s);
  auto b = connect();
  EXPECT_THAT(features(b), HasSubstr(R"("actions","foreign_actions")"));
  for (const auto& [what, status] :
       {std::pair{"stop", "exited"}, std::pair{"start", "running"}, std::pair{"restart", "running"},
        std::pair{"delete", "none"}}) {
    ask_live(b, "container_action",
             std::string(R"({"container_id":"web","action":")") + what + "\"}");
    until([&] {
      read(b);
      return !b.ack(last_ack_).is_null();
    });
    EXPECT_EQ(json::dump(b.ack(last_ack_)), R"({"status":"ok"})") << what;
    EXPECT_EQ(engine_status("web"), status) << what;
  }
}

// ---- who may come in

TEST_F(live_actor_test, WrongExpiredAndMissingTokensAreRefusedWithAReason) {
  add_token("good", live_role::viewer);
  add_token("old", live_role::viewer, start_unix - 1);
  start_live();
  settle();
  EXPECT_THAT(connect().frames,
              ElementsAre(R"(44{"message":"A token is required","data":{"code":"unauthorized"}})"));
  EXPECT_THAT(connect(R"({"token":"bad"})").frames, ElementsAre(HasSubstr("Unknown token")));
  EXPECT_THAT(connect(R"({"token":"old"})").frames, ElementsAre(HasSubstr("has expired")));
  EXPECT_EQ(connect(R"({"token":"good"})").got("initial_state").size(), 1U);
  EXPECT_EQ(connect({}, "&token=good").got("initial_state").size(), 1U);
  EXPECT_EQ(connect({}, {}, {{"Authorization", "Bearer good"}}).got("initial_state").size(), 1U);
}

TEST_F(live_actor_test, TokenThatEndsIsAnnouncedAMinuteBefore) {
  add_token("short", live_role::viewer, start_unix + 300);
  start_live();
  settle();
  auto b = connect(R"({"token":"short"})");
  advance(239s);
  read(b);
  EXPECT_THAT(b.got("token_expiring"), IsEmpty());
  advance(2s);
  read(b);
  ASSERT_EQ(b.got("token_expiring").size(), 1U);
  EXPECT_EQ(text_at(b.got("token_expiring")[0], {"at"}), "2023-11-14T22:18:20Z");
  advance(58s);
  EXPECT_TRUE(b.socket->open());
  advance(2s);
  EXPECT_FALSE(b.socket->open());
}

TEST_F(live_actor_test, ForeignOriginIsRefusedAtTheHandshake) {
  config.live.origins = {"https://panel.example"};
  start_live();
  settle();
  const auto evil = connect({}, {}, {{"Origin", "https://evil.example"}});
  EXPECT_EQ(evil.socket, nullptr);
  EXPECT_EQ(evil.exchange->status(), 400);
  EXPECT_THAT(evil.exchange->body(), HasSubstr("Forbidden"));
  EXPECT_NE(connect({}, {}, {{"Origin", "http://localhost:4180"}}).socket, nullptr);
  EXPECT_NE(connect({}, {}, {{"Origin", "https://panel.example"}}).socket, nullptr);
  EXPECT_EQ(get("/api/containers", {{"Origin", "https://evil.example"}})->status(), 403);
}

TEST_F(live_actor_test, site_whose_name_leads_here_is_refused_where_there_are_no_tokens) {
  start_live();
  settle();
  auto exchange = std::make_shared<test::fake_exchange>("GET", "/api/containers");
  exchange->set_header("Host", "rebound.evil.example:4180");
  door(exchange);
  EXPECT_EQ(exchange->status(), 403);
}

// ---- pages, the end

TEST_F(live_actor_test, pages_say_how_the_node_is) {
  foreign("web");
  start_live();
  settle();
  EXPECT_EQ(get("/healthz")->status(), 200);
  EXPECT_EQ(get("/readyz")->status(), 200);
  const auto listed = get("/api/containers");
  EXPECT_EQ(listed->status(), 200);
  EXPECT_THAT(listed->body(), HasSubstr("\"name\":\"web\""));
  EXPECT_EQ(listed->header("X-Content-Type-Options"), "nosniff");
  EXPECT_EQ(get("/nothing")->status(), 404);
  engine().set_reachable(false);
  advance(1min);
  EXPECT_EQ(get("/healthz")->status(), 200);
  EXPECT_EQ(get("/readyz")->status(), 503);
}

TEST_F(live_actor_test, pages_want_a_token_where_there_are_tokens) {
  add_token("good", live_role::viewer);
  start_live();
  settle();
  EXPECT_EQ(get("/healthz")->status(), 200);
  const auto refused = get("/api/containers");
  EXPECT_EQ(refused->status(), 401);
  EXPECT_EQ(refused->header("WWW-Authenticate"), "Bearer");
  EXPECT_EQ(refused->header("X-Content-Type-Options"), "nosniff");
  EXPECT_EQ(refused->body(), "{\"error\":\"A token is required\",\"code\":\"unauthorized\"}\n");
  EXPECT_EQ(get("/metrics")->status(), 401);
  EXPECT_EQ(get("/api/containers", {{"Authorization", "Bearer good"}})->status(), 200);
}

TEST_F(live_actor_test, allowed_sites_may_read_what_is_answered) {
  config.live.origins = {"https://panel.example"};
  add_token("good", live_role::viewer);
  foreign("web");
  start_live();
  settle();
  const std::string bearer = "Bearer good";
  for (const std::string path : {"/api/containers", "/metrics", "/api/containers/web/logs"}) {
    const auto ask = [&](const std::string& method, const net::header_list& headers) {
      auto exchange = std::make_shared<test::fake_exchange>(method, path);
      exchange->set_header("Host", "localhost:4180");
      for (const auto& [name, value] : headers)
        exchange->set_header(name, value);
      door(exchange);
      settle();
      return exchange;
    };
    const auto allowed = [](const std::shared_ptr<test::fake_exchange>& answer) {
      return answer->header("Access-Control-Allow-Origin");
    };
    const std::pair<std::string, std::string> token{"Authorization", bearer};
    const std::pair<std::string, std::string> panel{"Origin", "https://panel.example"};
    const std::pair<std::string, std::string> stranger{"Origin", "https://evil.example"};
    const auto preflight = ask("OPTIONS", {panel});
    EXPECT_EQ(preflight->status(), 204) << path;
    EXPECT_EQ(allowed(preflight), "https://panel.example") << path;
    EXPECT_THAT(preflight->header("Access-Control-Allow-Headers"), HasSubstr("Authorization"));
    const auto good = ask("GET", {panel, token});
    EXPECT_EQ(good->status(), 200) << path;
    EXPECT_EQ(allowed(good), "https://panel.example") << path;
    EXPECT_EQ(good->header("Vary"), "Origin") << path;
    EXPECT_EQ(allowed(ask("GET", {panel})), "https://panel.example") << path << ": the refusal";
    const auto foreign_site = ask("GET", {stranger, token});
    EXPECT_EQ(foreign_site->status(), 403) << path;
    EXPECT_EQ(allowed(foreign_site), "") << path;
    EXPECT_EQ(allowed(ask("OPTIONS", {stranger})), "") << path;
    const auto no_site = ask("GET", {token});
    EXPECT_EQ(no_site->status(), 200) << path;
    EXPECT_EQ(allowed(no_site), "") << path;
  }
}

TEST_F(live_actor_test, port_that_is_taken_is_tried_again) {
  port_is_free = false;
  start_live();
  settle();
  EXPECT_FALSE(door);
  port_is_free = true;
  advance(6s);
  EXPECT_TRUE(door);
}

TEST_F(live_actor_test, SigtermLetsBrowsersGo) {
  start_live();
  settle();
  auto b = connect();
  tell(live_, close_live{});
  settle();
  read(b);
  EXPECT_TRUE(shut);
  EXPECT_FALSE(b.socket->open());
  EXPECT_THAT(b.frames.back(), StartsWith("close"));
}

} // namespace
} // namespace dockhost::actors
