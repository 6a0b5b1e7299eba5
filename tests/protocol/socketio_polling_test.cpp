// SPDX-License-Identifier: MIT
// The same machine on HTTP polling: fallback, the request loop, and the upgrade.
#include "socketio_rig.hpp"

#include <random>

namespace dockhost::protocol::socketio {
namespace {

TEST(SocketioPolling, FallsBackWhereTheWebsocketIsRefused) {
  for (const auto kind :
       {link_failure_kind::handshake, link_failure_kind::broken, link_failure_kind::protocol}) {
    rig r;
    r.machine.start(r.now);
    r.take();
    r.closed(kind);
    EXPECT_EQ(r.take(), lines{"get " + polling_target});
  }
}

TEST(SocketioPolling, NoFallbackWhereNobodyListensOrTlsFails) {
  for (const auto kind : {link_failure_kind::unreachable, link_failure_kind::tls}) {
    rig r;
    r.machine.start(r.now);
    r.take();
    r.closed(kind);
    EXPECT_EQ(r.take(), lines{"disconnected transport error unclean"});
  }
  auto o = rig::defaults();
  o.engine.polling = false;
  rig r(o);
  r.machine.start(r.now);
  r.take();
  r.closed(link_failure_kind::handshake);
  EXPECT_EQ(r.take(), lines{"disconnected transport error unclean"});
}

TEST(SocketioPolling, NoFallbackAfterTheHandshake) {
  rig r;
  r.machine.start(r.now);
  r.machine.websocket_opened(ws_slot::main, r.now);
  r.take();
  r.closed(link_failure_kind::broken);
  EXPECT_EQ(r.take(), lines{"disconnected transport error unclean"});
}

TEST(SocketioPolling, TheReasonNamesBothFailures) {
  rig r;
  r.machine.start(r.now);
  r.machine.websocket_closed(ws_slot::main, {link_failure_kind::handshake, "answered 400"}, r.now);
  r.got("nope", 404);
  std::string text;
  while (auto next = r.machine.next()) {
    if (const auto* d = std::get_if<disconnected>(&*next)) text = d->text;
  }
  EXPECT_EQ(text, "polling answered 404 (and the WebSocket before: answered 400)");
}

TEST(SocketioPolling, RequestLoop) {
  auto o = rig::defaults();
  o.engine.websocket = false;
  rig r(o);
  r.machine.start(r.now);
  EXPECT_EQ(r.take(), lines{"get " + polling_target});
  r.got(rig::open_packet("\"websocket\""));
  // No upgrade, as WebSockets are off; GET and POST run beside each other.
  EXPECT_EQ(r.take(),
            (lines{"get " + session_target, "post " + session_target + " 40{\"k\":\"v\"}"}));
  r.got("40{\"sid\":\"sio\"}\x1e"
        "42[\"first\"]");
  EXPECT_EQ(r.take(), (lines{"connected / sio", "event / first []", "get " + session_target}));
  // One POST at a time: what is emitted meanwhile goes into the next one.
  EXPECT_TRUE(r.machine.emit("a", {}).ok());
  EXPECT_TRUE(r.machine.emit("b", {placeholder(0)}, {"\x01\x02"}).ok());
  EXPECT_EQ(r.take(), lines{});
  r.posted();
  EXPECT_EQ(r.take(), lines{"post " + session_target +
                            " 42[\"a\"]\x1e"
                            "451-[\"b\",{\"_placeholder\":true,\"num\":0}]\x1e"
                            "bAQI="});
  r.posted();
  EXPECT_EQ(r.take(), lines{});
  r.got("2");
  EXPECT_EQ(r.take(), (lines{"post " + session_target + " 3", "get " + session_target}));
  r.got("2\x1e"
        "2\x1e"
        "6\x1e"
        "451-[\"c\",{\"_placeholder\":true,\"num\":0}]\x1e"
        "bQUI=");
  EXPECT_EQ(r.take(),
            (lines{"event / c [{\"_placeholder\":true,\"num\":0}] AB", "get " + session_target}));
  r.posted();
  EXPECT_EQ(r.take(), lines{"post " + session_target + " 3"}); // one pong for both
}

TEST(SocketioPolling, PayloadsStayUnderMaxPayload) {
  rig r;
  r.connect_polling("", "61");
  EXPECT_TRUE(r.machine.emit("x", {}).ok()); // goes out at once
  r.take();
  for (int i = 0; i < 3; ++i)
    EXPECT_TRUE(r.machine.emit("e", {std::string(20, 'y')}).ok());
  const std::string one = "42[\"e\",\"" + std::string(20, 'y') + "\"]"; // 30 bytes
  r.posted();
  EXPECT_EQ(r.take(), lines{"post " + session_target + ' ' + one + '\x1e' + one});
  r.posted();
  EXPECT_EQ(r.take(), lines{"post " + session_target + ' ' + one});
  EXPECT_EQ(r.machine.emit("e", {std::string(60, 'y')}).err(), send_error::too_large);
  // Binary counts as base64: 46 bytes are 64 characters and the b.
  EXPECT_EQ(r.machine.emit("e", {placeholder(0)}, {std::string(46, 'y')}).err(),
            send_error::too_large);
}

TEST(SocketioPolling, TheQueueIsBoundedInBytes) {
  auto o = rig::defaults();
  o.engine.max_queued = 1'000;
  rig r(o);
  r.connect_polling();
  EXPECT_TRUE(r.machine.emit("first", {}).ok()); // this one is out; the rest waits
  int taken = 0;
  while (r.machine.emit("e", {std::string(91, 'x')}).ok())
    ++taken; // 100 bytes each
  EXPECT_EQ(taken, 10);
  EXPECT_EQ(r.machine.emit("e", {std::string(91, 'x')}).err(), send_error::queue_full);
  r.posted();
  EXPECT_TRUE(r.machine.emit("e", {std::string(91, 'x')}).ok());
}

TEST(SocketioPolling, Failures) {
  rig status;
  status.connect_polling();
  status.got("{\"code\":1}", 400);
  EXPECT_EQ(status.take(), lines{"disconnected transport error unclean"});
  rig broken;
  broken.connect_polling();
  broken.machine.http_get_failed({link_failure_kind::broken, "reset"}, broken.now);
  EXPECT_EQ(broken.take(), lines{"disconnected transport closed unclean"});
  rig post;
  post.connect_polling();
  EXPECT_TRUE(post.machine.emit("e", {}).ok());
  post.take();
  post.posted(413);
  EXPECT_EQ(post.take(), (lines{"cancel", "disconnected transport error unclean"}));
  rig closed;
  closed.connect_polling();
  closed.got("42[\"last\"]\x1e"
             "1\x1e"
             "42[\"never\"]");
  EXPECT_EQ(closed.take(), (lines{"event / last []", "disconnected transport closed unclean"}));
}

TEST(SocketioPolling, MainServerSendsGarbage) {
  for (const auto* body :
       {"", "\x1e", "<html></html>", "42[\"e\"]\x1e", "b!", "bQUI=", "42[\"e\"", "0{}"}) {
    rig r;
    r.connect_polling();
    r.got(body);
    ASSERT_FALSE(r.take().empty());
    EXPECT_EQ(r.machine.next_deadline(), std::nullopt) << body;
  }
  rig first;
  first.machine.start(first.now);
  first.closed(link_failure_kind::handshake);
  first.take();
  first.got("<!doctype html>");
  EXPECT_EQ(first.take(), lines{"disconnected protocol error unclean"});
  // A flood of tiny packets in one answer.
  rig flood;
  flood.connect_polling();
  std::string noops = "6";
  for (int i = 0; i < 1'000'000; ++i)
    noops += "\x1e"
             "6";
  flood.got(noops);
  EXPECT_EQ(flood.take(), lines{"disconnected protocol error unclean"});
}

TEST(SocketioPolling, CleanClose) {
  rig r;
  r.connect_polling();
  EXPECT_TRUE(r.machine.emit("e", {}).ok());
  EXPECT_TRUE(r.machine.emit("f", {}).ok());
  r.take();
  r.machine.close(r.now);
  EXPECT_EQ(r.take(), lines{}); // waits for the POST that is out
  r.posted();
  EXPECT_EQ(r.take(), lines{"post " + session_target +
                            " 42[\"f\"]\x1e"
                            "41"});
  r.posted();
  EXPECT_EQ(r.take(), lines{"post " + session_target + " 1"}); // alone
  r.got("6");
  r.posted();
  EXPECT_EQ(r.take(), lines{"disconnected closed clean"});

  rig idle;
  idle.connect_polling();
  idle.machine.close(idle.now);
  EXPECT_EQ(idle.take(), lines{"post " + session_target + " 41"});
  idle.posted();
  EXPECT_EQ(idle.take(), lines{"post " + session_target + " 1"});
  idle.machine.http_post_failed({link_failure_kind::broken, "reset"}, idle.now);
  EXPECT_EQ(idle.take(), (lines{"cancel", "disconnected closed clean"}));

  rig dead;
  dead.connect_polling();
  dead.machine.close(dead.now);
  EXPECT_EQ(dead.take(), lines{"post " + session_target + " 41"});
  dead.advance(3'000ms);
  EXPECT_EQ(dead.take(), (lines{"cancel", "disconnected closed clean"}));
}

TEST(SocketioPolling, PingTimeout) {
  rig r;
  r.connect_polling();
  r.advance(45'000ms);
  EXPECT_EQ(r.take(), (lines{"cancel", "disconnected ping timeout unclean"}));
}

const std::string probe_open = "open probe " + websocket_target + "&sid=S";

TEST(SocketioPolling, UpgradesToAWebsocket) {
  rig r;
  r.machine.start(r.now);
  r.closed(link_failure_kind::handshake);
  r.take();
  r.got(rig::open_packet("\"websocket\""));
  EXPECT_EQ(r.take(), (lines{probe_open, "get " + session_target,
                             "post " + session_target + " 40{\"k\":\"v\"}"}));
  r.posted();
  r.got("40{\"sid\":\"sio\"}");
  r.take();
  r.machine.websocket_opened(ws_slot::probe, r.now);
  EXPECT_EQ(r.take(), lines{"text probe 2probe"});
  EXPECT_TRUE(r.machine.emit("before", {}).ok());
  EXPECT_EQ(r.take(), lines{"post " + session_target + " 42[\"before\"]"});
  r.text("3probe", ws_slot::probe);
  // Paused: nothing new on polling, both requests must end first.
  EXPECT_TRUE(r.machine.emit("between", {}).ok());
  EXPECT_EQ(r.take(), lines{});
  r.got("42[\"in the last poll\"]\x1e"
        "2");
  EXPECT_EQ(r.take(), lines{"event / in the last poll []"});
  r.posted();
  EXPECT_EQ(r.take(),
            (lines{"text probe 5", "upgraded", "text probe 42[\"between\"]", "text probe 3"}));
  EXPECT_TRUE(r.machine.emit("after", {}).ok());
  r.text("42[\"new\"]", ws_slot::probe);
  EXPECT_EQ(r.take(), (lines{"text probe 42[\"after\"]", "event / new []"}));
  r.advance(10'000ms); // the upgrade's deadline is gone
  EXPECT_EQ(r.take(), lines{});
  r.machine.close(r.now);
  EXPECT_EQ(r.take(), (lines{"text probe 41", "close probe"}));
  r.closed(link_failure_kind::broken, ws_slot::probe);
  EXPECT_EQ(r.take(), lines{"disconnected closed clean"});
}

TEST(SocketioPolling, AFailedProbeStaysOnPolling) {
  const auto still_polls = [](rig& r) {
    r.take();
    r.got("6");
    EXPECT_EQ(r.take(), lines{"get " + session_target});
    EXPECT_TRUE(r.machine.emit("e", {}).ok());
    EXPECT_EQ(r.take(), lines{"post " + session_target + " 42[\"e\"]"});
  };
  rig refused;
  refused.connect_polling("\"websocket\"");
  refused.closed(link_failure_kind::handshake, ws_slot::probe);
  EXPECT_EQ(refused.take(), lines{});
  still_polls(refused);

  for (const auto* answer : {"3", "2probe", "6", "42[\"e\"]", "", "x"}) {
    rig wrong;
    wrong.connect_polling("\"websocket\"");
    wrong.machine.websocket_opened(ws_slot::probe, wrong.now);
    wrong.take();
    wrong.text(answer, ws_slot::probe);
    EXPECT_EQ(wrong.take(), lines{"close probe"}) << answer;
    still_polls(wrong);
  }
  rig slow;
  slow.connect_polling("\"websocket\"");
  slow.machine.websocket_opened(ws_slot::probe, slow.now);
  slow.take();
  slow.advance(10'000ms);
  EXPECT_EQ(slow.take(), lines{"close probe"});
  slow.text("3probe", ws_slot::probe); // too late: ignored
  EXPECT_EQ(slow.take(), lines{});
  still_polls(slow);
}

TEST(SocketioPolling, AProbeThatDiesBeforeTheSwitchResumesPolling) {
  rig r;
  r.connect_polling("\"websocket\"");
  r.machine.websocket_opened(ws_slot::probe, r.now);
  EXPECT_TRUE(r.machine.emit("a", {}).ok());
  r.text("3probe", ws_slot::probe);
  EXPECT_TRUE(r.machine.emit("b", {}).ok());
  r.got("6"); // the GET has ended, the POST has not
  r.take();
  r.closed(link_failure_kind::broken, ws_slot::probe);
  EXPECT_EQ(r.take(), lines{"get " + session_target});
  r.posted();
  EXPECT_EQ(r.take(), lines{"post " + session_target + " 42[\"b\"]"});
}

TEST(SocketioPolling, CloseDuringTheUpgrade) {
  rig r;
  r.connect_polling("\"websocket\"");
  r.machine.websocket_opened(ws_slot::probe, r.now);
  r.text("3probe", ws_slot::probe);
  r.take();
  r.machine.close(r.now);
  EXPECT_EQ(r.take(), (lines{"close probe", "post " + session_target + " 41"}));
  r.posted();
  EXPECT_EQ(r.take(), lines{"post " + session_target + " 1"});
  r.posted();
  EXPECT_EQ(r.take(), (lines{"cancel", "disconnected closed clean"}));
}

/// Any inputs in any order: no crash, one `disconnected` at most and nothing after it, never two
/// GETs or two POSTs out at once.
TEST(SocketioPolling, RandomInputsKeepTheRules) {
  std::mt19937 rng(1);
  const std::vector<std::string> frames = {rig::open_packet("\"websocket\""),
                                           rig::open_packet(),
                                           "40{\"sid\":\"s\"}",
                                           "2",
                                           "3probe",
                                           "6",
                                           "1",
                                           "41",
                                           "42[\"e\"]",
                                           "421[\"e\",1]",
                                           "430[]",
                                           "44{\"message\":\"m\"}",
                                           "x",
                                           "",
                                           "451-[\"b\",{\"_placeholder\":true,\"num\":0}]",
                                           "5"};
  std::size_t connections = 0;
  std::size_t upgrades = 0;
  for (int round = 0; round < 4'000; ++round) {
    rig r;
    int gets = 0;
    int posts = 0;
    bool over = false;
    const auto look = [&] {
      for (const auto& l : r.take()) {
        ASSERT_FALSE(over) << l;
        gets += l.starts_with("get ") ? 1 : 0;
        posts += l.starts_with("post ") ? 1 : 0;
        ASSERT_LE(gets, 1);
        ASSERT_LE(posts, 1);
        if (l == "cancel") gets = posts = 0;
        over = l.starts_with("disconnected");
        upgrades += l == "upgraded" ? 1 : 0;
        connections += l.starts_with("connected") ? 1 : 0;
      }
    };
    if (rng() % 3 == 0) {
      r.connect_websocket();
      ++connections;
    } else if (rng() % 2 == 0) {
      r.connect_polling(rng() % 3 == 0 ? "" : "\"websocket\"");
      gets = 1;
      ++connections;
      r.machine.websocket_opened(ws_slot::probe, r.now);
      if (rng() % 2 == 0) r.text("3probe", ws_slot::probe);
    } else {
      r.machine.start(r.now);
    }
    for (int step = 0; step < 60; ++step) {
      // Mostly what moves a connection on, so that all depths are reached.
      const auto& frame =
          step < 3 && rng() % 4 != 0 ? frames[rng() % 3] : frames[rng() % frames.size()];
      const auto slot = rng() % 2 == 0 ? ws_slot::main : ws_slot::probe;
      switch (rng() % 14) {
      case 0: r.machine.websocket_opened(slot, r.now); break;
      case 1:
      case 2: r.text(frame, slot); break;
      case 3: r.binary(frame, slot); break;
      case 4:
        if (step < 2 || rng() % 5 == 0) r.closed(static_cast<link_failure_kind>(rng() % 7), slot);
        break;
      case 5:
      case 6:
      case 7:
        gets = 0;
        r.got(rng() % 3 == 0 ? frame + '\x1e' + frames[rng() % frames.size()] : frame,
              rng() % 20 == 0 ? 400 : 200);
        break;
      case 8:
      case 9:
        posts = 0;
        r.posted(rng() % 20 == 0 ? 500 : 200);
        break;
      case 10: (void)r.machine.emit("e", {1}, {}, ""); break;
      case 11: (void)r.machine.emit_with_ack("q", {}, {}, 50ms, r.now); break;
      case 12: r.advance(std::chrono::milliseconds(rng() % 4'000)); break;
      case 13:
        if (rng() % 8 == 0) r.machine.close(r.now);
        break;
      default: break;
      }
      look();
      if (HasFatalFailure()) return;
    }
    // Whatever happened, it ends by itself.
    for (int i = 0; i < 100 && !over; ++i) {
      r.advance(10'000ms);
      look();
    }
    EXPECT_TRUE(over);
  }
  EXPECT_GT(connections, 2'000U);
  EXPECT_GT(upgrades, 20U);
}

} // namespace
} // namespace dockhost::protocol::socketio
