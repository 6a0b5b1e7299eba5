// SPDX-License-Identifier: MIT
// PROTOCOL part 3, the rules of Socket.IO, on a WebSocket: CONNECT, events, acknowledgements,
// binary, DISCONNECT, bad packets. On polling they are in socketio_server_polling_test.cpp.
#include "server_rig.hpp"

namespace dockhost::protocol {
namespace {

using engineio::server::end_reason;
using socketio::placeholder;
using socketio::server::encode_event;
using socketio::server::encode_event_text;
using socketio::server::send_error;

const std::string one = "{\"_placeholder\":true,\"num\":0}";
const std::string two = "{\"_placeholder\":true,\"num\":1}";

/// What a frame leads to, once the main namespace is joined.
lines after(const std::string& frame) {
  socketio_rig r;
  r.connect();
  r.text(frame);
  return r.take();
}

// --- CONNECT

TEST(SocketioServer, ConnectsToTheMainNamespace) {
  socketio_rig r;
  r.websocket();
  r.text("40");
  EXPECT_EQ(r.take(), (lines{"connecting / {}", "text 1 40{\"sid\":\"sio\"}"}));
}

TEST(SocketioServer, ConnectsWithAPayload) {
  socketio_rig r;
  r.websocket();
  r.text("40{\"token\":\"123\",\"n\":[1]}");
  EXPECT_EQ(r.take(),
            (lines{"connecting / {\"token\":\"123\",\"n\":[1]}", "text 1 40{\"sid\":\"sio\"}"}));
}

TEST(SocketioServer, ConnectsToACustomNamespace) {
  for (const auto* frame : {"40/custom,", "40/custom"}) {
    socketio_rig r;
    r.websocket();
    r.text(frame);
    EXPECT_EQ(r.take(), (lines{"connecting /custom {}", "text 1 40/custom,{\"sid\":\"sio\"}"}));
  }
}

TEST(SocketioServer, ConnectsToACustomNamespaceWithAPayload) {
  socketio_rig r;
  r.websocket();
  r.text("40/custom,{\"token\":\"abc\"}");
  EXPECT_EQ(r.take(), (lines{"connecting /custom {\"token\":\"abc\"}",
                             "text 1 40/custom,{\"sid\":\"sio\"}"}));
}

TEST(SocketioServer, RefusesAnUnknownNamespaceAndGoesOn) {
  for (const auto* frame : {"40/random", "40/random,", "40/random,{\"a\":1}"}) {
    socketio_rig r;
    r.websocket();
    r.text(frame);
    EXPECT_EQ(r.take(), lines{"text 1 44/random,{\"message\":\"Invalid namespace\"}"});
    r.text("40");
    EXPECT_EQ(r.take(), (lines{"connecting / {}", "text 1 40{\"sid\":\"sio\"}"}));
  }
}

TEST(SocketioServer, RefusedByTheApplication) {
  socketio_rig r;
  r.lets_in = false;
  r.websocket();
  r.text("40");
  EXPECT_EQ(r.take(), lines{"connecting / {}"});
  r.io.refuse("/", "bad token");
  EXPECT_EQ(r.take_all(), lines{"text 1 44{\"message\":\"bad token\"}"});
  r.text("40/custom,");
  r.take();
  r.io.refuse("/custom", "no", json::object{{"code", 7}});
  r.io.refuse("/custom", "twice");
  r.io.accept("/custom", "late");
  EXPECT_EQ(r.take_all(), lines{"text 1 44/custom,{\"message\":\"no\",\"data\":{\"code\":7}}"});
  r.text("40"); // it may try again
  EXPECT_EQ(r.take(), lines{"connecting / {}"});
  r.io.accept("/", "x");
  EXPECT_EQ(r.take_all(), lines{"text 1 40{\"sid\":\"x\"}"});
}

TEST(SocketioServer, ClosesWithoutConnect) {
  socketio_rig r;
  r.websocket();
  EXPECT_EQ(r.io.deadline(), r.now + 1s);
  for (int i = 0; i < 3; ++i) {
    r.advance(300ms);
    r.text("3");
  }
  r.take();
  r.advance(99ms);
  EXPECT_EQ(r.take(), lines{});
  r.advance(1ms);
  EXPECT_EQ(r.take(), (lines{"close 1", "closed connect timeout"}));
}

TEST(SocketioServer, TheConnectTimeoutIs45SecondsByDefault) {
  const socketio::server::options o;
  EXPECT_EQ(o.connect_timeout, 45s);
}

TEST(SocketioServer, ARefusalDoesNotStopTheConnectTimeout) {
  socketio_rig r;
  r.lets_in = false;
  r.websocket();
  r.text("40");
  r.text("40/random,");
  r.take();
  r.io.tick(r.now + 1s);
  r.pump_io();
  EXPECT_EQ(r.take(), (lines{"never joined /", "close 1", "closed connect timeout"}));
}

TEST(SocketioServer, ConnectStopsTheConnectTimeoutForGood) {
  socketio_rig r;
  r.connect();
  EXPECT_EQ(r.io.deadline(), std::nullopt);
  r.text("41");
  EXPECT_EQ(r.take(), lines{"left /"});
  EXPECT_EQ(r.io.deadline(), std::nullopt);
}

TEST(SocketioServer, ClosesOnABadConnect) {
  for (const auto* frame : {"4abc", "4", "40[]", "40null", "401", "40\"x\"", "40{", "40{}x",
                            "40/custom,[]", "47", "49{}"}) {
    socketio_rig r;
    r.websocket();
    r.text(frame);
    EXPECT_EQ(r.take(), (lines{"close 1", "closed bad packet"})) << frame;
  }
}

TEST(SocketioServer, ClosesOnAnythingBeforeConnect) {
  for (const auto* frame : {"42[\"message\"]", "41", "430[]", "44{\"message\":\"x\"}",
                            "42/custom,[\"message\"]", "41/random"}) {
    socketio_rig r;
    r.websocket();
    r.text(frame);
    EXPECT_EQ(r.take(), (lines{"close 1", "closed bad packet"})) << frame;
  }
}

TEST(SocketioServer, ClosesOnASecondConnect) {
  EXPECT_EQ(after("40"), (lines{"left /", "close 1", "closed bad packet"}));
}

TEST(SocketioServer, ClosesOnAConnectErrorFromTheClient) {
  EXPECT_EQ(after("44{\"message\":\"x\"}"), (lines{"left /", "close 1", "closed bad packet"}));
}

// --- DISCONNECT

TEST(SocketioServer, TheTransportStaysOpenAfterADisconnect) {
  socketio_rig r;
  r.connect();
  r.text("41");
  EXPECT_EQ(r.take(), lines{"left /"});
  r.advance(300ms);
  EXPECT_EQ(r.take(), lines{"text 1 2"});
  r.text("3");
  r.text("40");
  EXPECT_EQ(r.take(), (lines{"connecting / {}", "text 1 40{\"sid\":\"sio\"}"}));
}

TEST(SocketioServer, DisconnectsFromOneNamespaceOnly) {
  for (const auto* frame : {"41/custom,", "41/custom"}) {
    socketio_rig r;
    r.connect();
    r.text("40/custom,");
    r.text(frame);
    r.text("42[\"message\",\"to the main one\"]");
    EXPECT_EQ(r.take(), (lines{"connecting /custom {}", "text 1 40/custom,{\"sid\":\"sio\"}",
                               "left /custom", "event / message [\"to the main one\"]"}));
  }
}

TEST(SocketioServer, ClosesOnAnEventAfterTheClientsDisconnect) {
  socketio_rig r;
  r.connect();
  r.text("40/custom,");
  r.text("41/custom,");
  r.take();
  r.text("42/custom,[\"message\"]");
  EXPECT_EQ(r.take(), (lines{"left /", "close 1", "closed bad packet"}));
}

TEST(SocketioServer, PutsAClientOutOfANamespace) {
  socketio_rig r;
  r.connect("/custom");
  r.io.disconnect("/custom");
  r.io.disconnect("/custom");
  r.io.disconnect("/");
  EXPECT_EQ(r.take_all(), lines{"text 1 41/custom,"});
  EXPECT_FALSE(r.io.is_connected("/custom"));
  // What was under way is no fault of the client.
  r.text("42/custom,[\"message\"]");
  r.text("43/custom,1[]");
  r.text("41/custom,");
  EXPECT_EQ(r.take(), lines{});
  r.text("40/custom,");
  EXPECT_EQ(r.take(), (lines{"connecting /custom {}", "text 1 40/custom,{\"sid\":\"sio\"}"}));
}

TEST(SocketioServer, ClosesAllWithWords) {
  socketio_rig r;
  r.connect();
  r.text("40/custom,");
  r.take();
  r.io.close_all(end_reason::application);
  r.io.close_all(end_reason::application);
  EXPECT_EQ(r.take_all(), (lines{"left /", "left /custom", "text 1 41", "text 1 41/custom,",
                                 "close 1", "closed closed by the application"}));
  EXPECT_EQ(r.io.emit("/", *encode_event("/", "e", {})).err(), send_error::not_connected);
}

TEST(SocketioServer, LeavesAllWhenTheSessionEnds) {
  socketio_rig r;
  r.connect();
  r.machine.websocket_closed(1, r.now);
  EXPECT_EQ(r.take(), (lines{"left /", "closed transport closed"}));
}

// --- EVENT and ACK

TEST(SocketioServer, EventsBothWays) {
  socketio_rig r;
  r.connect();
  r.text("42[\"message\",1,\"2\",{\"3\":[true]}]");
  EXPECT_EQ(r.take(), lines{"event / message [1,\"2\",{\"3\":[true]}]"});
  EXPECT_TRUE(r.io.emit(
      "/", *encode_event("/", "message-back", {1, "2", json::object{{"3", json::array{true}}}})));
  EXPECT_EQ(r.take_all(), lines{"text 1 42[\"message-back\",1,\"2\",{\"3\":[true]}]"});
}

TEST(SocketioServer, EventsInACustomNamespace) {
  socketio_rig r;
  r.connect("/custom");
  r.text("42/custom,[\"message\"]");
  EXPECT_EQ(r.take(), lines{"event /custom message []"});
  EXPECT_TRUE(r.io.emit("/custom", *encode_event("/custom", "e", {nullptr})));
  EXPECT_EQ(r.take_all(), lines{"text 1 42/custom,[\"e\",null]"});
  EXPECT_EQ(r.io.emit("/", *encode_event("/", "e", {})).err(), send_error::not_connected);
}

TEST(SocketioServer, EventsFromReadyText) {
  EXPECT_EQ((*encode_event_text("/", "log", "{\"a\":\"b\"},2"))->text,
            "42[\"log\",{\"a\":\"b\"},2]");
  EXPECT_EQ((*encode_event_text("/n", "log", ""))->text, "42/n,[\"log\"]");
  EXPECT_FALSE(encode_event_text("/", "connect", "1"));
}

TEST(SocketioServer, OnePacketForManyClientsIsEncodedOnce) {
  const auto packet = *encode_event("/", "e", {placeholder(0)}, {"BYTES"});
  EXPECT_EQ(packet->bytes(), packet->text.size() + 5);
  socketio_rig a;
  socketio_rig b;
  a.connect();
  b.connect();
  EXPECT_TRUE(a.io.emit("/", packet));
  EXPECT_TRUE(b.io.emit("/", packet));
  a.pump_io();
  EXPECT_EQ(a.machine.queued_bytes(), packet->bytes());
  const auto sent = a.machine.next();
  ASSERT_TRUE(sent);
  EXPECT_EQ(std::get<engineio::server::send_frames>(*sent).what.get(), packet.get());
  EXPECT_EQ(b.take_all(), (lines{"text 1 451-[\"e\"," + one + "]", "binary 1 BYTES"}));
}

TEST(SocketioServer, AnswersAnEvent) {
  socketio_rig r;
  r.connect();
  r.text("42456[\"message-with-ack\",1,\"2\",{\"3\":[false]}]");
  EXPECT_EQ(r.take(), lines{"event / message-with-ack [1,\"2\",{\"3\":[false]}] ack=456"});
  EXPECT_TRUE(r.io.acknowledge("/", 456, {1, "2"}));
  EXPECT_EQ(r.take_all(), lines{"text 1 43456[1,\"2\"]"});
  EXPECT_TRUE(r.io.acknowledge("/", 0, {placeholder(0)}, {"B"}));
  EXPECT_EQ(r.take_all(), (lines{"text 1 461-0[" + one + "]", "binary 1 B"}));
  EXPECT_EQ(r.io.acknowledge("/custom", 1, {}).err(), send_error::not_connected);
}

TEST(SocketioServer, IsAnswered) {
  socketio_rig r;
  r.connect();
  EXPECT_EQ(*r.io.emit_with_ack("/", "ask", {1}, {}, 1s, r.now), 0U);
  EXPECT_EQ(*r.io.emit_with_ack("/", "ask", {placeholder(0)}, {"B"}, 1s, r.now), 1U);
  EXPECT_EQ(r.take_all(),
            (lines{"text 1 420[\"ask\",1]", "text 1 451-1[\"ask\"," + one + "]", "binary 1 B"}));
  r.text("431[\"second\"]");
  r.text("461-0[" + one + "]");
  r.binary("RAW");
  EXPECT_EQ(r.take(), (lines{"acked 1 [\"second\"]", "acked 0 [" + one + "] RAW"}));
  EXPECT_EQ(r.io.deadline(), std::nullopt);
}

TEST(SocketioServer, IgnoresAnAnswerThatNobodyWaitsFor) {
  socketio_rig r;
  r.connect();
  r.text("4399[]");
  ASSERT_TRUE(r.io.emit_with_ack("/", "ask", {}, {}, 100ms, r.now));
  r.take_all();
  r.text("431[]");
  r.text("430[]");
  r.text("430[]");
  EXPECT_EQ(r.take(), lines{"acked 0 []"});
}

TEST(SocketioServer, AnAnswerInAnotherNamespaceIsNone) {
  socketio_rig r;
  r.connect();
  r.text("40/custom,");
  ASSERT_TRUE(r.io.emit_with_ack("/custom", "ask", {}, {}, 1s, r.now));
  r.take_all();
  r.text("430[\"forged\"]");
  r.text("43/custom,0[\"mine\"]");
  EXPECT_EQ(r.take(), lines{"acked 0 [\"mine\"]"});
}

TEST(SocketioServer, AcknowledgementsHaveDeadlinesAndABound) {
  auto o = socketio_rig::rules();
  o.max_pending_acks = 2;
  socketio_rig r(o);
  r.connect();
  ASSERT_TRUE(r.io.emit_with_ack("/", "ask", {}, {}, 200ms, r.now));
  ASSERT_TRUE(r.io.emit_with_ack("/", "ask", {}, {}, 100ms, r.now));
  EXPECT_EQ(r.io.emit_with_ack("/", "ask", {}, {}, 100ms, r.now).err(), send_error::too_many_acks);
  EXPECT_EQ(r.io.emit_with_ack("/", "disconnect", {}, {}, 100ms, r.now).err(),
            send_error::too_many_acks);
  r.take_all();
  EXPECT_EQ(r.io.deadline(), r.now + 100ms);
  r.advance(100ms);
  EXPECT_EQ(r.take(), lines{"ack failed 1 timeout"});
  r.text("41");
  EXPECT_EQ(r.take(), (lines{"ack failed 0", "left /"}));
  EXPECT_EQ(r.io.deadline(), std::nullopt);
}

TEST(SocketioServer, AcknowledgementsFailWithTheSession) {
  socketio_rig r;
  r.connect();
  ASSERT_TRUE(r.io.emit_with_ack("/", "ask", {}, {}, 1s, r.now));
  r.take_all();
  r.text("1");
  EXPECT_EQ(r.take(), (lines{"close 1", "ack failed 0", "left /", "closed closed by the client"}));
}

TEST(SocketioServer, RefusesToSendWhatAClientWouldChokeOn) {
  socketio_rig r;
  r.connect();
  EXPECT_FALSE(encode_event("/", "connect_error", {}));
  EXPECT_FALSE(encode_event("/", "e", {placeholder(1)}, {"A"}));
  EXPECT_FALSE(encode_event("/", "e", {}, {"A"}));
  EXPECT_FALSE(encode_event("no slash", "e", {}));
  EXPECT_EQ(r.io.emit_with_ack("/", "disconnecting", {}, {}, 1s, r.now).err(), send_error::invalid);
  EXPECT_EQ(r.io.acknowledge("/", 1, {placeholder(0)}, {}).ok(), true); // data like any other
}

// --- binary

TEST(SocketioServer, BinaryEvent) {
  socketio_rig r;
  r.connect();
  r.text("452-[\"message\"," + one + "," + two + "]");
  EXPECT_EQ(r.take(), lines{});
  r.binary("\x01\x02\x03");
  EXPECT_EQ(r.take(), lines{});
  r.binary("\x04\x05\x06");
  EXPECT_EQ(r.take(), lines{"event / message [" + one + "," + two + "] \x01\x02\x03 \x04\x05\x06"});
}

TEST(SocketioServer, BinaryEventWithAck) {
  socketio_rig r;
  r.connect("/custom");
  r.text("452-/custom,789[\"message-with-ack\"," + two + "," + one + "]");
  r.binary("A");
  r.binary("B");
  EXPECT_EQ(r.take(),
            lines{"event /custom message-with-ack [" + two + "," + one + "] ack=789 A B"});
}

TEST(SocketioServer, TenAttachmentsAreTakenElevenAreNot) {
  std::string args = "[\"e\"";
  for (int i = 0; i < 10; ++i)
    args += ",{\"_placeholder\":true,\"num\":" + std::to_string(i) + "}";
  socketio_rig r;
  r.connect();
  r.text("4510-" + args + "]");
  for (int i = 0; i < 10; ++i)
    r.binary("x");
  EXPECT_EQ(r.take().size(), 1U);
  r.text("4511-" + args + "]");
  EXPECT_EQ(r.take(), (lines{"left /", "close 1", "closed bad packet"}));
}

TEST(SocketioServer, ClosesOnBinaryThatNobodyAnnounced) {
  socketio_rig r;
  r.connect();
  r.binary("stray");
  EXPECT_EQ(r.take(), (lines{"left /", "close 1", "closed bad packet"}));
}

TEST(SocketioServer, ClosesOnTextBetweenAttachments) {
  socketio_rig r;
  r.connect();
  r.text("452-[\"message\"," + one + "," + two + "]");
  r.binary("A");
  r.text("42[\"message\"]");
  EXPECT_EQ(r.take(), (lines{"left /", "close 1", "closed bad packet"}));
}

TEST(SocketioServer, PingsMayComeBetweenAttachments) {
  socketio_rig r;
  r.connect();
  r.text("452-[\"message\"," + one + "," + two + "]");
  r.binary("A");
  r.advance(300ms);
  r.text("3");
  r.binary("B");
  EXPECT_EQ(r.take(), (lines{"text 1 2", "event / message [" + one + "," + two + "] A B"}));
}

TEST(SocketioServer, AttachmentsTogetherAreBounded) {
  auto o = socketio_rig::rules();
  o.max_received = 100;
  socketio_rig r(o);
  r.connect();
  r.text("452-[\"e\"," + one + "," + two + "]");
  r.binary(std::string(60, 'x'));
  EXPECT_EQ(r.take(), lines{});
  r.binary(std::string(60, 'x'));
  EXPECT_EQ(r.take(), (lines{"left /", "close 1", "closed bad packet"}));
}

// --- bad packets

TEST(SocketioServer, ClosesOnBadPackets) {
  const std::vector<std::string> frames = {
      "4abc",
      "42{}",
      "42abc[\"message-with-ack\",1,\"2\",{\"3\":[false]}]",
      "42",
      "42[]",
      "42[1]",
      "42[null]",
      "42[[]]",
      "42\"message\"",
      "42null",
      "42[\"message\"",
      "42[\"message\"]x",
      "42-1[\"message\"]",
      "42 [\"message\"",
      "42[\"connect\"]",
      "42[\"connect_error\"]",
      "42[\"disconnect\"]",
      "42[\"disconnecting\"]",
      "42[\"newListener\"]",
      "42[\"removeListener\"]",
      "4299999999999999999999[\"message\"]",
      "43[]",
      "431",
      "431{}",
      "43abc[]",
      "41{}",
      "41[]",
      "45[\"message\"]",
      "450-[\"message\"]",
      "45-[\"message\"]",
      "45x-[\"message\"]",
      "45-1-[\"message\"]",
      "451[\"message\"," + one + "]",
      "451.5-[\"message\"," + one + "]",
      "451-[\"message\",{\"_placeholder\":true,\"num\":1}]",
      "451-[\"message\",{\"_placeholder\":true,\"num\":-1}]",
      "451-[\"message\",{\"_placeholder\":true,\"num\":\"0\"}]",
      "451-[\"message\",{\"_placeholder\":true}]",
      "461-[" + one + "]",
      "42/unknown,[\"message\"]",
      "42/custom,[\"message\"]",
      "42/custom",
      "47[\"message\"]",
      "4",
  };
  for (const auto& frame : frames)
    EXPECT_EQ(after(frame), (lines{"left /", "close 1", "closed bad packet"})) << frame;
}

TEST(SocketioServer, NothingIsHeardAfterABadPacket) {
  socketio_rig r;
  r.connect();
  r.text("42{}");
  r.text("42[\"message\"]");
  r.io.message(false, "2[\"message\"]", r.now);
  EXPECT_EQ(r.take_all(), (lines{"left /", "close 1", "closed bad packet"}));
}

TEST(SocketioServer, NamesLikePropertiesOfObjectsAreNamesLikeAnyOther) {
  EXPECT_EQ(after("42[\"__proto__\",1]"), lines{"event / __proto__ [1]"});
  EXPECT_EQ(after("42[\"\"]"), lines{"event /  []"});
}

} // namespace
} // namespace dockhost::protocol
