// SPDX-License-Identifier: MIT
#include "net/websocket_client.hpp"

#include "tests/net/certificates.hpp"
#include "tests/net/frames.hpp"
#include "tests/net/http_fixture.hpp"

#include <optional>
#include <vector>

namespace dockhost::net::test {
namespace {

/// What a client's handlers told; written on the io thread, read once `closed` or another mark
/// says so.
struct record {
  std::atomic<int> opened = 0;
  std::atomic<int> messages = 0;
  std::atomic<int> closed = 0;
  std::vector<std::string> got; // "t:..." and "b:..."
  std::optional<net_error> why;

  websocket_handlers handlers() {
    return {[this] { ++opened; },
            [this](std::string_view m) {
              got.push_back("t:" + std::string(m));
              ++messages;
            },
            [this](std::string_view m) {
              got.push_back("b:" + std::string(m));
              ++messages;
            },
            [this](net_error e) {
              why = std::move(e);
              ++closed;
            }};
  }
  bool wait_closed() {
    return eventually([this] { return closed == 1; });
  }
};

/// Upgrades, sends every message back, answers the close frame.
void echo(peer& p, int) {
  p.send(upgrade(p.read_until("\r\n\r\n")));
  for (;;) {
    const frame f = read_frame(p);
    if (f.op == -1) return;
    EXPECT_TRUE(f.masked);
    p.send(frame_bytes(static_cast<unsigned char>((f.last ? 0x80 : 0) | f.op), f.payload));
    if (f.op == close_frame) return p.close();
  }
}

class WebSocketClient : public ::testing::Test {
protected:
  io_thread io;
};

TEST_F(WebSocketClient, EchoesTextAndBinary) {
  raw_server server(echo);
  record r;
  websocket_client client(io, server.where(), {}, r.handlers());
  EXPECT_TRUE(client.send_text("sent before it was open"));
  ASSERT_TRUE(eventually([&] { return r.opened == 1; }));
  EXPECT_TRUE(client.send_binary(std::string("\0\1\2", 3)));
  EXPECT_TRUE(client.send_text(""));
  ASSERT_TRUE(eventually([&] { return r.messages == 3; }));
  client.close();
  ASSERT_TRUE(r.wait_closed());
  EXPECT_EQ(r.why->code, net_errc::cancelled);
  EXPECT_EQ(r.got[0], "t:sent before it was open");
  EXPECT_EQ(r.got[1], std::string("b:\0\1\2", 5));
  EXPECT_EQ(r.got[2], "t:");
  EXPECT_FALSE(client.send_text("too late"));
}

TEST_F(WebSocketClient, TheHandshakeCarriesTargetAndHeaders) {
  std::promise<std::string> request;
  raw_server server([&](peer& p, int) {
    const std::string head = p.read_until("\r\n\r\n");
    request.set_value(head);
    p.send(upgrade(head));
    p.wait_closed();
  });
  websocket_options options;
  options.target = "/socket.io/?EIO=4&transport=websocket";
  options.headers = {{"X-Own", "value"}};
  record r;
  websocket_client client(io, server.where(), options, r.handlers());
  const std::string head = request.get_future().get();
  EXPECT_TRUE(head.starts_with("GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\n")) << head;
  EXPECT_NE(head.find("X-Own: value\r\n"), std::string::npos);
  EXPECT_NE(head.find("Host: 127.0.0.1:" + std::to_string(server.where().port) + "\r\n"),
            std::string::npos);
  EXPECT_EQ(head.find("Sec-WebSocket-Extensions"), std::string::npos);
}

TEST_F(WebSocketClient, ABigMessageIsOneFrameAndComesBackWhole) {
  std::atomic<bool> one_frame = true;
  raw_server server([&](peer& p, int) {
    p.send(upgrade(p.read_until("\r\n\r\n")));
    const frame f = read_frame(p);
    one_frame = f.last && f.op == binary;
    // Back in pieces: an unfinished frame, a ping in between, continuations.
    p.send(frame_bytes(binary, f.payload.substr(0, 1000)));
    p.send(message(ping, "p"));
    p.send(frame_bytes(0, f.payload.substr(1000, 70'000)));
    p.send(frame_bytes(0x80, f.payload.substr(71'000)));
    const frame answer = read_frame(p);
    EXPECT_EQ(answer.op, pong);
    EXPECT_EQ(answer.payload, "p");
    p.wait_closed();
  });
  record r;
  websocket_client client(io, server.where(), {}, r.handlers());
  std::string big(3'000'000, 'x');
  for (std::size_t i = 0; i < big.size(); ++i)
    big[i] = static_cast<char>(i * 7);
  EXPECT_TRUE(client.send_binary(big));
  ASSERT_TRUE(eventually([&] { return r.messages == 1; }));
  EXPECT_TRUE(one_frame);
  EXPECT_TRUE(r.got[0] == "b:" + big);
}

TEST_F(WebSocketClient, ManyMessagesKeepTheirOrder) {
  raw_server server(echo);
  record r;
  websocket_client client(io, server.where(), {}, r.handlers());
  for (int i = 0; i < 2000; ++i)
    EXPECT_TRUE(client.send_text(std::to_string(i)));
  ASSERT_TRUE(eventually([&] { return r.messages == 2000; }));
  for (int i = 0; i < 2000; ++i)
    EXPECT_EQ(r.got[static_cast<std::size_t>(i)], "t:" + std::to_string(i));
}

TEST_F(WebSocketClient, OverTls) {
  const identity ca = make_ca("ca");
  const temp_folder folder;
  write_cert(ca, folder / "ca.pem");
  const auto context = server_context(make_cert(ca, "IP:127.0.0.1"));
  raw_server server(echo, {}, context.get());
  endpoint where = server.where();
  where.tls_settings.ca_file = folder / "ca.pem";
  record r;
  websocket_client client(io, where, {}, r.handlers());
  EXPECT_TRUE(client.send_text(std::string(100'000, 'x')));
  ASSERT_TRUE(eventually([&] { return r.messages == 1; }));
  client.close();
  ASSERT_TRUE(r.wait_closed());
  where.tls_settings.ca_file.clear();
  record s;
  websocket_client distrustful(io, where, {}, s.handlers());
  ASSERT_TRUE(s.wait_closed());
  EXPECT_EQ(s.why->code, net_errc::tls);
  EXPECT_EQ(s.opened, 0);
}

TEST_F(WebSocketClient, ARefusedHandshakeTellsTheStatus) {
  for (const char* status : {"403", "404", "502", "200", "301"}) {
    raw_server server([&](peer& p, int) {
      p.read_until("\r\n\r\n");
      p.send(std::string("HTTP/1.1 ") + status + " No\r\nContent-Length: 2\r\n\r\nno");
      p.wait_closed();
    });
    record r;
    websocket_client client(io, server.where(), {}, r.handlers());
    client.send_text("never sent");
    ASSERT_TRUE(r.wait_closed());
    EXPECT_EQ(r.why->code, net_errc::handshake);
    EXPECT_EQ(r.why->http_status, std::stoi(status));
    EXPECT_EQ(r.why->message, std::string("Unexpected server response: ") + status);
    EXPECT_EQ(r.opened, 0);
  }
}

TEST_F(WebSocketClient, ARefusalWithAnEndlessOrHugeBodyIsARefusalAllTheSame) {
  for (const bool huge : {false, true}) {
    raw_server server([&](peer& p, int) {
      p.read_until("\r\n\r\n");
      p.send("HTTP/1.1 403 Forbidden\r\n\r\n"); // a body up to the end, which doesn't come
      if (huge) p.send(std::string(10'000'000, 'x'));
      p.wait_closed();
    });
    websocket_options options;
    options.connect_timeout = huge ? 5s : 100ms;
    record r;
    websocket_client client(io, server.where(), options, r.handlers());
    ASSERT_TRUE(r.wait_closed());
    EXPECT_EQ(r.why->http_status, 403);
  }
}

TEST_F(WebSocketClient, GarbageForAHandshake) {
  for (const std::string& bytes :
       {std::string("SSH-2.0-x\r\n\r\n"), std::string(100'000, 'x'),
        std::string("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                    "Connection: Upgrade\r\nSec-WebSocket-Accept: wrong\r\n\r\n"),
        std::string("HTTP/1.1 101 Switching Protocols\r\n\r\n")}) {
    raw_server server([&](peer& p, int) {
      p.read_until("\r\n\r\n");
      p.send(bytes);
      p.wait_closed();
    });
    record r;
    websocket_client client(io, server.where(), {}, r.handlers());
    ASSERT_TRUE(r.wait_closed());
    EXPECT_EQ(r.why->code, net_errc::protocol) << r.why->message;
  }
}

TEST_F(WebSocketClient, HeadersThatNeverEndAreTooLarge) {
  raw_server server([&](peer& p, int) {
    p.read_until("\r\n\r\n");
    p.send("HTTP/1.1 101 Switching Protocols\r\nX: " + std::string(1'000'000, 'x'));
    p.wait_closed();
  });
  record r;
  websocket_client client(io, server.where(), {}, r.handlers());
  ASSERT_TRUE(r.wait_closed());
  EXPECT_EQ(r.why->code, net_errc::too_large) << r.why->message;
}

TEST_F(WebSocketClient, AcceptedAndNeverAnswered) {
  raw_server server([](peer& p, int) { p.wait_closed(); });
  websocket_options options;
  options.connect_timeout = 60ms;
  record r;
  websocket_client client(io, server.where(), options, r.handlers());
  ASSERT_TRUE(r.wait_closed());
  EXPECT_EQ(r.why->code, net_errc::timeout) << r.why->message;
  EXPECT_EQ(r.opened, 0);
}

TEST_F(WebSocketClient, ClosedDuringTheHandshakeAndNobodyThere) {
  endpoint where;
  {
    raw_server server([](peer& p, int) {
      p.read_until("\r\n\r\n");
      p.close();
    });
    where = server.where();
    record r;
    websocket_client client(io, where, {}, r.handlers());
    ASSERT_TRUE(r.wait_closed());
    EXPECT_EQ(r.why->code, net_errc::closed) << r.why->message;
  }
  record r;
  websocket_client client(io, where, {}, r.handlers());
  ASSERT_TRUE(r.wait_closed());
  EXPECT_EQ(r.why->code, net_errc::refused);
  EXPECT_EQ(r.why->message, "connect ECONNREFUSED 127.0.0.1:" + std::to_string(where.port));
}

TEST_F(WebSocketClient, ThePeersCloseIsTold) {
  raw_server server([](peer& p, int) {
    p.send(upgrade(p.read_until("\r\n\r\n")));
    p.send(message(text, "last words"));
    p.send(message(close_frame, std::string("\x03\xe9", 2) + "going away"));
    EXPECT_EQ(read_frame(p).op, close_frame);
    p.close();
  });
  record r;
  websocket_client client(io, server.where(), {}, r.handlers());
  ASSERT_TRUE(r.wait_closed());
  EXPECT_EQ(r.got, std::vector<std::string>{"t:last words"});
  EXPECT_EQ(r.why->code, net_errc::closed);
  EXPECT_EQ(r.why->message, "the server closed the WebSocket: 1001 going away");
}

TEST_F(WebSocketClient, AConnectionCutOff) {
  for (const bool reset : {false, true}) {
    raw_server server([&](peer& p, int) {
      p.send(upgrade(p.read_until("\r\n\r\n")));
      p.send(message(text, "x"));
      if (reset) {
        p.reset();
      } else {
        p.close();
      }
    });
    record r;
    websocket_client client(io, server.where(), {}, r.handlers());
    ASSERT_TRUE(r.wait_closed());
    EXPECT_EQ(r.why->code, net_errc::closed) << r.why->message;
  }
}

TEST_F(WebSocketClient, AnOversizedMessageEndsIt) {
  const std::string big(1001, 'x');
  for (const std::string& bytes :
       {message(text, big), frame_bytes(text, big.substr(500)) + frame_bytes(0x80, big.substr(500)),
        std::string("\x82\x7f\x7f\xff\xff\xff\xff\xff\xff\xff", 10)}) { // 2^63-1 bytes announced
    raw_server server([&](peer& p, int) {
      p.send(upgrade(p.read_until("\r\n\r\n")));
      p.send(message(text, big.substr(1)));
      p.send(bytes);
      const frame f = read_frame(p);
      EXPECT_EQ(f.op, close_frame);
      EXPECT_EQ(f.payload.substr(0, 2), std::string("\x03\xf1", 2)); // 1009
      p.close();
    });
    websocket_options options;
    options.max_message = 1000;
    record r;
    websocket_client client(io, server.where(), options, r.handlers());
    ASSERT_TRUE(r.wait_closed());
    EXPECT_EQ(r.messages, 1);
    EXPECT_EQ(r.why->code, net_errc::too_large) << r.why->message;
  }
}

TEST_F(WebSocketClient, FramesThatBreakTheProtocol) {
  for (const std::string& bytes : {
           frame_bytes(0xc1, "reserved bit"),
           frame_bytes(0x83, "reserved opcode"),
           frame_bytes(0x80, "continuation of nothing"),
           frame_bytes(0x09, "a ping in pieces"),
           frame_bytes(0x89, std::string(126, 'x')), // a control frame too long
           message(text, "\xff\xfe not UTF-8"),
           std::string("\x81\x81mask!", 7), // a server must not mask
           message(close_frame, "\x03"),
           std::string("HTTP/1.1 400 Bad Request\r\n\r\n"),
       }) {
    raw_server server([&](peer& p, int) {
      p.send(upgrade(p.read_until("\r\n\r\n")));
      p.send(bytes);
      read_frame(p);
      p.close();
    });
    record r;
    websocket_client client(io, server.where(), {}, r.handlers());
    ASSERT_TRUE(r.wait_closed());
    EXPECT_EQ(r.messages, 0);
    EXPECT_EQ(r.why->code, net_errc::protocol) << r.why->message;
  }
}

TEST_F(WebSocketClient, ClosingSendsWhatIsQueuedThenTheCloseFrame) {
  std::promise<std::vector<frame>> seen;
  raw_server server([&](peer& p, int) {
    p.send(upgrade(p.read_until("\r\n\r\n")));
    std::vector<frame> frames;
    do {
      frames.push_back(read_frame(p));
    } while (frames.back().op != close_frame && frames.back().op != -1);
    p.send(message(close_frame, frames.back().payload));
    p.close();
    seen.set_value(frames);
  });
  record r;
  websocket_client client(io, server.where(), {}, r.handlers());
  ASSERT_TRUE(eventually([&] { return r.opened == 1; }));
  for (int i = 0; i < 50; ++i)
    client.send_text(std::string(10'000, 'x'));
  client.close();
  EXPECT_FALSE(client.send_text("after"));
  const auto frames = seen.get_future().get();
  ASSERT_EQ(frames.size(), 51u);
  EXPECT_EQ(frames.back().op, close_frame);
  EXPECT_EQ(frames.back().payload, std::string("\x03\xe8", 2)); // 1000
  ASSERT_TRUE(r.wait_closed());
  EXPECT_EQ(r.why->code, net_errc::cancelled);
}

TEST_F(WebSocketClient, APeerThatNeverAnswersTheCloseIsLeftInTime) {
  for (const bool stuck : {false, true}) { // stuck: it doesn't even read
    std::promise<void> over;
    raw_server server([&](peer& p, int) {
      p.send(upgrade(p.read_until("\r\n\r\n")));
      if (stuck) {
        over.get_future().wait();
      } else {
        EXPECT_EQ(read_frame(p).op, close_frame);
      }
      p.wait_closed();
    });
    websocket_options options;
    options.close_timeout = 80ms;
    record r;
    websocket_client client(io, server.where(), options, r.handlers());
    ASSERT_TRUE(eventually([&] { return r.opened == 1; }));
    if (stuck) client.send_binary(std::string(12'000'000, 'x'));
    const auto before = std::chrono::steady_clock::now();
    client.close();
    ASSERT_TRUE(r.wait_closed());
    EXPECT_EQ(r.why->code, net_errc::cancelled);
    EXPECT_GE(std::chrono::steady_clock::now() - before, 80ms);
    EXPECT_LT(std::chrono::steady_clock::now() - before, 5s);
    over.set_value();
  }
}

TEST_F(WebSocketClient, APeerThatTalksOnInsteadOfClosingIsLeftInTime) {
  raw_server server([](peer& p, int) {
    p.send(upgrade(p.read_until("\r\n\r\n")));
    while (p.send(message(text, std::string(1000, 'x')))) {
    }
  });
  websocket_options options;
  options.close_timeout = 80ms;
  record r;
  websocket_client client(io, server.where(), options, r.handlers());
  ASSERT_TRUE(eventually([&] { return r.messages > 0; }));
  client.close();
  ASSERT_TRUE(r.wait_closed());
  EXPECT_EQ(r.why->code, net_errc::cancelled);
}

TEST_F(WebSocketClient, ClosedBeforeItWasOpen) {
  raw_server server([](peer& p, int) { p.wait_closed(); });
  record r;
  websocket_client client(io, server.where(), {}, r.handlers());
  client.close();
  client.close();
  ASSERT_TRUE(r.wait_closed());
  EXPECT_EQ(r.why->code, net_errc::cancelled);
  EXPECT_EQ(r.opened, 0);
}

TEST_F(WebSocketClient, TheQueueIsBounded) {
  std::promise<void> go_on;
  raw_server server([&](peer& p, int) {
    go_on.get_future().wait(); // once it is open, the kernel's buffers take some of it
    p.send(upgrade(p.read_until("\r\n\r\n")));
    while (read_frame(p).op != -1) {
    }
    p.close();
  });
  websocket_options options;
  options.max_queued = 1'000'000;
  record r;
  websocket_client client(io, server.where(), options, r.handlers());
  int taken = 0;
  while (client.send_binary(std::string(100'000, 'x')))
    ++taken;
  EXPECT_EQ(taken, 9);
  int empty = 0;
  while (client.send_text(""))
    ++empty;
  EXPECT_LT(empty, 20'000);
  go_on.set_value();
  EXPECT_TRUE(eventually([&] { return client.send_binary(std::string(100'000, 'x')); }));
}

TEST_F(WebSocketClient, MayBeDestroyedFromEveryCallback) {
  for (int where = 0; where < 4; ++where) {
    raw_server server([](peer& p, int) {
      p.send(upgrade(p.read_until("\r\n\r\n")));
      p.send(message(text, "a") + message(binary, "b") + message(close_frame, ""));
      p.wait_closed();
    });
    std::unique_ptr<websocket_client> client;
    std::atomic<bool> gone = false;
    std::atomic<int> after = 0;
    const auto kill = [&](int here) {
      if (gone) ++after;
      if (here != where) return;
      client.reset();
      gone = true;
    };
    on_io(io, [&] {
      client = std::make_unique<websocket_client>(
          io, server.where(), websocket_options{},
          websocket_handlers{[&] { kill(0); }, [&](std::string_view) { kill(1); },
                             [&](std::string_view) { kill(2); }, [&](net_error) { kill(3); }});
      client->send_text("queued");
    });
    EXPECT_TRUE(eventually([&] { return gone.load(); })) << where;
    on_io(io, [] {});
    EXPECT_EQ(after, 0) << where;
  }
}

TEST_F(WebSocketClient, DestroyedAtAnyMomentItLeavesNoConnection) {
  std::atomic<int> ended = 0;
  raw_server server([&](peer& p, int) {
    p.send(upgrade(p.read_until("\r\n\r\n")));
    p.wait_closed();
    ++ended;
  });
  for (int i = 0; i < 50; ++i) {
    record r;
    auto client =
        std::make_unique<websocket_client>(io, server.where(), websocket_options{}, r.handlers());
    client->send_text(std::string(100'000, 'x'));
    if (i % 2) eventually([&] { return r.opened == 1; });
    client.reset();
    on_io(io, [] {}); // nothing refers to r any more
  }
  EXPECT_TRUE(eventually([&] { return ended == server.accepted(); }));
}

TEST_F(WebSocketClient, CallbacksThatThrowHarmNobody) {
  raw_server server(echo);
  std::atomic<int> calls = 0;
  const auto raise = [&] {
    ++calls;
    throw std::runtime_error("thrown on purpose by a test");
  };
  websocket_client client(io, server.where(), {},
                          {raise, [&](std::string_view) { raise(); },
                           [&](std::string_view) { raise(); }, [&](net_error) { raise(); }});
  client.send_text("a");
  client.send_binary("b");
  EXPECT_TRUE(eventually([&] { return calls == 3; }));
  client.close();
  EXPECT_TRUE(eventually([&] { return calls == 4; }));
}

TEST_F(WebSocketClient, InvalidOptionsAreRefused) {
  raw_server server(echo);
  for (int i = 0; i < 2; ++i) {
    websocket_options options;
    if (i == 0) options.target = "/a\r\nX: y";
    if (i == 1) options.headers = {{"X", "a\r\nY: b"}};
    record r;
    websocket_client client(io, server.where(), options, r.handlers());
    ASSERT_TRUE(r.wait_closed());
    EXPECT_EQ(r.why->code, net_errc::protocol);
  }
  EXPECT_EQ(server.accepted(), 0);
}

} // namespace
} // namespace dockhost::net::test
