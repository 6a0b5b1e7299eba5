// SPDX-License-Identifier: MIT
#include "tests/net/server_fixture.hpp"

#include "net/detail/deflate_codec.hpp"
#include "net/websocket_client.hpp"

namespace dockhost::net::test {
namespace {

class WebSocketServer : public ServerTest {
protected:
  /// The code of the close frame that comes next, 0 where none does, 1 for one without a code.
  static int close_code_of(peer& p) {
    for (;;) {
      const frame f = read_frame(p);
      if (f.op == -1) return 0;
      if (f.op != close_frame) continue;
      if (f.payload.empty()) return 1;
      return static_cast<unsigned char>(f.payload[0]) << 8 |
             static_cast<unsigned char>(f.payload[1]);
    }
  }
  /// What a peer that sends this is told, and that it is then rid of.
  int answer_to(const std::string& bytes) {
    const auto p = upgraded("/ws?echo");
    recording_listener& l = listener();
    p->send(bytes);
    const int code = close_code_of(*p);
    p->close();
    EXPECT_TRUE(l.wait_closed());
    return code;
  }
};

TEST_F(WebSocketServer, TheHandshakeIsRight) {
  accept.headers = {{"X-Own", "value"}};
  start();
  const auto p = upgraded();
  EXPECT_NE(head.find("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"), // section 1.3
            std::string::npos)
      << head;
  EXPECT_NE(head.find("Upgrade: websocket\r\n"), std::string::npos);
  EXPECT_NE(head.find("X-Own: value\r\n"), std::string::npos);
  EXPECT_EQ(head.find("Sec-WebSocket-Extensions"), std::string::npos);
  EXPECT_EQ(server->stats().websockets, 1U);
}

TEST_F(WebSocketServer, AHandshakeMayBeRefusedByTheApplication) {
  start();
  const auto p = connect();
  p->send(upgrade_request("/hello"));
  const auto a = read_answer(*p);
  EXPECT_EQ(a.status, 200);
  EXPECT_EQ(a.body, "hello");
  p->send(upgrade_request("/nowhere"));
  EXPECT_EQ(read_answer(*p).status, 404);
}

TEST_F(WebSocketServer, ABrokenHandshakeNeverGetsThere) {
  start();
  EXPECT_EQ(ask_raw("GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                    "Sec-WebSocket-Version: 13\r\n\r\n")
                .status,
            400);
  EXPECT_EQ(ask_raw("GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                    "Sec-WebSocket-Key: short\r\nSec-WebSocket-Version: 13\r\n\r\n")
                .status,
            400);
  const auto old =
      ask_raw("GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket"
              "\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
              "Sec-WebSocket-Version: 7\r\n\r\n");
  EXPECT_EQ(old.status, 426);
  EXPECT_EQ(old.header("Sec-WebSocket-Version"), "13");
  EXPECT_EQ(opened, 0);
}

TEST_F(WebSocketServer, EchoesWhateverTheFraming) {
  start();
  const auto p = upgraded("/ws?echo");
  const std::string long_text(70'000, 'l');
  for (const std::string& text : {std::string("hi"), std::string(), std::string(125, 'a'),
                                  std::string(126, 'b'), std::string(65'535, 'c'), long_text}) {
    p->send(client_message(opcode::text, text));
    const frame f = read_frame(*p);
    EXPECT_EQ(f.op, opcode::text);
    EXPECT_TRUE(f.last);
    EXPECT_FALSE(f.masked);
    EXPECT_TRUE(f.payload == text) << text.size();
  }
  p->send(client_message(binary, std::string("\0\xff", 2)));
  EXPECT_EQ(read_frame(*p).payload, std::string("\0\xff", 2));
  // In fragments, with a ping in between, a character cut in two, and byte by byte.
  const std::string pieces = masked(0x01, "gr\xc3") + masked(0x89, "p") + masked(0x00, "\xbc") +
                             masked(0x80, "n") + client_message(opcode::text, "next");
  for (const char c : pieces)
    p->send(std::string(1, c));
  const frame pong_seen = read_frame(*p);
  EXPECT_EQ(pong_seen.op, pong);
  EXPECT_EQ(pong_seen.payload, "p");
  EXPECT_EQ(read_frame(*p).payload, "gr\xc3\xbcn");
  EXPECT_EQ(read_frame(*p).payload, "next");
}

TEST_F(WebSocketServer, FramesThatComeWithTheHandshakeAreRead) {
  start();
  const auto p = connect();
  p->send(upgrade_request("/ws?echo&greet") + client_message(opcode::text, "early"));
  p->read_until("\r\n\r\n");
  EXPECT_EQ(read_frame(*p).payload, "welcome");
  EXPECT_EQ(read_frame(*p).payload, "early");
}

TEST_F(WebSocketServer, WorksWithOurOwnClient) {
  start();
  std::atomic<int> echoed = 0;
  std::promise<net_error> closed;
  const std::string text(1'000'000 - 10, 'x');
  websocket_options options;
  options.target = "/ws?echo";
  websocket_client client(
      io, {.unix_path = {}, .host = "127.0.0.1", .port = port, .tls_settings = {}}, options,
      {.on_open = {},
       .on_text = [&](std::string_view m) { echoed += m == text ? 1 : 100; },
       .on_binary = {},
       .on_closed = [&](net_error e) { closed.set_value(std::move(e)); }});
  for (int i = 0; i < 5; ++i)
    client.send_text(text);
  ASSERT_TRUE(eventually([&] { return echoed == 5; }));
  client.close();
  EXPECT_EQ(closed.get_future().get().code, net_errc::cancelled);
  EXPECT_TRUE(listener().wait_closed());
  EXPECT_EQ(listener().end.code, close_code::normal);
  EXPECT_TRUE(empty());
}

TEST_F(WebSocketServer, SeveralFramesOfOneTurnGoOutTogether) {
  start();
  const auto p = upgraded();
  on_io(io, [&] {
    for (int i = 0; i < 200; ++i)
      listener().socket->send(i % 2 ? message_kind::binary : message_kind::text,
                              share(std::to_string(i)));
  });
  for (int i = 0; i < 200; ++i) {
    const frame f = read_frame(*p);
    EXPECT_EQ(f.op, i % 2 ? binary : opcode::text);
    EXPECT_EQ(f.payload, std::to_string(i));
  }
  EXPECT_TRUE(eventually([&] { return listener().drained == 1; })); // mark 0: all written
}

TEST_F(WebSocketServer, ThePeersCloseIsAnsweredAndTold) {
  start();
  const auto p = upgraded();
  p->send(client_message(close_frame, std::string("\x0f\xa1", 2) + "bye"));
  EXPECT_EQ(close_code_of(*p), 4001);
  EXPECT_EQ(p->read_some(), ""); // the server ends the connection first
  ASSERT_TRUE(listener().wait_closed());
  EXPECT_EQ(listener().end.code, 4001);
  EXPECT_EQ(listener().end.reason, "bye");
  p->close();
  EXPECT_TRUE(empty());
  const auto q = upgraded();
  q->send(client_message(close_frame, ""));
  EXPECT_EQ(close_code_of(*q), 1);
  ASSERT_TRUE(listener().wait_closed());
  EXPECT_EQ(listener().end.code, close_code::no_status);
}

TEST_F(WebSocketServer, OurCloseComesAfterWhatIsQueuedAndWaitsForThePeers) {
  start();
  const auto p = upgraded();
  recording_listener& l = listener();
  on_io(io, [&] {
    l.socket->send(message_kind::text, share("last words"));
    l.socket->close(4002, "enough");
    EXPECT_FALSE(l.socket->open());
    EXPECT_FALSE(l.socket->send(message_kind::text, share("too late")));
    l.socket->close(4003, "twice");
  });
  EXPECT_EQ(read_frame(*p).payload, "last words");
  const frame f = read_frame(*p);
  EXPECT_EQ(f.op, close_frame);
  EXPECT_EQ(f.payload, std::string("\x0f\xa2", 2) + "enough");
  EXPECT_EQ(l.closed, 0);
  p->send(client_message(opcode::text, "dropped")); // came while it was closing
  p->send(client_message(close_frame, f.payload));
  EXPECT_EQ(p->read_some(), "");
  ASSERT_TRUE(l.wait_closed());
  EXPECT_EQ(l.end.code, 4002);
  EXPECT_EQ(l.messages, 0);
}

TEST_F(WebSocketServer, ACloseWithoutACodeIsEmptyAndALongReasonIsCut) {
  start();
  const auto p = upgraded();
  on_io(io, [&] { listener().socket->close(close_code::no_status); });
  EXPECT_EQ(close_code_of(*p), 1);
  const auto q = upgraded();
  std::string reason(122, 'r');
  reason += "\xc3\xbc and more";
  on_io(io, [&] { listener().socket->close(1000, reason); });
  const frame f = read_frame(*q);
  EXPECT_EQ(f.payload.substr(2), std::string(122, 'r')); // the character doesn't fit whole
}

TEST_F(WebSocketServer, AnUnansweredCloseHasADeadline) {
  limits.close_time = 50ms;
  start();
  const auto p = upgraded();
  on_io(io, [&] { listener().socket->close(); });
  ASSERT_TRUE(listener().wait_closed());
  EXPECT_EQ(listener().end.code, close_code::abnormal);
  EXPECT_EQ(listener().end.what, "the close frame was not answered in time");
  EXPECT_TRUE(empty());
}

TEST_F(WebSocketServer, AbortAndDroppingTheHandleEndItAtOnce) {
  start();
  const auto p = upgraded();
  recording_listener& l = listener();
  on_io(io, [&] {
    l.socket->abort();
    EXPECT_EQ(l.closed, 0); // not from within
    EXPECT_FALSE(l.socket->send(message_kind::text, share("x")));
  });
  EXPECT_EQ(p->read_some(), "");
  ASSERT_TRUE(l.wait_closed());
  EXPECT_EQ(l.end.what, "aborted");
  const auto q = upgraded();
  recording_listener& m = listener();
  on_io(io, [&] { m.socket.reset(); });
  EXPECT_EQ(q->read_some(), "");
  EXPECT_TRUE(empty());
  EXPECT_EQ(m.closed, 0);
}

TEST_F(WebSocketServer, AVanishedPeerIsTold) {
  start();
  const auto p = upgraded();
  p->close();
  ASSERT_TRUE(listener().wait_closed());
  EXPECT_EQ(listener().end.code, close_code::abnormal);
  const auto q = upgraded();
  q->reset();
  ASSERT_TRUE(listener().wait_closed());
  EXPECT_EQ(listener().end.what, "read ECONNRESET");
  EXPECT_TRUE(empty());
}

TEST_F(WebSocketServer, TheQueueIsBoundedAndDrainingIsTold) {
  accept.max_queued = 1'000'000;
  accept.low_mark = 100'000;
  start();
  const int before = opened;
  const auto p = connect("127.0.0.1", 4096);
  p->send(upgrade_request("/ws"));
  p->read_until("\r\n\r\n");
  ASSERT_TRUE(eventually([&] { return opened == before + 1; }));
  recording_listener& l = listener();
  const shared_bytes chunk = share(std::string(50'000, 'q'));
  int taken = 0;
  on_io(io, [&] {
    while (l.socket->send(message_kind::binary, chunk))
      ++taken;
    EXPECT_LE(l.socket->bytes_queued(), 1'000'000U);
  });
  EXPECT_GE(taken, 19);
  // The kernel takes some; fill until it doesn't.
  ASSERT_TRUE(eventually([&] {
    const int had = taken;
    on_io(io, [&] {
      while (l.socket->send(message_kind::binary, chunk))
        ++taken;
    });
    return taken == had && server->stats().bytes_queued > 900'000;
  }));
  const int drained = l.drained;
  for (int i = 0; i < taken; ++i)
    ASSERT_EQ(read_frame(*p).payload.size(), 50'000U);
  EXPECT_TRUE(eventually([&] { return l.drained > drained; }));
  EXPECT_EQ(server->stats().bytes_queued, 0U);
}

TEST_F(WebSocketServer, WhatAPeerMayNotSend) {
  accept.max_message = 1000;
  start();
  const std::string text = "x";
  EXPECT_EQ(answer_to(frame_bytes(0x81, text)), 1002) << "unmasked";
  EXPECT_EQ(answer_to(masked(0x91, text)), 1002) << "RSV3";
  EXPECT_EQ(answer_to(masked(0xc1, text)), 1002) << "RSV1 without deflate";
  EXPECT_EQ(answer_to(masked(0x83, text)), 1002) << "unknown opcode";
  EXPECT_EQ(answer_to(masked(0x8b, text)), 1002) << "unknown control opcode";
  EXPECT_EQ(answer_to(masked(0x80, text)), 1002) << "nothing to continue";
  EXPECT_EQ(answer_to(masked(0x01, text) + masked(0x81, text)), 1002) << "inside another";
  EXPECT_EQ(answer_to(masked(0x09, text)), 1002) << "a fragmented ping";
  EXPECT_EQ(answer_to(masked(0x89, std::string(126, 'p'))), 1002) << "a long ping";
  EXPECT_EQ(answer_to(masked(0x88, "\x03")), 1002) << "half a close code";
  EXPECT_EQ(answer_to(masked(0x88, std::string("\x03\xed", 2))), 1002) << "1005 on the wire";
  EXPECT_EQ(answer_to(masked(0x88, std::string("\x03\xe8\xff", 3))), 1007) << "reason not UTF-8";
  EXPECT_EQ(answer_to(masked(0x81, "\xc3\x28")), 1007) << "text not UTF-8";
  EXPECT_EQ(answer_to(masked(0x81, "\xed\xa0\x80")), 1007) << "a surrogate";
  EXPECT_EQ(answer_to(masked(0x81, "\xc3")), 1007) << "cut short";
  EXPECT_EQ(answer_to(std::string("\x82\xfe\x00\x05\x01\x02\x03\x04", 8)), 1002) << "not shortest";
  EXPECT_EQ(answer_to(masked(0x82, std::string(1001, 'b'))), 1009);
  EXPECT_EQ(answer_to(masked(0x02, std::string(600, 'b')) + masked(0x80, std::string(401, 'b'))),
            1009);
  EXPECT_EQ(answer_to(std::string("\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xff", 10) + "mask"), 1009)
      << "8 EiB announced";
  EXPECT_EQ(answer_to(std::string("\x82\xff\xff\xff\xff\xff\xff\xff\xff\xff", 10) + "mask"), 1002)
      << "the highest bit";
  EXPECT_TRUE(empty());
  EXPECT_EQ(serious, 0);
  accept.too_big_code = 4009;
  EXPECT_EQ(answer_to(masked(0x82, std::string(1001, 'b'))), 4009);
}

TEST_F(WebSocketServer, AFloodOfPingsIsAnsweredWithinBounds) {
  start();
  const auto p = upgraded();
  std::string pings;
  for (int i = 0; i < 20'000; ++i)
    pings += client_message(ping, std::to_string(i));
  ASSERT_TRUE(p->send(pings)); // nobody reads the answers meanwhile
  std::string last;
  int pongs = 0;
  for (; last != "19999"; ++pongs) {
    const frame f = read_frame(*p);
    ASSERT_EQ(f.op, pong);
    last = f.payload;
  }
  EXPECT_LT(pongs, 5000); // what comes together is answered once or twice
}

TEST_F(WebSocketServer, AMessageThatNeverEndsHasADeadline) {
  limits.body_time = 50ms;
  start();
  const auto p = upgraded();
  p->send(masked(0x01, "begun"));
  EXPECT_EQ(close_code_of(*p), close_code::policy);
  ASSERT_TRUE(listener().wait_closed());
  EXPECT_EQ(listener().end.what, "a message took too long");
  const auto q = upgraded(); // an idle one has none
  std::this_thread::sleep_for(150ms);
  EXPECT_EQ(listener().closed, 0);
}

TEST_F(WebSocketServer, APeerThatStopsReadingIsClosedWhenNothingMoves) {
  limits.write_time = 100ms;
  start();
  const int before = opened;
  const auto p = connect("127.0.0.1", 4096);
  p->send(upgrade_request("/ws"));
  p->read_until("\r\n\r\n");
  ASSERT_TRUE(eventually([&] { return opened == before + 1; }));
  recording_listener& l = listener();
  on_io(io, [&] { l.socket->send(message_kind::binary, share(std::string(10'000'000, 'z'))); });
  ASSERT_TRUE(l.wait_closed());
  EXPECT_EQ(l.end.what, "the peer takes nothing");
  EXPECT_TRUE(empty());
}

TEST_F(WebSocketServer, DeflateBothWaysWithoutTakeover) {
  accept.deflate = true;
  start();
  const auto p = upgraded("/ws?echo", "Sec-WebSocket-Extensions: x-other, permessage-deflate; "
                                      "client_max_window_bits\r\n");
  EXPECT_NE(head.find("Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; "
                      "client_no_context_takeover\r\n"),
            std::string::npos)
      << head;
  detail::deflate_codec codec;
  std::string text;
  for (int i = 0; i < 3000; ++i)
    text += "line " + std::to_string(i) + "\n";
  for (int round = 0; round < 2; ++round) {
    p->send(masked(0xc1, codec.compress(text)));
    const std::string first = p->read_exactly(1);
    ASSERT_EQ(static_cast<unsigned char>(first[0]), 0xc1); // FIN, RSV1, text
    const std::string length = p->read_exactly(3);         // 126 and two bytes
    const std::size_t n = static_cast<std::size_t>(static_cast<unsigned char>(length[1])) << 8 |
                          static_cast<unsigned char>(length[2]);
    std::string inflated;
    EXPECT_EQ(codec.inflate(p->read_exactly(n), 1'000'000, inflated),
              detail::deflate_codec::outcome::whole);
    EXPECT_TRUE(inflated == text);
    EXPECT_LT(n, text.size() / 3);
  }
  p->send(client_message(opcode::text, "short ones go as they are"));
  EXPECT_EQ(read_frame(*p).payload, "short ones go as they are");
  p->send(masked(0xc1, codec.compress("")));
  EXPECT_EQ(read_frame(*p).payload, "");
}

TEST_F(WebSocketServer, DeflateOffersThatDontFitAreDeclined) {
  accept.deflate = true;
  start();
  for (const char* offer : {"permessage-deflate; server_max_window_bits=10", "x-webkit-deflate",
                            "permessage-deflate; unknown", "permessage-deflatex"}) {
    const auto p = upgraded("/ws?echo", "Sec-WebSocket-Extensions: " + std::string(offer) + "\r\n");
    EXPECT_EQ(head.find("Sec-WebSocket-Extensions"), std::string::npos) << offer;
  }
  accept.deflate = false;
  const auto p = upgraded("/ws", "Sec-WebSocket-Extensions: permessage-deflate\r\n");
  EXPECT_EQ(head.find("Sec-WebSocket-Extensions"), std::string::npos);
}

TEST_F(WebSocketServer, AnInflatedMessageIsBoundedToo) {
  accept.deflate = true;
  start();
  const std::string offer = "Sec-WebSocket-Extensions: permessage-deflate\r\n";
  detail::deflate_codec codec;
  const std::string bomb = codec.compress(std::string(100'000'000, '\0'));
  const auto p = upgraded("/ws", offer);
  p->send(masked(0xc2, bomb));
  EXPECT_EQ(close_code_of(*p), 1009);
  const auto q = upgraded("/ws", offer);
  q->send(masked(0xc2, "\xff\xff garbage"));
  EXPECT_EQ(close_code_of(*q), 1007);
  const auto r = upgraded("/ws", offer);
  r->send(masked(0x02, "a") + masked(0xc0, "b"));
  EXPECT_EQ(close_code_of(*r), 1002);
}

} // namespace
} // namespace dockhost::net::test
