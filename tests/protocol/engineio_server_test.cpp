// SPDX-License-Identifier: MIT
// PROTOCOL part 3 on a WebSocket: open, heartbeat, messages, close; and the upgrade from polling.
#include "server_rig.hpp"

namespace dockhost::protocol {
namespace {

using engineio::server::end_reason;

// --- a WebSocket

TEST(EngineioServerWebsocket, Opens) {
  engine_rig r;
  r.websocket();
  EXPECT_EQ(r.take(), lines{});
}

TEST(EngineioServerWebsocket, DefaultsInTheOpenPacket) {
  engine_rig r(engineio::server::options{});
  r.machine.begin_websocket(1, r.now);
  EXPECT_EQ(r.take(), lines{"text 1 0{\"sid\":\"S\",\"upgrades\":[],\"pingInterval\":25000,"
                            "\"pingTimeout\":20000,\"maxPayload\":1000000}"});
}

TEST(EngineioServerWebsocket, PingsAndTakesPongs) {
  engine_rig r;
  r.websocket();
  for (int i = 0; i < 3; ++i) {
    r.advance(299ms);
    EXPECT_EQ(r.take(), lines{});
    EXPECT_EQ(r.machine.deadline(), r.now + 1ms);
    r.advance(1ms);
    EXPECT_EQ(r.take(), lines{"text 1 2"});
    r.advance(199ms);
    r.text("3");
    EXPECT_EQ(r.take(), lines{});
  }
}

TEST(EngineioServerWebsocket, ClosesWithoutAPong) {
  engine_rig r;
  r.websocket();
  r.advance(300ms);
  EXPECT_EQ(r.take(), lines{"text 1 2"});
  r.advance(199ms);
  EXPECT_EQ(r.take(), lines{});
  r.advance(1ms);
  EXPECT_EQ(r.take(), (lines{"close 1", "closed ping timeout"}));
  EXPECT_EQ(r.machine.deadline(), std::nullopt);
}

TEST(EngineioServerWebsocket, AnotherPacketGivesThePongMoreTimeOnce) {
  engine_rig r;
  r.websocket();
  r.advance(300ms);
  r.advance(150ms);
  r.text("4a");
  r.advance(150ms);
  r.text("4b");
  EXPECT_EQ(r.take(), (lines{"text 1 2", "message a", "message b"}));
  r.advance(50ms);
  EXPECT_EQ(r.take(), (lines{"close 1", "closed ping timeout"}));
}

TEST(EngineioServerWebsocket, ClosesOnAPingFromTheClient) {
  engine_rig r;
  r.websocket();
  r.text("2");
  EXPECT_EQ(r.take(), (lines{"close 1", "closed transport error"}));
}

TEST(EngineioServerWebsocket, TextAndBinaryBothWays) {
  engine_rig r;
  r.websocket();
  r.text("4hello");
  r.binary(std::string("\x00\x01", 2));
  r.text("4");
  EXPECT_EQ(r.take(),
            (lines{"message hello", std::string("binary message \x00\x01", 17), "message "}));
  r.machine.send(std::make_shared<const engineio::server::outgoing>(
      engineio::server::outgoing{"4x", {"A", "B"}}));
  r.machine.send(
      std::make_shared<const engineio::server::outgoing>(engineio::server::outgoing{"", {"C"}}));
  EXPECT_EQ(r.machine.queued_bytes(), 5U);
  EXPECT_EQ(r.take(), (lines{"text 1 4x", "binary 1 A", "binary 1 B", "binary 1 C"}));
  EXPECT_EQ(r.machine.queued_bytes(), 0U);
}

TEST(EngineioServerWebsocket, ClosesOnWhatIsNoPacket) {
  for (const auto* frame : {"abc", "", "7", "b", "bAQ==", " 4", "\x1e"}) {
    engine_rig r;
    r.websocket();
    r.text(frame);
    EXPECT_EQ(r.take(), (lines{"close 1", "closed parse error"})) << frame;
    r.text("4late");
    EXPECT_EQ(r.take(), lines{});
  }
}

TEST(EngineioServerWebsocket, IgnoresPacketsThatMeanNothingHere) {
  for (const auto* frame : {"0{}", "5", "6", "3", "3probe"}) {
    engine_rig r;
    r.websocket();
    r.text(frame);
    EXPECT_EQ(r.take(), lines{}) << frame;
    r.text("4still");
    EXPECT_EQ(r.take(), lines{"message still"}) << frame;
  }
}

TEST(EngineioServerWebsocket, ClosedByTheClientsPacket) {
  engine_rig r;
  r.websocket();
  r.text("1");
  EXPECT_EQ(r.take(), (lines{"close 1", "closed closed by the client"}));
}

TEST(EngineioServerWebsocket, EndsWithItsSocket) {
  engine_rig r;
  r.websocket();
  r.machine.websocket_closed(1, r.now);
  EXPECT_EQ(r.take(), lines{"closed transport closed"});
}

TEST(EngineioServerWebsocket, ClosesAfterWhatWasSent) {
  engine_rig r;
  r.websocket();
  r.send("4last");
  r.machine.close(end_reason::application, r.now);
  r.send("4too late");
  EXPECT_EQ(r.take(), (lines{"text 1 4last", "close 1", "closed closed by the application"}));
  r.machine.close(end_reason::application, r.now);
  r.machine.drop(end_reason::shutdown);
  EXPECT_EQ(r.take(), lines{});
}

TEST(EngineioServerWebsocket, ASecondOneWithItsSidIsClosedWithoutHarm) {
  engine_rig r;
  r.websocket();
  r.probe(2);
  EXPECT_EQ(r.take(), lines{"close 2"});
  r.text("2probe", 2);
  r.text("5", 2);
  r.machine.websocket_closed(2, r.now);
  r.text("4still here");
  EXPECT_EQ(r.take(), lines{"message still here"});
}

TEST(EngineioServerWebsocket, TakesNoPollingRequests) {
  engine_rig r;
  r.websocket();
  r.get(7);
  r.post(8, "4x");
  EXPECT_EQ(r.take(), (lines{"400 7", "400 8"}));
}

// --- the upgrade

TEST(EngineioServerUpgrade, ProbesAndSwitches) {
  engine_rig r;
  r.polling();
  r.probe(2);
  r.text("2probe", 2);
  EXPECT_EQ(r.take(), lines{"text 2 3probe"});
  r.text("5", 2);
  EXPECT_EQ(r.take(), lines{"upgraded"});
  r.text("4hello", 2);
  r.send("4back");
  EXPECT_EQ(r.take(), (lines{"message hello", "text 2 4back"}));
  EXPECT_EQ(r.machine.now_on(), engineio::server::transport::websocket);
}

TEST(EngineioServerUpgrade, SendsAPendingGetHome) {
  engine_rig r;
  r.polling();
  r.get(101);
  r.probe(2);
  EXPECT_EQ(r.take(), lines{});
  r.text("2probe", 2);
  EXPECT_EQ(r.take(), (lines{"text 2 3probe", "200 101 packets 6"}));
}

TEST(EngineioServerUpgrade, LaterGetsWaitALittleBeforeTheyGoHome) {
  engine_rig r;
  r.polling();
  r.get(101);
  r.probe(2);
  r.text("2probe", 2);
  r.take();
  r.get(102);
  EXPECT_EQ(r.take(), lines{});
  EXPECT_EQ(r.machine.deadline(), r.now + 100ms);
  r.advance(100ms);
  EXPECT_EQ(r.take(), lines{"200 102 packets 6"});
  r.get(103);
  r.text("5", 2);
  EXPECT_EQ(r.take(), (lines{"200 103 packets 6", "upgraded"}));
}

TEST(EngineioServerUpgrade, WhatIsQueuedGoesToWhicheverIsThere) {
  engine_rig r;
  r.polling();
  r.probe(2);
  r.text("2probe", 2);
  r.send("4on polling");
  r.get(101);
  EXPECT_EQ(r.take(), (lines{"text 2 3probe", "200 101 packets 4on polling"}));
  r.send("4on websocket");
  EXPECT_EQ(r.machine.queued_bytes(), 13U);
  EXPECT_EQ(r.take(), lines{});
  r.text("5", 2);
  EXPECT_EQ(r.take(), (lines{"upgraded", "text 2 4on websocket"}));
  EXPECT_EQ(r.machine.queued_bytes(), 0U);
}

TEST(EngineioServerUpgrade, PollingWithTheSameSidIsRefusedAfterwards) {
  engine_rig r;
  r.polling();
  r.probe(2);
  r.text("2probe", 2);
  r.text("5", 2);
  r.take();
  r.get(101);
  r.post(102, "4x");
  EXPECT_EQ(r.take(), (lines{"400 101", "400 102"}));
  r.text("4fine", 2);
  EXPECT_EQ(r.take(), lines{"message fine"});
}

TEST(EngineioServerUpgrade, AnotherWebsocketIsClosedDuringAndAfterIt) {
  engine_rig r;
  r.polling();
  r.probe(2);
  r.probe(3);
  EXPECT_EQ(r.take(), lines{"close 3"});
  r.text("2probe", 2);
  r.text("5", 2);
  r.take();
  r.probe(4);
  EXPECT_EQ(r.take(), lines{"close 4"});
  r.text("2probe", 4);
  r.text("4fine", 2);
  EXPECT_EQ(r.take(), lines{"message fine"});
}

TEST(EngineioServerUpgrade, AnythingElseEndsTheProbeOnly) {
  for (const auto* frame : {"2", "2other", "3probe", "4hello", "1", "abc", ""}) {
    engine_rig r;
    r.polling();
    r.probe(2);
    r.text(frame, 2);
    EXPECT_EQ(r.take(), lines{"close 2"}) << frame;
    r.get(101);
    r.send("4still");
    EXPECT_EQ(r.take(), lines{"200 101 packets 4still"}) << frame;
    r.probe(3);
    r.text("2probe", 3);
    EXPECT_EQ(r.take(), lines{"text 3 3probe"}) << frame;
  }
  engine_rig r;
  r.polling();
  r.probe(2);
  r.binary("x", 2);
  EXPECT_EQ(r.take(), lines{"close 2"});
}

TEST(EngineioServerUpgrade, GivenUpWhenItTakesTooLong) {
  auto o = engine_rig::quick();
  o.upgrade_timeout = 100ms;
  engine_rig r(o);
  r.polling();
  r.probe(2);
  r.text("2probe", 2);
  r.take();
  r.advance(99ms);
  EXPECT_EQ(r.take(), lines{});
  r.advance(1ms);
  EXPECT_EQ(r.take(), lines{"close 2"});
  r.get(101);
  EXPECT_EQ(r.take(), lines{}); // no longer sent home
}

TEST(EngineioServerUpgrade, GivenUpWhenTheProbesSocketEnds) {
  engine_rig r;
  r.polling();
  r.probe(2);
  r.text("2probe", 2);
  r.take();
  r.machine.websocket_closed(2, r.now);
  r.get(101);
  EXPECT_EQ(r.take(), lines{});
  r.probe(3);
  EXPECT_EQ(r.take(), lines{});
}

TEST(EngineioServerUpgrade, NotOfferedAndNotTakenWhereItIsOff) {
  auto o = engine_rig::quick();
  o.upgrades = false;
  engine_rig r(o);
  r.machine.begin_polling(100, r.now);
  EXPECT_EQ(r.take(), lines{"200 100 packets " + engine_rig::open_packet(false)});
  r.probe(2);
  EXPECT_EQ(r.take(), lines{"close 2"});
}

TEST(EngineioServerUpgrade, TheHeartbeatGoesOn) {
  engine_rig r;
  r.polling();
  r.probe(2);
  r.text("2probe", 2);
  r.text("5", 2);
  r.take();
  r.advance(300ms);
  EXPECT_EQ(r.take(), lines{"text 2 2"});
  r.advance(200ms);
  EXPECT_EQ(r.take(), (lines{"close 2", "closed ping timeout"}));
}

TEST(EngineioServerUpgrade, APongOwedOnPollingIsStillOwedAfterIt) {
  engine_rig r;
  r.polling();
  r.get(101);
  r.advance(300ms);
  EXPECT_EQ(r.take(), lines{"200 101 packets 2"});
  r.probe(2);
  r.text("2probe", 2);
  r.text("5", 2);
  r.take();
  r.advance(200ms);
  EXPECT_EQ(r.take(), (lines{"close 2", "closed ping timeout"}));
}

TEST(EngineioServerUpgrade, ACloseWaitsForIt) {
  engine_rig r;
  r.polling();
  r.probe(2);
  r.text("2probe", 2);
  r.take();
  r.send("4last words");
  r.machine.close(end_reason::application, r.now);
  EXPECT_EQ(r.take(), lines{});
  r.text("5", 2);
  EXPECT_EQ(r.take(), (lines{"upgraded", "text 2 4last words", "close 2",
                             "closed closed by the application"}));
}

TEST(EngineioServerUpgrade, ThePingTimeoutEndsTheProbeToo) {
  engine_rig r;
  r.polling();
  r.probe(2);
  r.advance(300ms);
  r.advance(200ms);
  EXPECT_EQ(r.take(), (lines{"close 2", "closed ping timeout"}));
}

} // namespace
} // namespace dockhost::protocol
