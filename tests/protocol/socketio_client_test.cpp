// SPDX-License-Identifier: MIT
#include "socketio_rig.hpp"

namespace dockhost::protocol::socketio {
namespace {

TEST(SocketioClient, ConnectsOverAWebsocket) {
  rig r;
  r.machine.start(r.now);
  EXPECT_EQ(r.take(), lines{"open main " + websocket_target});
  r.machine.websocket_opened(ws_slot::main, r.now);
  EXPECT_EQ(r.take(), lines{});
  r.text(rig::open_packet());
  EXPECT_EQ(r.take(), lines{"text main 40{\"k\":\"v\"}"});
  EXPECT_FALSE(r.machine.is_connected());
  r.text("40{\"sid\":\"sio\"}");
  EXPECT_EQ(r.take(), lines{"connected / sio"});
  EXPECT_TRUE(r.machine.is_connected());
}

TEST(SocketioClient, OtherPathNamespaceAndNoAuth) {
  auto o = rig::defaults();
  o.engine.path = "/p/socket.io/";
  o.engine.query = {{"a b", "c&d"}};
  o.nsp = "/custom";
  o.auth = nullptr;
  rig r(o);
  r.machine.start(r.now);
  EXPECT_EQ(r.take(), lines{"open main /p/socket.io/?EIO=4&transport=websocket&a%20b=c%26d"});
  r.machine.websocket_opened(ws_slot::main, r.now);
  r.text(rig::open_packet());
  EXPECT_EQ(r.take(), lines{"text main 40/custom,"});
  r.text("40/custom,{\"sid\":\"x\"}");
  EXPECT_EQ(r.take(), lines{"connected /custom x"});
  EXPECT_TRUE(r.machine.emit("e", {1}));
  EXPECT_EQ(r.take(), lines{"text main 42/custom,[\"e\",1]"});
}

TEST(SocketioClient, EventsBothWays) {
  rig r;
  EXPECT_EQ(r.machine.emit("early", {}).err(), send_error::not_connected);
  r.connect_websocket();
  EXPECT_TRUE(r.machine.emit("hi", {json::object{{"a", 1}}, nullptr}));
  EXPECT_EQ(r.take(), lines{"text main 42[\"hi\",{\"a\":1},null]"});
  r.text("42[\"yo\",[1],\"x\"]");
  r.text("427[\"ask\"]");
  EXPECT_EQ(r.take(), (lines{"event / yo [[1],\"x\"]", "event / ask [] ack=7"}));
  EXPECT_TRUE(r.machine.acknowledge(7, {"ok", 2}));
  EXPECT_EQ(r.take(), lines{"text main 437[\"ok\",2]"});
  EXPECT_EQ(r.machine.emit("disconnect", {}).err(), send_error::invalid);
  EXPECT_EQ(r.take(), lines{});
}

TEST(SocketioClient, BinaryBothWays) {
  rig r;
  r.connect_websocket();
  r.text("451-3[\"up\",{\"_placeholder\":true,\"num\":0}]");
  EXPECT_EQ(r.take(), lines{});
  r.binary("RAW");
  EXPECT_EQ(r.take(), lines{"event / up [{\"_placeholder\":true,\"num\":0}] ack=3 RAW"});
  EXPECT_TRUE(r.machine.acknowledge(3, {placeholder(0), placeholder(1)}, {"A", "B"}));
  EXPECT_EQ(r.take(),
            (lines{"text main 462-3[{\"_placeholder\":true,\"num\":0},{\"_placeholder\":true,"
                   "\"num\":1}]",
                   "binary main A", "binary main B"}));
  EXPECT_EQ(r.machine.emit("e", {placeholder(1)}, {"A"}).err(), send_error::invalid);
}

TEST(SocketioClient, AcknowledgementsWithDeadlines) {
  auto o = rig::defaults();
  o.max_pending_acks = 3;
  rig r(o);
  r.connect_websocket();
  for (std::uint64_t id = 0; id < 3; ++id) {
    const auto got = r.machine.emit_with_ack("q", {}, {}, id == 1 ? 100ms : 5'000ms, r.now);
    ASSERT_TRUE(got.ok());
    EXPECT_EQ(*got, id);
  }
  EXPECT_EQ(r.machine.emit_with_ack("q", {}, {}, 1ms, r.now).err(), send_error::too_many_acks);
  EXPECT_EQ(r.take(),
            (lines{"text main 420[\"q\"]", "text main 421[\"q\"]", "text main 422[\"q\"]"}));
  EXPECT_EQ(r.machine.next_deadline(), r.now + 100ms);
  r.text("430[\"a\"]");
  EXPECT_EQ(r.take(), lines{"acked 0 [\"a\"]"});
  r.advance(100ms);
  EXPECT_EQ(r.take(), lines{"ack failed 1 timeout"});
  r.text("431[\"late\"]");
  r.text("430[\"twice\"]");
  r.text("43999[]");
  EXPECT_EQ(r.take(), lines{});
  r.closed(link_failure_kind::broken);
  EXPECT_EQ(r.take(), (lines{"ack failed 2", "disconnected transport closed unclean"}));
  EXPECT_EQ(r.machine.next_deadline(), std::nullopt);
}

TEST(SocketioClient, AnswersPingsAndNoticesWhenTheyStop) {
  rig r;
  r.connect_websocket();
  for (int i = 0; i < 5; ++i) {
    r.advance(44'999ms);
    r.text("2");
    EXPECT_EQ(r.take(), lines{"text main 3"});
    EXPECT_EQ(r.machine.heartbeats(), static_cast<std::uint64_t>(i) + 1);
  }
  // Other packets are no sign of life: the rule is about pings.
  r.advance(40'000ms);
  r.text("42[\"e\"]");
  r.take();
  EXPECT_EQ(r.machine.next_deadline(), r.now + 5'000ms);
  r.advance(4'999ms);
  EXPECT_EQ(r.take(), lines{});
  r.advance(1ms);
  EXPECT_EQ(r.take(), (lines{"close main", "disconnected ping timeout unclean"}));
}

TEST(SocketioClient, ConnectErrorEndsTheConnection) {
  rig r;
  r.machine.start(r.now);
  r.machine.websocket_opened(ws_slot::main, r.now);
  r.text(rig::open_packet());
  r.take();
  r.text("44{\"message\":\"Invalid DOCKHOST_API_KEY\",\"data\":{\"a\":1}}");
  EXPECT_EQ(r.take(), (lines{"refused / Invalid DOCKHOST_API_KEY {\"a\":1}", "close main"}));
  r.text("42[\"ignored\"]");
  r.closed(link_failure_kind::broken);
  EXPECT_EQ(r.take(), lines{"disconnected connect refused clean"});
}

TEST(SocketioClient, ConnectErrorAsABareString) {
  rig r;
  r.machine.start(r.now);
  r.machine.websocket_opened(ws_slot::main, r.now);
  r.text(rig::open_packet());
  r.take();
  r.text("44\"no\"");
  EXPECT_EQ(r.take(), (lines{"refused / no", "close main"}));
}

TEST(SocketioClient, MainServerDisconnectsTheNodeOnPurpose) {
  rig r;
  r.connect_websocket();
  r.text("41");
  EXPECT_EQ(r.take(), lines{"close main"});
  EXPECT_EQ(r.machine.emit("e", {}).err(), send_error::not_connected);
  r.advance(3'000ms); // the server never closes its side
  EXPECT_EQ(r.take(), lines{"disconnected server disconnect clean"});
}

TEST(SocketioClient, CleanClose) {
  rig r;
  r.connect_websocket();
  r.machine.close(r.now);
  EXPECT_EQ(r.take(), (lines{"text main 41", "close main"}));
  r.machine.close(r.now);
  r.closed(link_failure_kind::broken);
  EXPECT_EQ(r.take(), lines{"disconnected closed clean"});
  r.text("42[\"e\"]");
  r.advance(3'600'000ms);
  EXPECT_EQ(r.take(), lines{});
}

TEST(SocketioClient, CloseWhileConnecting) {
  rig early;
  early.machine.start(early.now);
  early.take();
  early.machine.close(early.now);
  EXPECT_EQ(early.take(), (lines{"close main", "disconnected closed clean"}));

  rig later;
  later.machine.start(later.now);
  later.machine.websocket_opened(ws_slot::main, later.now);
  later.text(rig::open_packet());
  later.take();
  later.machine.close(later.now);
  EXPECT_EQ(later.take(), lines{"close main"});
  later.advance(3'000ms);
  EXPECT_EQ(later.take(), lines{"disconnected closed clean"});
}

TEST(SocketioClient, MainServerAcceptsAndNeverAnswers) {
  rig silent; // the WebSocket opens, then nothing
  silent.machine.start(silent.now);
  silent.machine.websocket_opened(ws_slot::main, silent.now);
  silent.take();
  EXPECT_EQ(silent.machine.next_deadline(), silent.now + 20'000ms);
  silent.advance(19'999ms);
  EXPECT_EQ(silent.take(), lines{});
  silent.advance(1ms);
  EXPECT_EQ(silent.take(), (lines{"close main", "disconnected connect timeout unclean"}));

  rig half; // the session opens, CONNECT is never answered
  half.machine.start(half.now);
  half.machine.websocket_opened(ws_slot::main, half.now);
  half.advance(10'000ms);
  half.text(rig::open_packet());
  half.take();
  half.advance(10'000ms);
  EXPECT_EQ(half.take(), (lines{"close main", "disconnected connect timeout unclean"}));

  rig poller; // polling: the first GET is never answered
  poller.machine.start(poller.now);
  poller.closed(link_failure_kind::broken);
  poller.take();
  poller.advance(20'000ms);
  EXPECT_EQ(poller.take(), (lines{"cancel", "disconnected connect timeout unclean"}));
}

TEST(SocketioClient, MainServerSendsGarbageAndUnknownPacketTypes) {
  for (const auto* frame : {"",
                            "x",
                            "7",
                            "9[]",
                            "hello",
                            "{}",
                            "<html>",
                            "0{}",
                            "3",
                            "5",
                            "4",
                            "4x",
                            "4abc",
                            "42{}",
                            "42",
                            "42[]",
                            "42[1]",
                            "42abc[1]",
                            "42[\"connect\"]",
                            "47",
                            "49[\"x\"]",
                            "43[1]",
                            "41{}",
                            "40[]",
                            "40{\"sid\":\"again\"}",
                            "44{\"message\":\"late\"}",
                            "42/nobody,[\"e\"]",
                            "42[\"\xff\"]",
                            "42[\"\\ud800\"]",
                            "45[\"e\"]",
                            "451-[\"e\",{\"_placeholder\":true,\"num\":4}]"}) {
    rig r;
    r.connect_websocket();
    r.text(frame);
    EXPECT_EQ(r.take(), (lines{"close main", "disconnected protocol error unclean"})) << frame;
    r.text("42[\"e\"]");
    EXPECT_EQ(r.take(), lines{});
  }
  rig deep;
  deep.connect_websocket();
  deep.text("42[\"e\"," + std::string(1'000'000, '['));
  EXPECT_EQ(deep.take(), (lines{"close main", "disconnected protocol error unclean"}));
  rig stray;
  stray.connect_websocket();
  stray.binary("nobody announced this");
  EXPECT_EQ(stray.take(), (lines{"close main", "disconnected protocol error unclean"}));
}

TEST(SocketioClient, WrongOrder) {
  const lines end = {"close main", "disconnected protocol error unclean"};
  for (const auto* first : {"2", "40{\"sid\":\"x\"}", "6", "1", "0[]", "0{\"sid\":\"x\"}", "0"}) {
    rig r;
    r.machine.start(r.now);
    r.machine.websocket_opened(ws_slot::main, r.now);
    r.take();
    r.text(first);
    EXPECT_EQ(r.take(), end) << first;
  }
  for (const auto* early :
       {"42[\"e\"]", "430[]", "41", "40", "40{}", "40{\"sid\":1}", "40/other,{\"sid\":\"x\"}"}) {
    rig r;
    r.machine.start(r.now);
    r.machine.websocket_opened(ws_slot::main, r.now);
    r.text(rig::open_packet());
    r.take();
    r.text(early);
    EXPECT_EQ(r.take(), end) << early;
  }
  rig binary_first;
  binary_first.machine.start(binary_first.now);
  binary_first.machine.websocket_opened(ws_slot::main, binary_first.now);
  binary_first.take();
  binary_first.binary("x");
  EXPECT_EQ(binary_first.take(), end);
}

TEST(SocketioClient, OversizedFramesAndAFullQueueEndTheConnection) {
  rig large;
  large.connect_websocket();
  large.closed(link_failure_kind::too_large);
  EXPECT_EQ(large.take(), lines{"disconnected message too large unclean"});
  rig no_websocket;
  no_websocket.connect_websocket();
  no_websocket.closed(link_failure_kind::protocol);
  EXPECT_EQ(no_websocket.take(), lines{"disconnected protocol error unclean"});
  rig full;
  full.connect_websocket();
  full.closed(link_failure_kind::overflow);
  EXPECT_EQ(full.take(), lines{"disconnected write queue full unclean"});
}

TEST(SocketioClient, NothingOverMaxPayloadIsSent) {
  rig r;
  r.connect_websocket("100");
  // 42["e","..."] is 10 bytes and the string.
  EXPECT_TRUE(r.machine.emit("e", {std::string(90, 'x')}).ok());
  EXPECT_EQ(r.machine.emit("e", {std::string(91, 'x')}).err(), send_error::too_large);
  r.take();
  EXPECT_TRUE(r.machine.emit("e", {placeholder(0)}, {std::string(100, 'x')}).ok());
  r.take();
  EXPECT_EQ(r.machine.emit("e", {placeholder(0)}, {std::string(101, 'x')}).err(),
            send_error::too_large);
  EXPECT_EQ(r.machine.emit_with_ack("e", {std::string(99, 'x')}, {}, 1'000ms, r.now).err(),
            send_error::too_large);
  EXPECT_EQ(r.take(), lines{});
  r.advance(2'000ms);
  EXPECT_EQ(r.take(), lines{}); // no ack is waited for
}

TEST(SocketioClient, AuthOverMaxPayload) {
  rig r;
  r.machine.start(r.now);
  r.machine.websocket_opened(ws_slot::main, r.now);
  r.take();
  r.text(rig::open_packet("", "5"));
  EXPECT_EQ(r.take(), (lines{"close main", "disconnected protocol error unclean"}));
}

TEST(SocketioClient, FurtherNamespaces) {
  rig r;
  r.connect_websocket();
  EXPECT_TRUE(r.machine.join("/a", json::object{{"t", 1}}, r.now).ok());
  EXPECT_TRUE(r.machine.join("/b", nullptr, r.now).ok());
  EXPECT_TRUE(r.machine.join("/c", nullptr, r.now).ok());
  EXPECT_EQ(r.machine.join("/a", nullptr, r.now).err(), send_error::invalid);
  EXPECT_EQ(r.take(), (lines{"text main 40/a,{\"t\":1}", "text main 40/b,", "text main 40/c,"}));
  EXPECT_EQ(r.machine.emit("e", {}, {}, "/a").err(), send_error::not_connected);
  r.text("40/a,{\"sid\":\"as\"}");
  r.text("44/b,{\"message\":\"Invalid namespace\"}");
  EXPECT_EQ(r.take(), (lines{"connected /a as", "refused /b Invalid namespace"}));
  EXPECT_TRUE(r.machine.emit("e", {}, {}, "/a").ok());
  const auto id = r.machine.emit_with_ack("q", {}, {}, 1'000ms, r.now, "/a");
  ASSERT_TRUE(id.ok());
  EXPECT_EQ(r.take(), (lines{"text main 42/a,[\"e\"]", "text main 42/a,0[\"q\"]"}));
  r.text("42/a,[\"in\",1]");
  r.text("430[\"of another namespace\"]");
  EXPECT_EQ(r.take(), lines{"event /a in [1]"});
  r.machine.leave("/a");
  EXPECT_EQ(r.take(), (lines{"ack failed 0", "text main 41/a,"}));
  r.text("42/a,[\"late\"]");
  EXPECT_EQ(r.take(), lines{});
  r.text("2"); // keeps the link alive meanwhile
  r.take();
  r.advance(20'000ms);
  EXPECT_EQ(r.take(), lines{"refused /c no answer in time"});
  EXPECT_TRUE(r.machine.join("/b", nullptr, r.now).ok());
  r.text("40/b,{\"sid\":\"bs\"}");
  r.take();
  r.text("41/b");
  EXPECT_EQ(r.take(), lines{"left /b"});
  EXPECT_TRUE(r.machine.is_connected());
  r.machine.close(r.now);
  EXPECT_EQ(r.take(), (lines{"text main 41", "close main"}));
}

TEST(SocketioClient, NothingFollowsTheEnd) {
  rig r;
  r.connect_websocket();
  EXPECT_TRUE(r.machine.join("/a", nullptr, r.now).ok());
  r.text("42{}");
  ASSERT_TRUE(r.take().back().starts_with("disconnected"));
  r.machine.tick(r.now + 3'600'000ms); // when "/a" should have answered
  EXPECT_EQ(r.take(), lines{});
}

TEST(SocketioClient, NamespacesAreBounded) {
  auto o = rig::defaults();
  o.max_namespaces = 3;
  rig r(o);
  r.connect_websocket();
  EXPECT_TRUE(r.machine.join("/1", nullptr, r.now).ok());
  EXPECT_TRUE(r.machine.join("/2", nullptr, r.now).ok());
  EXPECT_EQ(r.machine.join("/3", nullptr, r.now).err(), send_error::invalid);
}

} // namespace
} // namespace dockhost::protocol::socketio
