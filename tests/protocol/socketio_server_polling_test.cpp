// SPDX-License-Identifier: MIT
// PROTOCOL part 3, the rules of Socket.IO, on polling, and across the upgrade.
#include "server_rig.hpp"

namespace dockhost::protocol {
namespace {

using engineio::server::end_reason;
using socketio::placeholder;
using socketio::server::encode_event;

const std::string one = "{\"_placeholder\":true,\"num\":0}";
const std::string two = "{\"_placeholder\":true,\"num\":1}";
const std::string separator = "\x1e";

class polling_rig : public socketio_rig {
public:
  using socketio_rig::socketio_rig;
  /// Joins the main namespace.
  void connect() {
    polling();
    post(1, "40");
    get(2);
    EXPECT_EQ(take(), (lines{"connecting / {}", "200 1 ok", "200 2 packets 40{\"sid\":\"sio\"}"}));
  }
};

TEST(SocketioServerPolling, ConnectsToTheMainNamespace) {
  polling_rig r;
  r.connect();
}

TEST(SocketioServerPolling, ConnectsToSeveralNamespacesInOnePayload) {
  polling_rig r;
  r.polling();
  r.get(1);
  r.post(2, "40{\"token\":\"t\"}" + separator + "40/custom," + separator + "40/random,");
  EXPECT_EQ(r.take(),
            (lines{"connecting / {\"token\":\"t\"}", "connecting /custom {}", "200 2 ok",
                   "200 1 packets 40{\"sid\":\"sio\"}" + separator + "40/custom,{\"sid\":\"sio\"}" +
                       separator + "44/random,{\"message\":\"Invalid namespace\"}"}));
}

TEST(SocketioServerPolling, ClosesWithoutConnect) {
  polling_rig r;
  r.polling();
  r.get(1);
  r.io.tick(r.now + 1s);
  r.pump_io();
  EXPECT_EQ(r.take(), (lines{"200 1 packets 1", "closed connect timeout"}));
}

TEST(SocketioServerPolling, EventsAndAnswersBothWays) {
  polling_rig r;
  r.connect();
  r.post(3, "42[\"message\",1]" + separator + "427[\"message-with-ack\",2]");
  EXPECT_EQ(r.take(),
            (lines{"event / message [1]", "event / message-with-ack [2] ack=7", "200 3 ok"}));
  EXPECT_TRUE(r.io.emit("/", *encode_event("/", "message-back", {1})));
  EXPECT_TRUE(r.io.acknowledge("/", 7, {2}));
  ASSERT_TRUE(r.io.emit_with_ack("/", "ask", {}, {}, 1s, r.now));
  r.pump_io();
  r.get(4);
  EXPECT_EQ(r.take(), lines{"200 4 packets 42[\"message-back\",1]" + separator + "437[2]" +
                            separator + "420[\"ask\"]"});
  r.post(5, "430[\"yes\"]");
  EXPECT_EQ(r.take(), (lines{"acked 0 [\"yes\"]", "200 5 ok"}));
}

TEST(SocketioServerPolling, BinaryBothWays) {
  polling_rig r;
  r.connect();
  r.post(3, "452-9[\"up\"," + one + "," + two + "]" + separator + "bQQ==");
  EXPECT_EQ(r.take(), lines{"200 3 ok"});
  r.post(4, "bQg==");
  EXPECT_EQ(r.take(), (lines{"event / up [" + one + "," + two + "] ack=9 A B", "200 4 ok"}));
  EXPECT_TRUE(r.io.acknowledge("/", 9, {placeholder(0), placeholder(1)}, {"A", "B"}));
  r.pump_io();
  r.get(5);
  EXPECT_EQ(r.take(), lines{"200 5 packets 462-9[" + one + "," + two + "]" + separator +
                            "bQQ==" + separator + "bQg=="});
}

TEST(SocketioServerPolling, TheTransportStaysOpenAfterADisconnect) {
  polling_rig r;
  r.connect();
  r.get(3);
  r.post(4, "41");
  EXPECT_EQ(r.take(), (lines{"left /", "200 4 ok"}));
  r.advance(300ms);
  EXPECT_EQ(r.take(), lines{"200 3 packets 2"});
}

TEST(SocketioServerPolling, ClosesOnBadPackets) {
  for (const std::string frame :
       {"4abc", "42{}", "42abc[\"message\"]", "41{}", "43[]", "40", "bQQ==", "451-[\"e\"]"}) {
    polling_rig r;
    r.connect();
    r.get(3);
    r.post(4, frame + separator + "42[\"message\"]");
    auto got = r.take();
    EXPECT_EQ(got, (lines{"left /", "400 4", "200 3 packets 1", "closed bad packet"})) << frame;
  }
}

TEST(SocketioServerPolling, TellsTheEndAfterABadPacketToTheNextGet) {
  polling_rig r;
  r.connect();
  r.post(4, "4abc");
  EXPECT_EQ(r.take(), (lines{"left /", "400 4"}));
  r.get(5);
  EXPECT_EQ(r.take(), (lines{"200 5 packets 6" + separator + "1", "closed bad packet"}));
}

TEST(SocketioServerPolling, ClosesAllWithWords) {
  polling_rig r;
  r.connect();
  r.get(3);
  r.io.close_all(end_reason::application);
  EXPECT_EQ(r.take_all(), (lines{"left /", "200 3 packets 41"}));
  r.get(4);
  EXPECT_EQ(r.take(),
            (lines{"200 4 packets 6" + separator + "1", "closed closed by the application"}));
}

TEST(SocketioServerPolling, QueuedBytesAreCountedUntilTheyAreFetched) {
  polling_rig r;
  r.connect();
  const auto packet = *encode_event("/", "e", {std::string(1'000, 'x')});
  for (std::size_t i = 1; i <= 10; ++i) {
    EXPECT_TRUE(r.io.emit("/", packet));
    r.pump_io();
    EXPECT_EQ(r.machine.queued_bytes(), i * packet->bytes());
  }
  r.get(3);
  EXPECT_EQ(r.take().size(), 1U);
  EXPECT_EQ(r.machine.queued_bytes(), 0U);
}

TEST(SocketioServerPolling, ManyTinyPacketsInAPayload) {
  polling_rig r;
  r.connect();
  std::string body = "42[\"a\"]";
  for (int i = 1; i < 100'000; ++i)
    body += separator + "42[\"a\"]";
  r.post(3, std::move(body));
  const auto got = r.take();
  ASSERT_EQ(got.size(), 100'001U);
  EXPECT_EQ(got.back(), "200 3 ok");
}

TEST(SocketioServerUpgrade, ConnectsBeforeAndEmitsAfterIt) {
  polling_rig r;
  r.connect();
  r.get(3);
  r.probe(9);
  r.text("2probe", 9);
  EXPECT_EQ(r.take(), (lines{"text 9 3probe", "200 3 packets 6"}));
  EXPECT_TRUE(r.io.emit("/", *encode_event("/", "e", {placeholder(0)}, {"B"})));
  EXPECT_EQ(r.take_all(), lines{});
  r.text("5", 9);
  EXPECT_EQ(r.take(), (lines{"upgraded", "text 9 451-[\"e\"," + one + "]", "binary 9 B"}));
  r.text("42[\"message\"]", 9);
  EXPECT_EQ(r.take(), lines{"event / message []"});
}

TEST(SocketioServerUpgrade, ABinaryPacketMayBeCutByIt) {
  polling_rig r;
  r.connect();
  r.post(3, "452-[\"up\"," + one + "," + two + "]" + separator + "bQQ==");
  r.probe(9);
  r.text("2probe", 9);
  r.text("5", 9);
  r.binary("B", 9);
  EXPECT_EQ(r.take(), (lines{"200 3 ok", "text 9 3probe", "upgraded",
                             "event / up [" + one + "," + two + "] A B"}));
}

} // namespace
} // namespace dockhost::protocol
