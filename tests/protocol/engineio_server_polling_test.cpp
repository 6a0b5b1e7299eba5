// SPDX-License-Identifier: MIT
// PROTOCOL part 3 on polling: open, heartbeat, payloads, overlapping requests, close.
#include "server_rig.hpp"

namespace dockhost::protocol {
namespace {

using engineio::server::end_reason;

TEST(EngineioServerPolling, Opens) {
  engine_rig r;
  r.polling();
  r.get(101);
  EXPECT_EQ(r.take(), lines{}); // waits
}

TEST(EngineioServerPolling, PingsAndTakesPongs) {
  engine_rig r;
  r.polling();
  for (std::uint32_t i = 0; i < 3; ++i) {
    r.get(200 + i);
    r.advance(299ms);
    EXPECT_EQ(r.take(), lines{});
    r.advance(1ms);
    EXPECT_EQ(r.take(), lines{"200 " + std::to_string(200 + i) + " packets 2"});
    r.advance(199ms);
    r.post(300 + i, "3");
    EXPECT_EQ(r.take(), lines{"200 " + std::to_string(300 + i) + " ok"});
  }
}

TEST(EngineioServerPolling, ThePingWaitsForTheNextGet) {
  engine_rig r;
  r.polling();
  r.advance(300ms);
  r.send("4x");
  r.get(101);
  EXPECT_EQ(r.take(), lines{"200 101 packets 2\x1e"
                            "4x"});
}

TEST(EngineioServerPolling, ClosesWithoutAPong) {
  engine_rig r;
  r.polling();
  r.get(101);
  r.advance(300ms);
  EXPECT_EQ(r.take(), lines{"200 101 packets 2"});
  r.get(102);
  r.advance(200ms);
  EXPECT_EQ(r.take(), (lines{"200 102 packets 1", "closed ping timeout"}));
}

TEST(EngineioServerPolling, ClosesWithoutAPongWhenNobodyAsks) {
  engine_rig r;
  r.polling();
  r.advance(300ms);
  r.advance(200ms);
  EXPECT_EQ(r.take(), lines{"closed ping timeout"});
}

TEST(EngineioServerPolling, ClosesOnAPingFromTheClient) {
  engine_rig r;
  r.polling();
  r.get(101);
  r.post(102, "2");
  EXPECT_EQ(r.take(), (lines{"200 101 packets 1", "400 102", "closed transport error"}));
}

TEST(EngineioServerPolling, OneTextPacketBothWays) {
  engine_rig r;
  r.polling();
  r.post(101, "4hello");
  EXPECT_EQ(r.take(), (lines{"message hello", "200 101 ok"}));
  r.send("4hello");
  EXPECT_EQ(r.take(), lines{});
  r.get(102);
  EXPECT_EQ(r.take(), lines{"200 102 packets 4hello"});
}

TEST(EngineioServerPolling, SeveralPacketsInAPayload) {
  engine_rig r;
  r.polling();
  r.post(101, "4test1\x1e"
              "4test2\x1e"
              "4test3");
  EXPECT_EQ(r.take(), (lines{"message test1", "message test2", "message test3", "200 101 ok"}));
  r.get(102);
  r.send("4test1");
  r.send("4test2");
  EXPECT_EQ(r.take(), lines{"200 102 packets 4test1\x1e"
                            "4test2"});
}

TEST(EngineioServerPolling, MixedTextAndBinaryInAPayload) {
  engine_rig r;
  r.polling();
  r.post(101, "4hello\x1e"
              "bAQIDBA==");
  EXPECT_EQ(r.take(), (lines{"message hello", "binary message \x01\x02\x03\x04", "200 101 ok"}));
  r.machine.send(std::make_shared<const engineio::server::outgoing>(
      engineio::server::outgoing{"4hello", {"\x01\x02\x03\x04"}}));
  r.machine.send(
      std::make_shared<const engineio::server::outgoing>(engineio::server::outgoing{"", {"\x01"}}));
  EXPECT_EQ(r.machine.queued_bytes(), 11U);
  r.get(102);
  EXPECT_EQ(r.take(), lines{"200 102 packets 4hello\x1e"
                            "bAQIDBA==\x1e"
                            "bAQ=="});
  EXPECT_EQ(r.machine.queued_bytes(), 0U);
}

TEST(EngineioServerPolling, ClosesOnWhatIsNoPayload) {
  for (const auto* body : {"abc", "", "4a\x1e",
                           "\x1e"
                           "4a",
                           "4a\x1e"
                           "7",
                           "b?", "bAQ", "99"}) {
    engine_rig r;
    r.polling();
    r.get(101);
    r.post(102, body);
    auto got = r.take();
    if (!got.empty() && got.front() == "message a") got.erase(got.begin());
    EXPECT_EQ(got, (lines{"200 101 packets 1", "400 102", "closed parse error"})) << body;
  }
}

TEST(EngineioServerPolling, ASecondGetEndsTheSession) {
  engine_rig r;
  r.polling();
  r.get(101);
  r.get(102);
  EXPECT_EQ(r.take(), (lines{"200 101 packets 1", "400 102", "closed transport error"}));
}

TEST(EngineioServerPolling, ASecondPostEndsTheSession) {
  engine_rig r;
  r.polling();
  r.get(100);
  r.machine.post_begun(101, false, r.now);
  r.machine.post_begun(102, false, r.now);
  EXPECT_EQ(r.take(), (lines{"200 100 packets 1", "400 101", "400 102", "closed transport error"}));
  r.machine.post_body(101, "4late", r.now);
  EXPECT_EQ(r.take(), lines{});
}

TEST(EngineioServerPolling, AGetThatIsBrokenOffEndsTheSession) {
  engine_rig r;
  r.polling();
  r.get(101);
  r.machine.request_gone(101, r.now);
  EXPECT_EQ(r.take(), lines{"closed transport error"});
}

TEST(EngineioServerPolling, APostThatIsBrokenOffEndsTheSession) {
  engine_rig r;
  r.polling();
  r.get(101);
  r.machine.post_begun(102, false, r.now);
  r.machine.request_gone(102, r.now);
  EXPECT_EQ(r.take(), (lines{"200 101 packets 1", "closed transport error"}));
}

TEST(EngineioServerPolling, TakesNoBinaryBody) {
  engine_rig r;
  r.polling();
  r.machine.post_begun(101, true, r.now);
  EXPECT_EQ(r.take(), (lines{"400 101", "closed transport error"}));
}

TEST(EngineioServerPolling, RefusesABodyOverMaxPayloadAndGoesOn) {
  auto o = engine_rig::quick();
  o.max_payload = 10;
  engine_rig r(o);
  r.machine.begin_polling(100, r.now);
  r.take();
  r.post(101, "4234567890");
  EXPECT_EQ(r.take(), (lines{"message 234567890", "200 101 ok"}));
  r.post(102, "42345678901");
  EXPECT_EQ(r.take(), lines{"413 102"});
  r.machine.post_begun(103, false, r.now);
  r.machine.post_too_large(103);
  EXPECT_EQ(r.take(), lines{"413 103"});
  r.post(104, "4fine");
  EXPECT_EQ(r.take(), (lines{"message fine", "200 104 ok"}));
}

TEST(EngineioServerPolling, RefusesOtherMethods) {
  engine_rig r;
  r.polling();
  r.machine.other_request(101);
  EXPECT_EQ(r.take(), lines{"500 101"});
  r.post(102, "4fine");
  EXPECT_EQ(r.take(), (lines{"message fine", "200 102 ok"}));
}

TEST(EngineioServerPolling, ClosedByTheClientsPacket) {
  engine_rig r;
  r.polling();
  r.get(101);
  r.post(102, "1");
  EXPECT_EQ(r.take(), (lines{"200 101 packets 6", "200 102 ok", "closed closed by the client"}));
}

TEST(EngineioServerPolling, NothingIsHeardAfterTheClientsClose) {
  engine_rig r;
  r.polling();
  r.post(102, "4a\x1e"
              "1\x1e"
              "4b");
  EXPECT_EQ(r.take(), (lines{"message a", "200 102 ok", "closed closed by the client"}));
}

TEST(EngineioServerPolling, ACloseIsToldToTheGetThatWaits) {
  engine_rig r;
  r.polling();
  r.get(101);
  r.machine.close(end_reason::application, r.now);
  EXPECT_EQ(r.take(), (lines{"200 101 packets 1", "closed closed by the application"}));
}

TEST(EngineioServerPolling, ACloseWaitsForTheNextGets) {
  engine_rig r;
  r.polling();
  r.send("4last");
  r.machine.close(end_reason::application, r.now);
  r.send("4too late");
  EXPECT_EQ(r.take(), lines{});
  r.post(101, "4ignored");
  EXPECT_EQ(r.take(), lines{"200 101 ok"});
  r.get(102);
  EXPECT_EQ(r.take(), lines{"200 102 packets 4last"});
  r.get(103);
  EXPECT_EQ(r.take(), (lines{"200 103 packets 6\x1e"
                             "1",
                             "closed closed by the application"}));
}

TEST(EngineioServerPolling, ACloseAfterSomethingSentToAWaitingGet) {
  engine_rig r;
  r.polling();
  r.get(101);
  r.send("4last");
  r.machine.close(end_reason::application, r.now);
  EXPECT_EQ(r.take(), lines{"200 101 packets 4last"});
  r.get(102);
  EXPECT_EQ(r.take(), (lines{"200 102 packets 6\x1e"
                             "1",
                             "closed closed by the application"}));
}

TEST(EngineioServerPolling, ACloseDoesNotWaitForEver) {
  engine_rig r;
  r.polling();
  r.machine.close(end_reason::connect_timeout, r.now);
  EXPECT_EQ(r.machine.deadline(), r.now + 30s);
  r.advance(29'999ms);
  EXPECT_EQ(r.take(), lines{});
  r.advance(1ms);
  EXPECT_EQ(r.take(), lines{"closed connect timeout"});
}

TEST(EngineioServerPolling, ABadPacketRefusesItsPost) {
  engine_rig r;
  r.polling();
  r.machine.post_begun(101, false, r.now);
  r.machine.post_body(101,
                      "4bad\x1e"
                      "4more",
                      r.now);
  const auto first = r.machine.next();
  ASSERT_TRUE(first && std::holds_alternative<engineio::server::message>(*first));
  r.machine.close(end_reason::bad_packet, r.now);
  EXPECT_EQ(r.take(), lines{"400 101"});
  r.get(102);
  EXPECT_EQ(r.take(), (lines{"200 102 packets 6\x1e"
                             "1",
                             "closed bad packet"}));
}

TEST(EngineioServerPolling, DroppedAtOnce) {
  engine_rig r;
  r.polling();
  r.send("4lost");
  r.machine.drop(end_reason::shutdown);
  EXPECT_EQ(r.take(), lines{"closed server shutting down"});
  engine_rig waiting;
  waiting.polling();
  waiting.get(101);
  waiting.send("4told");
  waiting.machine.drop(end_reason::shutdown);
  EXPECT_EQ(waiting.take(), (lines{"200 101 packets 4told\x1e"
                                   "1",
                                   "closed server shutting down"}));
}

TEST(EngineioServerPolling, ALongQueueTakesSeveralGets) {
  engine_rig r;
  r.polling();
  const std::string big = '4' + std::string(600'000, 'x');
  for (int i = 0; i < 3; ++i)
    r.send(big);
  EXPECT_EQ(r.machine.queued_bytes(), 3 * big.size());
  r.get(101);
  auto got = r.take();
  ASSERT_EQ(got.size(), 1U);
  EXPECT_EQ(got[0], "200 101 packets " + big + '\x1e' + big);
  EXPECT_EQ(r.machine.queued_bytes(), big.size());
  r.get(102);
  EXPECT_EQ(r.take(), lines{"200 102 packets " + big});
}

} // namespace
} // namespace dockhost::protocol
