// SPDX-License-Identifier: MIT
// The documented dialect over the fake engine; V2 is in router_v2_test.cpp.
#include "actors/node/router_limits.hpp"
#include "node_rig.hpp"

namespace dockhost::actors {
namespace {

using namespace std::chrono_literals;
using docker::call_kind;
using test::make_object;
using test::text_at;

class router_actor_test : public test::node_rig {
protected:
  void start() {
    start_engine_side();
    start_router();
  }

  void start_router() {
    router_ = spawn_router();
    tell(router_, attach_reply_sink{recorder<reply_sink_actor>(replies)});
    settle();
  }

  void event(const std::string& name, json::value payload, std::optional<std::uint64_t> ack = {}) {
    tell(router_, event_received{session, name, {std::move(payload)}, ack});
    settle();
  }

  json::value create(const std::string& user, const std::string& request_id = {}) {
    auto p = json::object{{"username", user}, {"sshPublicKey", key}};
    if (!request_id.empty()) p.emplace_back("requestId", request_id);
    return p;
  }

  /// As a kill between the journal's write and the engine call leaves it.
  void cut_off(const std::string& op, const std::string& request, const std::string& name,
               const std::string& user, std::int64_t begun_ms = 1'700'000'000'000) {
    store::journal_entry cut;
    cut.op_id = op;
    cut.request_id = request;
    cut.event = name;
    cut.username = user;
    cut.payload_digest = "x";
    cut.dialect = "documented";
    cut.begun_ms = begun_ms;
    ASSERT_TRUE(journal_store()->begin(cut).ok());
  }

  bool ask_idle() {
    const auto idle = ask<bool>(router_, is_idle{});
    settle();
    return idle->answered() && idle->answers.front();
  }

  static json::value with_id(const std::string& user, const std::string& request_id) {
    return make_object({{"username", user}, {"requestId", request_id}});
  }

  static json::value of_user(const std::string& user) { return make_object({{"username", user}}); }

  static std::string code(const reply_ready& r) { return text_at(r.payload, {"error", "code"}); }

  static bool success(const reply_ready& r) {
    const auto found = test::at(r.payload, {"success"});
    return found.as_bool() != nullptr && *found.as_bool();
  }

  std::vector<reply_ready> replies;
  std::uint64_t session = 1;
};

TEST_F(router_actor_test, a_whole_life_in_the_documented_dialect) {
  start();
  event("create-container", create("ann"), 7);
  ASSERT_EQ(replies.size(), 1U);
  EXPECT_EQ(replies[0].session, 1U);
  EXPECT_EQ(replies[0].ack, 7U);
  EXPECT_TRUE(success(replies[0]));
  const auto id = text_at(replies[0].payload, {"data", "containerId"});
  EXPECT_EQ(id.size(), 64U);
  std::int64_t port = 0;
  EXPECT_TRUE(test::at(replies[0].payload, {"data", "ports", "https"}).get_int(port));
  EXPECT_EQ(port, 10'002);
  EXPECT_TRUE(text_at(replies[0].payload, {"data", "sshHostKey"}).starts_with("SHA256:"));

  event("stop-container", of_user("ann"));
  ASSERT_EQ(replies.size(), 2U);
  EXPECT_FALSE(replies[1].ack);
  EXPECT_EQ(replies[1].event, "stop-container-response");
  EXPECT_EQ(text_at(replies[1].event_payload, {"username"}), "ann");
  EXPECT_TRUE(success(replies[1]));

  event("start-container", make_object({{"containerId", id.substr(0, 12)}}));
  ASSERT_EQ(replies.size(), 3U);
  EXPECT_TRUE(success(replies[2]));
  // Whose it is, is told there too.
  EXPECT_EQ(text_at(replies[2].event_payload, {"username"}), "ann");

  event("list-containers", make_object({}), 8);
  ASSERT_EQ(replies.size(), 4U);
  const auto list = test::at(replies[3].payload, {"data", "containers"});
  ASSERT_NE(list.as_array(), nullptr);
  ASSERT_EQ(list.as_array()->size(), 1U);
  EXPECT_EQ(text_at(list.as_array()->front(), {"state"}), "running");

  event("delete-container", of_user("ann"), 9);
  ASSERT_EQ(replies.size(), 5U);
  EXPECT_TRUE(success(replies[4]));
  EXPECT_EQ(text_at(replies[4].payload, {"data", "containerId"}), id);
  event("delete-container", of_user("ann"), 10);
  ASSERT_EQ(replies.size(), 6U);
  EXPECT_TRUE(success(replies[5]));
  EXPECT_EQ(engine().container_count(), 0U);
}

TEST_F(router_actor_test, an_image_is_chosen_only_where_that_is_allowed) {
  const auto of = [this](const std::string& user, const std::string& image) {
    auto fields = *create(user).as_object();
    fields.emplace_back("image", image);
    return json::value(std::move(fields));
  };
  start();
  event("create-container", of("ann", "somebody/else"), 1);
  ASSERT_EQ(replies.size(), 1U);
  EXPECT_EQ(code(replies[0]), "invalid_request");
  EXPECT_EQ(engine().container_count(), 0U);
  event("create-container", of("ann", config.containers.image), 2);
  event("create-container", of("bob", config.containers.image + ":latest"), 3);
  ASSERT_EQ(replies.size(), 3U);
  EXPECT_TRUE(success(replies[1]) && success(replies[2])) << "that is the node's own";
}

TEST_F(router_actor_test, an_image_that_a_request_may_choose_is_used) {
  config.containers.allow_request_image = true;
  start();
  auto fields = *create("ann").as_object();
  fields.emplace_back("image", "somebody/else");
  event("create-container", std::move(fields), 1);
  ASSERT_EQ(replies.size(), 1U);
  ASSERT_TRUE(success(replies[0]));
  event("list-containers", of_user("ann"), 2);
  const auto list = test::at(replies[1].payload, {"data", "containers"});
  EXPECT_EQ(text_at(list.as_array()->front(), {"image"}), "somebody/else");
}

TEST_F(router_actor_test, list_can_name_one_user) {
  place(our_spec("ann", 10'000));
  place(our_spec("bob", 10'003));
  start();
  event("list-containers", of_user("bob"), 1);
  ASSERT_EQ(replies.size(), 1U);
  const auto list = test::at(replies[0].payload, {"data", "containers"});
  ASSERT_EQ(list.as_array()->size(), 1U);
  EXPECT_EQ(text_at(list.as_array()->front(), {"username"}), "bob");
}

TEST_F(router_actor_test, MalformedPayloadGetsOneErrorReply) {
  start();
  event("create-container", json::value(), 1);
  event("create-container", json::value(5), 2);
  event("stop-container", make_object({}), 3);
  event("start-container", make_object({{"username", 5}}), 4);
  event("no-such-event", make_object({}), 5);
  event("no-such-event", make_object({})); // nobody to tell
  ASSERT_EQ(replies.size(), 5U);
  for (const auto& r : replies)
    EXPECT_FALSE(success(r));
  EXPECT_EQ(code(replies[0]), "invalid_request");
  event("list-containers", make_object({}), 6);
  EXPECT_EQ(replies.size(), 6U);
}

TEST_F(router_actor_test, HostileUsernameNeverReachesTheEngine) {
  start();
  settle();
  const auto creates = engine().calls(call_kind::create);
  for (const auto& name : {std::string(), std::string("a\0b", 3), std::string(65, 'a'),
                           std::string(200'000, 'a'), std::string("\x01")})
    event("create-container", create(name), 1);
  ASSERT_EQ(replies.size(), 5U);
  for (const auto& r : replies)
    EXPECT_EQ(code(r), "invalid_username");
  EXPECT_EQ(engine().calls(call_kind::create), creates);
  // Odd but valid ones are mapped, never to one another's container.
  for (const auto* name : {"../../etc", "$(reboot)", "--help", "a b", "a/b", "__proto__", "ü"}) {
    replies.clear();
    event("create-container", create(name), 1);
    ASSERT_EQ(replies.size(), 1U);
    EXPECT_TRUE(success(replies[0])) << name;
  }
  EXPECT_EQ(engine().container_count(), 7U);
}

TEST_F(router_actor_test, SameRequestIdJoinsWhileItRunsAndGetsTheFirstAnswerAgain) {
  simulated.latency = 50ms;
  start();
  advance(1s);
  event("create-container", create("ann", "r1"), 1);
  session = 2; // it was sent again after a reconnect
  event("create-container", create("ann", "r1"), 5);
  EXPECT_TRUE(replies.empty());
  ASSERT_TRUE(until([&] { return replies.size() >= 2; }, 60s));
  settle();
  ASSERT_EQ(replies.size(), 2U);
  EXPECT_EQ(replies[0].session, 1U);
  EXPECT_EQ(replies[0].ack, 1U);
  EXPECT_EQ(replies[1].session, 2U);
  EXPECT_EQ(replies[1].ack, 5U);
  EXPECT_EQ(replies[0].payload, replies[1].payload);
  EXPECT_EQ(text_at(replies[0].payload, {"requestId"}), "r1");
  const auto creates = engine().calls(call_kind::create);
  event("create-container", create("ann", "r1"), 6);
  ASSERT_EQ(replies.size(), 3U);
  EXPECT_EQ(replies[2].payload, replies[0].payload);
  EXPECT_EQ(engine().calls(call_kind::create), creates);
  // After the delete, too: no second effect.
  event("delete-container", of_user("ann"), 7);
  advance(5s);
  event("create-container", create("ann", "r1"), 8);
  advance(5s);
  EXPECT_EQ(engine().container_count(), 0U);
  EXPECT_EQ(replies.back().payload, replies[0].payload);
}

TEST_F(router_actor_test, SameRequestIdWithAnotherPayloadIsRefused) {
  start();
  event("create-container", create("ann", "r1"), 1);
  event("create-container", create("bob", "r1"), 2);
  event("stop-container", make_object({{"username", "ann"}, {"requestId", "r1"}}), 3);
  ASSERT_EQ(replies.size(), 3U);
  EXPECT_TRUE(success(replies[0]));
  EXPECT_EQ(code(replies[1]), "invalid_request");
  EXPECT_EQ(code(replies[2]), "invalid_request");
  EXPECT_EQ(engine().container_count(), 1U);
}

TEST_F(router_actor_test, SameRequestIdSentEndlesslyIsBounded) {
  simulated.latency = 50ms;
  start();
  advance(1s);
  for (std::uint64_t n = 0; n < 100; ++n)
    event("create-container", create("ann", "r1"), n);
  advance(10s);
  EXPECT_EQ(replies.size(), 100U);
  EXPECT_EQ(std::count_if(replies.begin(), replies.end(),
                          [](const auto& r) { return code(r) == "capacity"; }),
            36);
}

TEST_F(router_actor_test, SameRequestIdAfterARestartGetsTheFirstAnswerFromTheJournal) {
  start();
  event("create-container", create("ann", "r1"), 1);
  ASSERT_EQ(replies.size(), 1U);
  tell(router_, reply_delivered{replies[0].op_id});
  settle();
  kill(router_);
  replies.clear();
  start_router();
  EXPECT_TRUE(replies.empty()) << "delivered answers are not sent again by themselves";
  const auto creates = engine().calls(call_kind::create);
  session = 2;
  event("create-container", create("ann", "r1"), 4);
  ASSERT_EQ(replies.size(), 1U);
  EXPECT_TRUE(success(replies[0]));
  EXPECT_EQ(replies[0].ack, 4U);
  EXPECT_EQ(engine().calls(call_kind::create), creates);
}

TEST_F(router_actor_test, ServerGoneInMidCommandGetsTheReplyLaterAsAnEventAlsoAfterARestart) {
  start();
  event("create-container", create("ann", "r1"), 1);
  ASSERT_EQ(replies.size(), 1U);
  EXPECT_TRUE(replies[0].replayable);
  EXPECT_FALSE(replies[0].op_id.empty());
  // Nobody reports it delivered; the node starts anew.
  kill(router_);
  replies.clear();
  start_router();
  ASSERT_EQ(replies.size(), 1U);
  EXPECT_FALSE(replies[0].ack);
  EXPECT_EQ(replies[0].event, "create-container-response");
  EXPECT_EQ(text_at(replies[0].event_payload, {"requestId"}), "r1");
  EXPECT_EQ(text_at(replies[0].event_payload, {"username"}), "ann");
  tell(router_, reply_delivered{replies[0].op_id});
  settle();
  kill(router_);
  replies.clear();
  start_router();
  EXPECT_TRUE(replies.empty());
}

TEST_F(router_actor_test, reply_without_a_request_id_is_not_kept_for_another_connection) {
  start();
  event("create-container", create("ann"), 1);
  ASSERT_EQ(replies.size(), 1U);
  EXPECT_FALSE(replies[0].replayable);
}

TEST_F(router_actor_test, command_cut_off_by_a_restart_is_answered_by_what_became_of_it) {
  simulated.latency = 50ms;
  start();
  advance(1s);
  event("create-container", create("ann", "r1"), 1);
  event("create-container", create("bob", "r2"), 2);
  advance(60ms);
  kill(router_);
  start_router();
  advance(10s);
  ASSERT_EQ(replies.size(), 2U);
  for (const auto& r : replies) {
    EXPECT_TRUE(success(r));
    EXPECT_EQ(r.event, "create-container-response");
  }
  EXPECT_EQ(engine().container_count(), 2U);
}

TEST_F(router_actor_test, command_cut_off_before_its_effect_is_answered_as_retryable) {
  cut_off("lost-op", "r1", "create-container", "ann");
  // And one whose container was left half made.
  cut_off("half-op", "r2", "create-container", "bob");
  place(our_spec("bob", 10'000, "half-op"), false);
  start();
  advance(5s);
  ASSERT_EQ(replies.size(), 2U);
  for (const auto& r : replies)
    EXPECT_EQ(code(r), "shutting_down");
  EXPECT_EQ(engine().container_count(), 0U);
}

TEST_F(router_actor_test, command_queued_behind_another_is_waited_for_when_the_router_starts_anew) {
  place(our_spec("ann", 10'000));
  simulated.latency = 50ms;
  start();
  advance(1s);
  docker::simulated_fault slow;
  slow.kind = call_kind::stop;
  slow.delay = 5s;
  engine().order(slow);
  event("stop-container", with_id("ann", "r1"), 1);
  event("start-container", with_id("ann", "r2"), 2);
  advance(100ms);
  kill(router_);
  start_router();
  advance(2s);
  EXPECT_TRUE(replies.empty()) << "neither is at its end";
  ASSERT_TRUE(until([&] { return replies.size() == 2; }, 30s));
  EXPECT_EQ(text_at(replies[0].event_payload, {"requestId"}), "r1");
  EXPECT_EQ(text_at(replies[1].event_payload, {"requestId"}), "r2");
  for (const auto& r : replies)
    EXPECT_TRUE(success(r)) << code(r);
  EXPECT_EQ(engine_status("dockhost-ann"), "running");
  settle();
  EXPECT_TRUE(ask_idle());
}

TEST_F(router_actor_test, outcome_that_a_dead_router_had_not_read_is_claimed) {
  start();
  event("create-container", create("ann"), 1);
  ASSERT_EQ(replies.size(), 1U);
  replies.clear();
  // It ends with the outcomes in its mailbox: the create's own is lost, and the delete that follows
  // leaves nothing to judge it by.
  store::journal_entry cut;
  cut.op_id = "cut-op";
  cut.request_id = "r1";
  cut.event = "create-container";
  cut.username = "eve";
  cut.payload_digest = "x";
  cut.dialect = "documented";
  cut.begun_ms = env()->unix_ms();
  ASSERT_TRUE(journal_store()->begin(cut).ok());
  std::vector<command_outcome> lost;
  const auto dead = recorder<outcome_sink_actor>(lost);
  for (const auto kind : {lifecycle::command_kind::create, lifecycle::command_kind::remove}) {
    user_command c;
    c.op_id = kind == lifecycle::command_kind::create ? "cut-op" : "other-op";
    c.kind = kind;
    c.username = "eve";
    c.create.public_key = key;
    c.budget = 240s;
    tell(fleet_, execute{c, dead});
  }
  ASSERT_TRUE(until([&] { return lost.size() == 2; }, 30s));
  kill(router_);
  start_router();
  advance(1s);
  ASSERT_EQ(replies.size(), 1U);
  EXPECT_TRUE(success(replies[0])) << code(replies[0]);
}

TEST_F(router_actor_test, cut_off_command_is_judged_only_when_nothing_of_the_user_runs) {
  const auto id = place(our_spec("ann", 10'000));
  start();
  docker::simulated_fault slow;
  slow.kind = call_kind::inspect;
  slow.delay = 5s;
  engine().order(slow);
  tell(fleet_, container_event_heard{"ann", id, std::nullopt}); // a look at it is under way
  event("stop-container", of_user("ann"), 1); // waits for that; no request id: nobody claims it
  cut_off("cut-op", "r1", "start-container", "ann");
  kill(router_);
  start_router();
  advance(3s);
  EXPECT_TRUE(replies.empty()) << "it runs, but not for long";
  ASSERT_TRUE(until([&] { return replies.size() == 1; }, 30s));
  EXPECT_EQ(code(replies[0]), "shutting_down") << "what exists in the end is stopped";
}

TEST_F(router_actor_test, cut_off_command_is_given_up_at_its_own_deadline) {
  const auto begun = env()->unix_ms();
  cut_off("create-op", "r1", "create-container", "ann", begun - 40'000);
  cut_off("stop-op", "r2", "stop-container", "ann", begun - 3'600'000);
  engine().set_reachable(false); // nobody can tell what became of them
  start();
  const auto since = now();
  ASSERT_TRUE(until([&] { return replies.size() == 1; }, 300s));
  EXPECT_EQ(text_at(replies[0].event_payload, {"requestId"}), "r2");
  EXPECT_EQ(code(replies[0]), "timeout");
  EXPECT_GE(now() - since, 60s);
  EXPECT_LT(now() - since, 80s);
  ASSERT_TRUE(until([&] { return replies.size() == 2; }, 300s));
  EXPECT_EQ(code(replies[1]), "timeout");
  EXPECT_GE(now() - since, 200s);
  EXPECT_LT(now() - since, 220s);
}

TEST_F(router_actor_test, EngineTroubleIsAnsweredWithinTheDeadline) {
  start();
  event("create-container", create("ann"), 1);
  docker::simulated_fault hang;
  hang.kind = call_kind::stop;
  hang.hang = true;
  engine().order(hang);
  event("stop-container", of_user("ann"), 2);
  event("create-container", create("bob"), 3);
  ASSERT_EQ(replies.size(), 2U) << "others are not affected";
  advance(40s);
  ASSERT_EQ(replies.size(), 3U);
  EXPECT_EQ(code(replies[2]), "timeout");
  engine().set_reachable(false);
  event("start-container", of_user("bob"), 4);
  advance(1s);
  ASSERT_EQ(replies.size(), 4U);
  EXPECT_EQ(code(replies[3]), "engine_unavailable");
  engine().clear_faults();
  engine().set_reachable(true);
  advance(10s);
  event("start-container", of_user("ann"), 5);
  advance(1s);
  ASSERT_EQ(replies.size(), 5U);
  EXPECT_TRUE(success(replies[4]));
}

TEST_F(router_actor_test, dead_fleet_is_answered_by_the_backstop) {
  start();
  kill(fleet_);
  event("start-container", of_user("ann"), 1);
  advance(config.deadlines.start);
  EXPECT_TRUE(replies.empty());
  advance(5s);
  ASSERT_EQ(replies.size(), 1U);
  EXPECT_EQ(code(replies[0]), "timeout");
}

TEST_F(router_actor_test, journal_that_cannot_be_written_fails_the_request_and_has_no_effect) {
  start();
  kill(journal_);
  event("create-container", create("ann", "r1"), 1);
  advance(15s);
  ASSERT_EQ(replies.size(), 1U);
  EXPECT_EQ(code(replies[0]), "internal");
  EXPECT_EQ(engine().container_count(), 0U);
}

TEST_F(router_actor_test, request_that_the_journal_refuses_has_no_effect) {
  start();
  store::journal_entry taken;
  taken.op_id = "op-1"; // the next id
  ASSERT_TRUE(journal_store()->begin(taken).ok());
  event("create-container", create("ann", "r1"), 1);
  ASSERT_EQ(replies.size(), 1U);
  EXPECT_EQ(code(replies[0]), "internal");
  EXPECT_EQ(engine().container_count(), 0U);
}

TEST_F(router_actor_test, ends_at_once_while_the_journal_hangs) {
  start_engine_side();
  journal_ = spawn_hanging_journal(true);
  start_router();
  event("create-container", create("ann", "r1"), 1);
  const auto ended = watch_end(router_);
  ASSERT_EQ(hanging.loads.size(), 1U);
  kill(router_);
  EXPECT_TRUE(*ended);
}

TEST_F(router_actor_test, commands_wait_for_the_known_request_ids_and_questions_do_not) {
  start_engine_side();
  const auto real = journal_;
  journal_ = spawn_hanging_journal(true);
  start_router();
  event("create-container", create("ann", "r1"), 1);
  event("create-container", create("bob"), 2);
  EXPECT_TRUE(replies.empty());
  event("list-containers", make_object({}), 3);
  ASSERT_EQ(replies.size(), 1U);
  EXPECT_TRUE(success(replies[0]));
  journal_contents known;
  store::journal_entry answered;
  answered.op_id = "old-op";
  answered.request_id = "r0";
  answered.event = "stop-container";
  answered.answer = R"({"success":true})";
  answered.answered_ms = env()->unix_ms();
  known.entries.push_back(answered);
  let_go(0, known);
  ASSERT_EQ(replies.size(), 2U) << "ann's waits for the journal's write";
  EXPECT_EQ(replies[1].ack, 2U);
  ASSERT_EQ(hanging.writes.size(), 1U);
  let_go(0);
  ASSERT_EQ(hanging.writes.size(), 2U);
  let_go(1);
  ASSERT_EQ(replies.size(), 3U);
  EXPECT_EQ(replies[2].ack, 1U);
  EXPECT_TRUE(success(replies[2]));
}

TEST_F(router_actor_test, journal_that_hangs_is_not_fed_and_is_used_again_when_it_answers) {
  start_engine_side();
  journal_ = spawn_hanging_journal(true);
  start_router();
  event("create-container", create("ann", "r1"), 1);
  event("create-container", create("bob"), 2);
  advance(11s);
  ASSERT_EQ(replies.size(), 2U);
  EXPECT_EQ(code(replies[0]), "internal");
  EXPECT_TRUE(success(replies[1])) << "what needs no journal goes on";
  const auto messages = hanging.messages;
  for (std::uint64_t n = 0; n < 100; ++n)
    event("create-container", create("ann", "n" + std::to_string(n)), n);
  EXPECT_EQ(replies.size(), 102U);
  EXPECT_EQ(hanging.messages, messages);
  // Its answer to the last probe says that it is back: only now the ids are read.
  let_go(hanging.writes.size() - 1);
  ASSERT_EQ(hanging.loads.size(), 2U);
  let_go(hanging.loads.size() - 1, journal_contents{});
  const auto writes = hanging.writes.size();
  event("stop-container", with_id("bob", "r2"), 7);
  EXPECT_EQ(hanging.writes.size(), writes + 1);
}

TEST_F(router_actor_test, journal_that_hangs_does_not_hold_the_drain_up) {
  start_engine_side();
  journal_ = spawn_hanging_journal(false);
  start_router();
  event("create-container", create("ann", "r1"), 1);
  event("create-container", create("bob", "r2"), 2);
  let_go(0); // ann's has begun; bob's never will
  ASSERT_EQ(hanging.writes.size(), 3U);
  EXPECT_TRUE(replies.empty());
  const auto drain = ask<drained>(router_, begin_shutdown{});
  ASSERT_TRUE(until([&] { return drain->answered(); }, 1s));
  ASSERT_EQ(replies.size(), 2U);
  EXPECT_TRUE(success(replies[0]));
  EXPECT_EQ(code(replies[1]), "shutting_down");
  let_go(1);
  advance(1s);
  EXPECT_EQ(engine().container_count(), 1U) << "what was refused is not begun later";
}

TEST_F(router_actor_test, what_the_journal_takes_comes_off_the_commands_time) {
  config.deadlines.start = 8s;
  start_engine_side();
  journal_ = spawn_hanging_journal(false);
  start_router();
  event("start-container", with_id("ann", "r1"), 1);
  advance(9s);
  let_go(0);
  let_go(1);
  ASSERT_EQ(replies.size(), 1U);
  EXPECT_EQ(code(replies[0]), "timeout");
}

TEST_F(router_actor_test, questions_that_wait_are_bounded) {
  docker::simulated_fault hang;
  hang.kind = call_kind::list;
  hang.hang = true;
  engine().order(hang);
  start();
  for (std::uint64_t n = 0; n <= max_queries; ++n)
    tell(router_, event_received{session, "list-containers", {make_object({})}, n});
  settle();
  ASSERT_EQ(replies.size(), 1U);
  EXPECT_EQ(code(replies[0]), "capacity");
  advance(2s);
  EXPECT_EQ(replies.size(), max_queries + 1);
}

TEST_F(router_actor_test, commands_that_wait_for_the_journal_are_bounded) {
  start_engine_side();
  journal_ = spawn_hanging_journal(true);
  start_router();
  for (std::uint64_t n = 0; n <= max_held; ++n)
    tell(router_,
         event_received{session, "stop-container", {with_id("ann", std::to_string(n))}, n});
  settle();
  ASSERT_EQ(replies.size(), 1U);
  EXPECT_EQ(code(replies[0]), "capacity");
}

TEST_F(router_actor_test, replies_of_an_earlier_life_are_bounded_until_the_connection_is_there) {
  config.server.max_undelivered = 3;
  for (int n = 0; n < 5; ++n) {
    const auto op = "op" + std::to_string(n);
    cut_off(op, "r" + std::to_string(n), "stop-container", "ann", env()->unix_ms());
    ASSERT_TRUE(journal_store()->answer(op, R"({"success":true})", true, env()->unix_ms()).ok());
  }
  start_engine_side();
  router_ = spawn_router();
  settle();
  tell(router_, attach_reply_sink{recorder<reply_sink_actor>(replies)});
  settle();
  ASSERT_EQ(replies.size(), 3U);
  EXPECT_EQ(replies[0].op_id, "op2");
}

TEST_F(router_actor_test, drains_what_runs_and_refuses_what_comes) {
  simulated.latency = 50ms;
  start();
  advance(1s);
  event("create-container", create("ann", "r1"), 1);
  const auto drain = ask<drained>(router_, begin_shutdown{});
  advance(100ms);
  EXPECT_FALSE(drain->answered());
  event("create-container", create("bob"), 2);
  ASSERT_EQ(replies.size(), 1U);
  EXPECT_EQ(code(replies[0]), "shutting_down");
  ASSERT_TRUE(until([&] { return drain->answered(); }, 30s));
  ASSERT_EQ(replies.size(), 2U) << "the answer comes before the drain is over";
  EXPECT_TRUE(success(replies[1]));
}

TEST_F(router_actor_test, idle_router_drains_at_once) {
  start();
  const auto drain = ask<drained>(router_, begin_shutdown{});
  settle();
  EXPECT_TRUE(drain->answered());
  const auto idle = ask<bool>(router_, is_idle{});
  settle();
  EXPECT_TRUE(idle->answers.at(0));
}

TEST_F(router_actor_test, list_is_answered_in_time_when_the_engine_hangs_at_the_start) {
  docker::simulated_fault hang;
  hang.kind = call_kind::list;
  hang.hang = true;
  engine().order(hang);
  start();
  event("list-containers", make_object({}), 1);
  EXPECT_TRUE(replies.empty());
  advance(1s);
  ASSERT_EQ(replies.size(), 1U);
  EXPECT_EQ(code(replies[0]), "engine_unavailable");
}

} // namespace
} // namespace dockhost::actors
