// SPDX-License-Identifier: MIT
// The link to the main server, which is a list here. Fleet and router are stand-ins that keep what
// they are told.
#include "actors/node/connection_actor.hpp"
#include "fixture.hpp"
#include "node_rig.hpp"

namespace dockhost::actors {
namespace {

using namespace std::chrono_literals;
using test::text_at;

class connection_actor_test : public test::actor_world {
protected:
  void start() {
    fleet_ = track(system().spawn([this](fleet_actor::pointer self) -> fleet_actor::behavior_type {
      fleet_self_ = self;
      return {[](const execute&) {},
              [this](get_inventory) -> caf::result<inventory_answer> {
                if (fleet_knows) return inventory_answer{std::make_shared<inventory>(all)};
                asking_.push_back(fleet_self_->make_response_promise<inventory_answer>());
                return caf::delegated<inventory_answer>{};
              },
              [](const claim_outcomes&) { return claimed_outcomes{}; },
              [this](const subscribe_inventory& s) { listener_ = s.who; },
              [](const container_changed&) {},
              [](const command_outcome&) {},
              [](const fleet_listed&) {},
              [this](const fleet_not_listed&) {
                for (auto& promise : std::exchange(asking_, {}))
                  promise.deliver(inventory_answer{std::make_shared<inventory>(all)});
              },
              [](const container_event_heard&) {},
              [](const engine_health&) {},
              [](begin_shutdown) {},
              [](const kill_actor&) {}};
    }));
    router_ = track(system().spawn([this](router_actor::pointer) -> router_actor::behavior_type {
      return {[this](const event_received& e) { events.push_back(e); },
              [](const attach_reply_sink&) {},
              [this](const reply_delivered& d) { delivered.push_back(d.op_id); },
              [](const command_outcome&) {},
              [](const deadline_due&) {},
              [](drain_due) {},
              [](recover) {},
              [](begin_shutdown) { return drained{}; },
              [this](is_idle) { return idle; }};
    }));
    connection_ = track(system().spawn(connection_behavior, env(), fleet_, router_, live_actor()));
    settle();
  }

  void connected() {
    server().handlers.on_connected();
    settle();
  }
  void closed(bool clean = false) {
    server().handlers.on_closed("transport error", clean);
    settle();
  }
  void refused() {
    server().handlers.on_refused("Invalid DOCKHOST_API_KEY");
    settle();
  }

  reply_ready reply(std::uint64_t session, std::string op = {}, bool replayable = false,
                    std::optional<std::uint64_t> ack = 1) {
    reply_ready r;
    r.session = session;
    r.ack = ack;
    r.event = "create-container-response";
    r.payload = test::make_object({{"success", true}});
    r.event_payload = test::make_object({{"success", true}, {"username", "ann"}});
    r.op_id = std::move(op);
    r.replayable = replayable;
    return r;
  }

  static container_view view(const std::string& user, container_state state) {
    container_view v;
    v.username = user;
    v.name = "dockhost-" + user;
    v.id = std::string(64, 'a');
    v.state = state;
    v.block = port_block{10'000};
    return v;
  }

  /// As the fleet tells it: the inventory that shows it is a newer one.
  void changed(const container_view& v) {
    tell(listener_, container_changed{v, ++all.version});
    settle();
  }

  /// The stand-in answers what it was asked.
  void answer_inventory() {
    tell(fleet_, fleet_not_listed{"now"});
    settle();
  }

  fleet_actor fleet_;
  router_actor router_;
  connection_actor connection_;
  inventory_listener_actor listener_;
  inventory all{true, true, {}, {}, 0};
  bool idle = true;
  bool fleet_knows = true;
  fleet_actor::pointer fleet_self_ = nullptr;
  std::vector<caf::typed_response_promise<inventory_answer>> asking_;
  std::vector<event_received> events;
  std::vector<std::string> delivered;
};

TEST_F(connection_actor_test, connects_with_the_key_and_tells_who_it_is_and_what_it_has) {
  all.containers = {view("ann", container_state::running), view("bob", container_state::stopped)};
  start();
  ASSERT_EQ(sessions.size(), 1U);
  EXPECT_EQ(server().api_key, "secret-key");
  EXPECT_TRUE(server().sent.empty()) << "nothing goes out before the server has accepted the key";
  connected();
  ASSERT_EQ(server().sent.size(), 2U);
  EXPECT_EQ(server().sent[0].event, "node-hello");
  EXPECT_EQ(text_at(server().sent[0].payload, {"nodeId"}), node_id);
  EXPECT_EQ(server().sent[1].event, "initial_state");
  const auto told = test::at(server().sent[1].payload, {"containers"});
  ASSERT_EQ(told.as_array()->size(), 2U);
}

TEST_F(connection_actor_test, state_that_is_known_late_is_told_late_not_never) {
  fleet_knows = false;
  start();
  connected();
  advance(60s);
  EXPECT_EQ(server().count("initial_state"), 0U);
  answer_inventory();
  EXPECT_EQ(server().count("initial_state"), 1U);
}

TEST_F(connection_actor_test, state_that_nobody_answered_is_asked_for_again) {
  fleet_knows = false;
  start();
  connected();
  advance(config.engine.list_timeout + 11s);
  asking_.clear();
  fleet_knows = true;
  advance(6s);
  EXPECT_EQ(server().count("initial_state"), 1U);
}

TEST_F(connection_actor_test, whole_state_comes_first_whatever_changes_meanwhile) {
  enum class order { before_the_snapshot, newer_than_the_snapshot, after_the_snapshot };
  const struct {
    order when;
    std::size_t changes; // told one by one
  } rows[] = {{order::before_the_snapshot, 0},
              {order::newer_than_the_snapshot, 1},
              {order::after_the_snapshot, 1}};
  fleet_knows = false;
  start();
  for (const auto& r : rows) {
    SCOPED_TRACE(static_cast<int>(r.when));
    all.containers = {view("ann", container_state::running)};
    connected();
    const auto stopped = view("ann", container_state::stopped);
    auto snapshot = all.version;
    switch (r.when) {
    case order::before_the_snapshot: // it is in it
      all.containers = {stopped};
      changed(stopped);
      snapshot = all.version;
      EXPECT_TRUE(server().sent.empty());
      answer_inventory();
      break;
    case order::newer_than_the_snapshot: // and overtakes it
      tell(listener_, container_changed{stopped, all.version + 1});
      settle();
      EXPECT_TRUE(server().sent.empty());
      answer_inventory();
      ++all.version;
      break;
    case order::after_the_snapshot:
      answer_inventory();
      changed(stopped);
      break;
    }
    ASSERT_GE(server().sent.size(), 2U);
    EXPECT_EQ(server().sent[0].event, "node-hello");
    EXPECT_EQ(server().sent[1].event, "initial_state");
    const auto told = test::at(server().sent[1].payload, {"containers"});
    ASSERT_EQ(told.as_array()->size(), 1U);
    EXPECT_EQ(text_at(told.as_array()->front(), {"state"}), r.changes == 0 ? "stopped" : "running");
    const auto changes = server().payloads("container_state_change");
    ASSERT_EQ(changes.size(), r.changes);
    for (const auto& c : changes)
      EXPECT_EQ(text_at(c, {"state"}), "stopped");
    // News that the snapshot has overtaken are not told at all.
    tell(listener_, container_changed{view("ann", container_state::paused), snapshot});
    settle();
    EXPECT_EQ(server().count("container_state_change"), r.changes);
    const auto opened = sessions.size();
    closed(true);
    ASSERT_TRUE(until([&] { return sessions.size() == opened + 1; }, 60s));
  }
}

TEST_F(connection_actor_test, news_that_waits_for_one_session_is_not_told_on_the_next) {
  fleet_knows = false;
  start();
  connected();
  changed(view("ann", container_state::stopping));
  asking_.clear();
  closed(true);
  ASSERT_TRUE(until([&] { return sessions.size() == 2; }, 60s));
  all.containers = {view("ann", container_state::stopped)};
  ++all.version;
  connected();
  answer_inventory();
  EXPECT_EQ(server().count("initial_state"), 1U);
  EXPECT_EQ(server().count("container_state_change"), 0U);
}

TEST_F(connection_actor_test, a_large_state_is_told_in_parts_that_the_server_takes) {
  for (int n = 0; n < 100; ++n)
    all.containers.push_back(view("user" + std::to_string(n), container_state::running));
  start();
  server().max_payload = 10'000;
  connected();
  EXPECT_GT(server().count("initial_state"), 2U);
  for (const auto& part : server().payloads("initial_state"))
    EXPECT_LT(json::dump(part).size(), 10'000U);
}

TEST_F(connection_actor_test, without_a_server_it_does_nothing) {
  config.server.url.clear();
  start();
  advance(60s);
  EXPECT_TRUE(sessions.empty());
  const auto gone = ask<connection_closed>(connection_, close_connection{});
  settle();
  EXPECT_TRUE(gone->answered());
}

TEST_F(connection_actor_test, ServerTroubleLeadsToABackoffThatGrowsToItsCap) {
  random = 0.999;
  start();
  std::vector<std::chrono::milliseconds> waits;
  for (std::size_t n = 1; n <= 6; ++n) {
    const auto begun = now();
    closed();
    ASSERT_TRUE(until([&] { return sessions.size() == n + 1; }, 60s));
    waits.push_back(std::chrono::duration_cast<std::chrono::milliseconds>(now() - begun));
  }
  const std::chrono::milliseconds expected[] = {999ms, 1'998ms, 3'996ms, 4'995ms, 4'995ms, 4'995ms};
  for (std::size_t n = 0; n < 6; ++n)
    EXPECT_LE(std::chrono::abs(waits[n] - expected[n]), 2ms) << n;
}

TEST_F(connection_actor_test, backoff_has_full_jitter) {
  random = 0.0;
  start();
  for (std::size_t n = 1; n <= 4; ++n) {
    closed();
    ASSERT_TRUE(until([&] { return sessions.size() == n + 1; }, 1s));
  }
}

TEST_F(connection_actor_test, backoff_is_reset_only_by_a_connection_that_stayed_up) {
  random = 0.999;
  config.server.rehandshake = rehandshake_policy::never;
  start();
  for (std::size_t n = 1; n <= 4; ++n) {
    connected(); // up, and down at once
    closed();
    ASSERT_TRUE(until([&] { return sessions.size() == n + 1; }, 60s));
  }
  connected();
  const auto flapping = now();
  closed();
  ASSERT_TRUE(until([&] { return sessions.size() == 6; }, 60s));
  EXPECT_GT(now() - flapping, 4s);
  connected();
  advance(config.server.backoff_reset_after);
  const auto stayed = now();
  closed();
  ASSERT_TRUE(until([&] { return sessions.size() == 7; }, 60s));
  EXPECT_LT(now() - stayed, 1'100ms);
}

TEST_F(connection_actor_test, ServerTroubleRefusedKeyIsRetriedSlowly) {
  random = 0.5;
  start();
  refused();
  EXPECT_TRUE(sessions[0]->destroyed);
  // The transport's close that follows a refusal is no news.
  closed();
  advance(29s);
  EXPECT_EQ(sessions.size(), 1U);
  ASSERT_TRUE(until([&] { return sessions.size() == 2; }, 60s));
  for (std::size_t n = 2; n < 8; ++n) {
    refused();
    ASSERT_TRUE(until([&] { return sessions.size() == n + 1; }, config.server.refused_key_max));
  }
}

TEST_F(connection_actor_test, ServerTroubleRefusedKeyIsRetriedAtOnceWhenItChanges) {
  start();
  refused();
  tell(connection_, key_changed{"new-key"});
  settle();
  ASSERT_EQ(sessions.size(), 2U);
  EXPECT_EQ(server().api_key, "new-key");
  // The pause of the first refusal must not open another one.
  connected();
  advance(120s);
  EXPECT_EQ(sessions.size(), 2U);
}

TEST_F(connection_actor_test, key_that_changes_while_the_old_one_is_tried_is_tried_next) {
  start();
  tell(connection_, key_changed{"new-key"});
  settle();
  EXPECT_EQ(sessions.size(), 1U);
  refused();
  ASSERT_EQ(sessions.size(), 2U);
  EXPECT_EQ(server().api_key, "new-key");
  refused();
  advance(10s);
  EXPECT_EQ(sessions.size(), 2U);
}

TEST_F(connection_actor_test, pause_of_an_earlier_refusal_does_not_shorten_the_next_one) {
  start();
  refused(); // the next attempt is some 45 s away
  advance(40s);
  tell(connection_, key_changed{"new-key"});
  settle();
  ASSERT_EQ(sessions.size(), 2U);
  refused();
  advance(29s);
  EXPECT_EQ(sessions.size(), 2U);
}

TEST_F(connection_actor_test, events_go_to_the_router_with_their_session) {
  start();
  connected();
  server().handlers.on_event("create-container", {json::value("x")}, 9);
  server().handlers.on_event("hub-hello", {json::value(json::object{})}, {});
  settle();
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].session, 1U);
  EXPECT_EQ(events[0].ack, 9U);
  // What an older session still says is dropped.
  const auto old = sessions[0];
  closed();
  ASSERT_TRUE(until([&] { return sessions.size() == 2; }, 60s));
  connected();
  old->handlers.on_event("create-container", {json::value("late")}, 10);
  old->handlers.on_closed("again", false);
  settle();
  EXPECT_EQ(events.size(), 1U);
  EXPECT_FALSE(server().destroyed);
}

TEST_F(connection_actor_test, replies_go_out_as_they_were_asked_for) {
  start();
  connected();
  tell(connection_, reply(1, "op-1", true));
  tell(connection_, reply(1, {}, false, std::nullopt));
  settle();
  ASSERT_EQ(server().sent.size(), 4U);
  EXPECT_EQ(server().sent[2].ack, 1U);
  EXPECT_EQ(server().sent[3].event, "create-container-response");
  EXPECT_EQ(delivered, std::vector<std::string>{"op-1"});
}

TEST_F(connection_actor_test, ServerGoneInMidCommandGetsTheReplyLater) {
  start();
  connected();
  closed();
  tell(connection_, reply(1, "op-1", true));
  tell(connection_, reply(1, {}, false)); // no request id, or V2: never
  settle();
  EXPECT_TRUE(delivered.empty());
  ASSERT_TRUE(until([&] { return sessions.size() == 2; }, 60s));
  EXPECT_TRUE(server().sent.empty());
  connected();
  ASSERT_EQ(server().count("create-container-response"), 1U);
  EXPECT_EQ(text_at(server().payloads("create-container-response")[0], {"username"}), "ann");
  EXPECT_EQ(delivered, std::vector<std::string>{"op-1"});
  for (const auto& p : server().sent)
    EXPECT_FALSE(p.ack) << "an acknowledgement can't outlive its connection";
  // A reply that becomes ready only now goes out the same way.
  tell(connection_, reply(1, "op-2", true));
  tell(connection_, reply(1, {}, false));
  settle();
  EXPECT_EQ(server().count("create-container-response"), 2U);
}

TEST_F(connection_actor_test, ServerGoneBeforeTheActorKnowsGetsTheReplyLater) {
  start();
  connected();
  // The io thread knows already that the link ends, or its queue is full.
  server().sending = test::fake_sending::not_any_more;
  tell(connection_, reply(1, "op-1", true));
  settle();
  // It is too late for this one to be told anything.
  server().sending = test::fake_sending::unheard;
  tell(connection_, reply(1, "op-2", true));
  settle();
  EXPECT_TRUE(delivered.empty());
  closed();
  ASSERT_TRUE(until([&] { return sessions.size() == 2; }, 60s));
  connected();
  EXPECT_EQ(server().count("create-container-response"), 2U);
  EXPECT_EQ(delivered, (std::vector<std::string>{"op-2", "op-1"}));
}

TEST_F(connection_actor_test, ServerGoneWithAReplyThatNothingProvesReadGetsItAgain) {
  start();
  connected();
  tell(connection_, reply(1, "old", true));
  settle();
  server().handlers.on_heartbeat();
  settle();
  tell(connection_, reply(1, "young", true));
  settle();
  server().handlers.on_heartbeat();
  settle();
  EXPECT_EQ(delivered, (std::vector<std::string>{"old", "young"}));
  closed();
  ASSERT_TRUE(until([&] { return sessions.size() == 2; }, 60s));
  connected();
  EXPECT_EQ(server().count("create-container-response"), 1U) << "only the young one";
  // That link ends in order: the server had read all.
  closed(true);
  ASSERT_TRUE(until([&] { return sessions.size() == 3; }, 60s));
  connected();
  EXPECT_EQ(server().count("create-container-response"), 0U);
}

TEST_F(connection_actor_test, a_reply_that_a_full_queue_refused_is_tried_again) {
  start();
  connected();
  server().sending = test::fake_sending::not_any_more;
  tell(connection_, reply(1, "op-1", true));
  settle();
  server().sending = test::fake_sending::at_once;
  ASSERT_TRUE(until([&] { return delivered.size() == 1; }, 10s));
  EXPECT_EQ(server().sent.back().ack, 1U) << "still the connection that it was asked on";
  advance(60s);
  EXPECT_EQ(delivered.size(), 1U);
}

TEST_F(connection_actor_test, a_reply_that_no_link_sends_is_dropped) {
  start();
  connected();
  server().sending = test::fake_sending::never;
  tell(connection_, reply(1, "op-1", true));
  settle();
  EXPECT_EQ(env()->metrics->replies_dropped.value(), 1U);
  closed();
  ASSERT_TRUE(until([&] { return sessions.size() == 2; }, 60s));
  connected();
  EXPECT_EQ(server().count("create-container-response"), 0U);
}

TEST_F(connection_actor_test, undelivered_replies_are_bounded_and_the_oldest_go) {
  config.server.max_undelivered = 3;
  start();
  for (int n = 0; n < 5; ++n)
    tell(connection_, reply(0, "op-" + std::to_string(n), true));
  settle();
  connected();
  EXPECT_EQ(delivered, (std::vector<std::string>{"op-2", "op-3", "op-4"}));
}

TEST_F(connection_actor_test, changes_are_told_once_each) {
  all.containers = {view("ann", container_state::running)};
  start();
  changed(view("ann", container_state::stopped)); // not connected: the full state tells it later
  connected();
  changed(view("ann", container_state::running));
  EXPECT_EQ(server().count("container_state_change"), 0U) << "that is what was told already";
  changed(view("ann", container_state::stopping));
  changed(view("ann", container_state::stopped));
  changed(view("ann", container_state::stopped));
  const auto told = server().payloads("container_state_change");
  ASSERT_EQ(told.size(), 2U);
  EXPECT_EQ(text_at(told[0], {"state"}), "stopping");
  EXPECT_EQ(text_at(told[1], {"state"}), "stopped");
  container_view gone;
  gone.username = "ann";
  gone.state = container_state::absent;
  changed(gone);
  changed(gone);
  const auto all_told = server().payloads("container_state_change");
  ASSERT_EQ(all_told.size(), 3U);
  EXPECT_EQ(text_at(all_told[2], {"state"}), "removed");
  EXPECT_EQ(text_at(all_told[2], {"name"}), "dockhost-ann");
  // One that has no id yet is not told of.
  auto begun = view("bob", container_state::creating);
  begun.id.clear();
  changed(begun);
  EXPECT_EQ(server().count("container_state_change"), 3U);
}

TEST_F(connection_actor_test, unclean_drop_is_followed_by_one_planned_rehandshake) {
  start();
  connected();
  closed(false);
  ASSERT_TRUE(until([&] { return sessions.size() == 2; }, 60s));
  connected();
  advance(config.server.rehandshake_delay - 1s);
  EXPECT_FALSE(server().close_asked);
  advance(2s);
  EXPECT_TRUE(server().close_asked);
  // A reply in this moment waits for the new connection rather than being lost on the old one.
  tell(connection_, reply(2, "op-1", true));
  settle();
  EXPECT_TRUE(delivered.empty());
  closed(true);
  ASSERT_EQ(sessions.size(), 3U) << "at once";
  connected();
  EXPECT_EQ(server().count("create-container-response"), 1U);
  advance(300s);
  EXPECT_FALSE(server().close_asked) << "once is enough";
}

TEST_F(connection_actor_test, rehandshake_waits_until_no_command_runs) {
  idle = false;
  start();
  connected();
  closed(false);
  ASSERT_TRUE(until([&] { return sessions.size() == 2; }, 60s));
  connected();
  advance(config.server.rehandshake_delay + 20s);
  EXPECT_FALSE(server().close_asked);
  idle = true;
  advance(6s);
  EXPECT_TRUE(server().close_asked);
}

struct rehandshake_row {
  rehandshake_policy policy;
  bool hub;
  bool clean;
  bool planned;
};

class rehandshake_test : public connection_actor_test,
                         public testing::WithParamInterface<rehandshake_row> {};

TEST_P(rehandshake_test, follows_the_policy) {
  config.server.rehandshake = GetParam().policy;
  start();
  const auto up = [this] {
    connected();
    if (GetParam().hub) server().handlers.on_event("hub-hello", {json::value(json::object{})}, {});
    advance(config.server.rehandshake_delay * 2);
  };
  up();
  EXPECT_FALSE(server().close_asked) << "nothing was lost yet";
  closed(GetParam().clean);
  ASSERT_TRUE(until([&] { return sessions.size() == 2; }, 60s));
  up();
  ASSERT_EQ(server().close_asked, GetParam().planned);
  if (!GetParam().planned) return;
  closed(true);
  ASSERT_EQ(sessions.size(), 3U);
  up();
  EXPECT_FALSE(server().close_asked) << "the planned one is not followed by another";
}

INSTANTIATE_TEST_SUITE_P(
    table, rehandshake_test,
    testing::Values(rehandshake_row{rehandshake_policy::automatic, false, false, true},
                    rehandshake_row{rehandshake_policy::automatic, false, true, false},
                    rehandshake_row{rehandshake_policy::automatic, true, false, false},
                    rehandshake_row{rehandshake_policy::automatic, true, true, false},
                    rehandshake_row{rehandshake_policy::always, false, false, true},
                    rehandshake_row{rehandshake_policy::always, false, true, true},
                    rehandshake_row{rehandshake_policy::always, true, false, true},
                    rehandshake_row{rehandshake_policy::always, true, true, true},
                    rehandshake_row{rehandshake_policy::never, false, false, false},
                    rehandshake_row{rehandshake_policy::never, false, true, false},
                    rehandshake_row{rehandshake_policy::never, true, false, false},
                    rehandshake_row{rehandshake_policy::never, true, true, false}));

TEST_F(connection_actor_test, rehandshake_stays_due_when_the_next_connection_ends_cleanly) {
  start();
  connected();
  closed(false);
  ASSERT_TRUE(until([&] { return sessions.size() == 2; }, 60s));
  connected();
  closed(true); // before the lost one has timed out at the server
  ASSERT_TRUE(until([&] { return sessions.size() == 3; }, 60s));
  connected();
  advance(config.server.rehandshake_delay + 1s);
  EXPECT_TRUE(server().close_asked);
}

TEST_F(connection_actor_test, ServerDisconnectLeadsToAReconnect) {
  start();
  connected();
  server().handlers.on_closed("io server disconnect", true);
  settle();
  ASSERT_TRUE(until([&] { return sessions.size() == 2; }, 5s));
}

TEST_F(connection_actor_test, closes_cleanly_and_stays_closed) {
  start();
  connected();
  const auto gone = ask<connection_closed>(connection_, close_connection{});
  settle();
  EXPECT_TRUE(server().close_asked);
  EXPECT_FALSE(gone->answered());
  closed(true);
  EXPECT_TRUE(gone->answered());
  advance(600s);
  EXPECT_EQ(sessions.size(), 1U);
}

TEST_F(connection_actor_test, close_while_waiting_for_the_next_attempt_ends_at_once) {
  start();
  closed();
  const auto gone = ask<connection_closed>(connection_, close_connection{});
  settle();
  EXPECT_TRUE(gone->answered());
  advance(600s);
  EXPECT_EQ(sessions.size(), 1U);
}

TEST_F(connection_actor_test, refusal_while_closing_ends_the_close) {
  start();
  const auto gone = ask<connection_closed>(connection_, close_connection{});
  settle();
  refused();
  EXPECT_TRUE(gone->answered());
}

} // namespace
} // namespace dockhost::actors
