// SPDX-License-Identifier: MIT
// The Socket.IO library for applications, in virtual time and without a network.
#include "actors/link/socketio_server.hpp"
#include "fake_exchange.hpp"
#include "net/io_thread.hpp"
#include "tests/support/virtual_executor.hpp"

#include <gtest/gtest.h>

#include <future>
#include <thread>

namespace dockhost::actors::test {
namespace {

using namespace std::chrono_literals;
using protocol::engineio::server::end_reason;
using protocol::socketio::server::encode_event;
using lines = std::vector<std::string>;

constexpr auto begin_polling = "/socket.io/?EIO=4&transport=polling";
constexpr auto begin_websocket = "/socket.io/?EIO=4&transport=websocket";

std::string sid_of(const std::string& open_packet) {
  const auto at = open_packet.find("\"sid\":\"");
  return at == std::string::npos ? "" : open_packet.substr(at + 7, 20);
}

class SocketioApplication : public ::testing::Test {
protected:
  socketio_server& server() {
    if (!server_) server_ = std::make_unique<socketio_server>(io, std::move(options));
    return *server_;
  }
  std::shared_ptr<fake_exchange> request(const std::string& method, const std::string& target,
                                         bool websocket = false) {
    auto exchange = std::make_shared<fake_exchange>(method, target, websocket);
    EXPECT_TRUE(server().handle(exchange));
    exchanges.push_back(exchange);
    return exchange;
  }
  /// The peers' ends, so that nobody waits for a closing handshake.
  void TearDown() override {
    destroy_server();
    io.run();
    for (const auto& each : exchanges) {
      if (each->socket) each->socket->listener.reset();
    }
  }
  /// A WebSocket with its open packet taken.
  std::shared_ptr<fake_websocket> open() {
    const auto exchange = request("GET", begin_websocket, true);
    EXPECT_TRUE(exchange->socket);
    EXPECT_EQ(exchange->socket->take().size(), 1U);
    return exchange->socket;
  }
  /// The same in the main namespace, whose socket the application then has.
  std::shared_ptr<fake_websocket> join() {
    server().of("/").on_connected([this](const socketio_socket_ptr& s) { sockets.push_back(s); });
    auto ws = open();
    ws->receive("40");
    EXPECT_EQ(ws->take().size(), 1U);
    return ws;
  }
  shared_outgoing packet(std::size_t size) {
    return *encode_event("/", "e", {std::string(size, 'x')});
  }

  dockhost::test::virtual_executor io;
  socketio_server_options options;
  std::vector<socketio_socket_ptr> sockets;
  lines said;
  std::vector<std::shared_ptr<fake_exchange>> exchanges;
  void destroy_server() { server_.reset(); }

private:
  std::unique_ptr<socketio_server> server_;
};

TEST_F(SocketioApplication, LeavesOtherPathsAlone) {
  for (const auto* target : {"/", "/socket.io", "/socket.io/x", "/metrics?EIO=4"}) {
    const auto exchange = std::make_shared<fake_exchange>("GET", target);
    EXPECT_FALSE(server().handle(exchange));
    EXPECT_EQ(exchange->status(), 0);
  }
}

TEST_F(SocketioApplication, TellsWhoAsksAndLetsIn) {
  server().of("/").on_connect([&](const socketio_request& r, socketio_admission a) {
    said.push_back(r.nsp + ' ' + json::dump(r.auth) + ' ' + r.peer.remote_address + ' ' +
                   std::string(r.peer.header("authorization")));
    a.accept(std::make_shared<int>(7));
  });
  server().of("/").on_connected([&](const socketio_socket_ptr& s) {
    said.push_back("data " + std::to_string(*std::static_pointer_cast<int>(s->data)));
    EXPECT_TRUE(s->connected());
    EXPECT_TRUE(s->emit("first", {1}));
  });
  const auto exchange = std::make_shared<fake_exchange>("GET", begin_websocket, true);
  exchange->set_header("Authorization", "Bearer t");
  EXPECT_TRUE(server().handle(exchange));
  exchange->socket->take();
  exchange->socket->receive("40{\"a\":1}");
  EXPECT_EQ(said, (lines{"/ {\"a\":1} 192.0.2.7 Bearer t", "data 7"}));
  const auto got = exchange->socket->take();
  ASSERT_EQ(got.size(), 2U);
  EXPECT_TRUE(got[0].starts_with("40{\"sid\":\"")); // before what the application says
  EXPECT_EQ(got[1], "42[\"first\",1]");
}

TEST_F(SocketioApplication, DecidesLater) {
  std::vector<socketio_admission> waiting;
  server().of("/").on_connect(
      [&](const socketio_request&, socketio_admission a) { waiting.push_back(std::move(a)); });
  const auto ws = open();
  ws->receive("40");
  EXPECT_EQ(ws->take(), lines{});
  waiting[0].refuse("bad token", json::object{{"code", 1}});
  io.run();
  EXPECT_EQ(ws->take(), lines{"44{\"message\":\"bad token\",\"data\":{\"code\":1}}"});
  waiting[0].accept(); // too late
  io.run();
  EXPECT_EQ(ws->take(), lines{});
  ws->receive("40");
  waiting[0].accept(); // of the first attempt, not of this one
  io.run();
  EXPECT_EQ(ws->take(), lines{});
  waiting[1].accept();
  io.run();
  EXPECT_EQ(ws->take().size(), 1U);
}

TEST_F(SocketioApplication, ADecisionForAClientThatHasGoneIsNone) {
  std::optional<socketio_admission> waiting;
  server().of("/").on_connect(
      [&](const socketio_request&, socketio_admission a) { waiting = std::move(a); });
  server().of("/").on_connected([&](const socketio_socket_ptr&) { said.push_back("connected"); });
  const auto ws = open();
  ws->receive("40");
  ws->end();
  io.run();
  waiting->accept();
  io.run();
  EXPECT_EQ(said, lines{});
}

struct greeting {
  std::string name;
};

TEST_F(SocketioApplication, TypedHandlers) {
  server().of("/").on<greeting>(
      "greet",
      [](const socketio_arguments& args) -> basic_result<greeting, std::string> {
        const auto* name = args.first().as_string();
        if (name == nullptr) return fail(std::string("no name"));
        return greeting{*name};
      },
      [](const socketio_socket_ptr& s, greeting g, const socketio_ack& ack) {
        s->emit("greeted", {g.name});
        ack({"ok"});
        ack({"twice"});
      });
  server().of("/").on_invalid([&](const socketio_socket_ptr& s, std::string_view name,
                                  const std::string& why, const socketio_ack& ack) {
    s->emit("error", {std::string(name), why});
    ack({why});
  });
  const auto ws = join();
  ws->receive("427[\"greet\",\"you\"]");
  EXPECT_EQ(ws->take(), (lines{"42[\"greeted\",\"you\"]", "437[\"ok\"]"}));
  ws->receive("428[\"greet\",5]");
  EXPECT_EQ(ws->take(), (lines{"42[\"error\",\"greet\",\"no name\"]", "438[\"no name\"]"}));
  ws->receive("42[\"greet\"]");
  EXPECT_EQ(ws->take(), lines{"42[\"error\",\"greet\",\"no name\"]"});
  ws->receive("42[\"other\"]");
  EXPECT_EQ(ws->take(), lines{"42[\"error\",\"other\",\"unknown event\"]"});
}

TEST_F(SocketioApplication, AnswersOfTheClient) {
  const auto ws = join();
  const auto ask = [&] {
    return sockets[0]->emit_with_ack("ask", {}, {}, 1s, [&](auto answer) {
      said.push_back(answer ? json::dump(answer->args) : answer.err());
    });
  };
  EXPECT_TRUE(ask());
  EXPECT_EQ(ws->take(), lines{"420[\"ask\"]"});
  ws->receive("430[1]");
  EXPECT_TRUE(ask());
  io.advance(999ms);
  EXPECT_EQ(said, lines{"[1]"});
  io.advance(1ms);
  EXPECT_TRUE(ask());
  ws->end();
  io.run();
  EXPECT_EQ(said, (lines{"[1]", "timeout", "disconnected"}));
  EXPECT_FALSE(ask());
}

TEST_F(SocketioApplication, KeepsTimeForItsSessions) {
  options.connect_timeout = 1s;
  options.engine.engine.ping_interval = 300ms;
  options.engine.engine.ping_timeout = 200ms;
  const auto silent = open();
  const auto joined = join();
  io.advance(300ms);
  EXPECT_EQ(silent->take(), lines{"2"});
  EXPECT_EQ(joined->take(), lines{"2"});
  joined->receive("3");
  silent->receive("3");
  io.advance(300ms);
  joined->receive("3");
  silent->receive("3");
  io.advance(300ms);
  joined->receive("3");
  silent->receive("3");
  io.advance(100ms);
  EXPECT_EQ(silent->take(), (lines{"2", "2", "close 1005"})); // never said CONNECT
  io.advance(300ms);
  EXPECT_TRUE(sockets[0]->connected());
  io.advance(200ms);
  EXPECT_FALSE(sockets[0]->connected());
  EXPECT_EQ(joined->take().back(), "close 1005");
  EXPECT_EQ(server().clients(), 0U);
  EXPECT_EQ(io.timers(), 0U);
}

TEST_F(SocketioApplication, CountsAndBoundsWhatIsOnItsWay) {
  options.engine.max_queued = 10'000;
  options.engine.low_mark = 1'000;
  server().of("/").on_drained([&](const socketio_socket_ptr&) { said.push_back("drained"); });
  const auto ws = join();
  auto& s = *sockets[0];
  const auto one = packet(4'000);
  EXPECT_TRUE(s.emit_encoded(one));
  EXPECT_TRUE(s.emit_encoded(one));
  EXPECT_EQ(s.queued_bytes(), 2 * one->bytes());
  EXPECT_FALSE(s.emit_encoded(one));
  EXPECT_TRUE(s.connected()); // it has only missed something
  EXPECT_EQ(said, lines{});
  ws->written();
  EXPECT_EQ(said, lines{"drained"});
  EXPECT_EQ(s.queued_bytes(), 0U);
  EXPECT_TRUE(s.emit_encoded(packet(10)));
  ws->written();
  EXPECT_EQ(said, lines{"drained"}); // it was never above the mark
}

TEST_F(SocketioApplication, CountsAndBoundsOnPollingToo) {
  options.engine.max_queued = 10'000;
  options.engine.low_mark = 1'000;
  server().of("/").on_connected([this](const socketio_socket_ptr& s) { sockets.push_back(s); });
  server().of("/").on_drained([&](const socketio_socket_ptr&) { said.push_back("drained"); });
  const auto first = request("GET", begin_polling);
  const auto target = begin_polling + ("&sid=" + sid_of(first->body()));
  const auto post = request("POST", target);
  post->read(net::body_outcome::whole, "40");
  EXPECT_EQ(post->body(), "ok");
  EXPECT_EQ(post->header("Content-Type"), "text/html");
  const auto one = packet(4'000);
  EXPECT_TRUE(sockets[0]->emit_encoded(one));
  EXPECT_TRUE(sockets[0]->emit_encoded(one));
  EXPECT_FALSE(sockets[0]->emit_encoded(one));
  const auto get = request("GET", target);
  EXPECT_EQ(get->status(), 200);
  EXPECT_EQ(get->header("Content-Type"), "text/plain; charset=UTF-8");
  EXPECT_EQ(get->header("Cache-Control"), "no-store");
  EXPECT_EQ(said, lines{"drained"});
  EXPECT_EQ(sockets[0]->queued_bytes(), 0U);
}

TEST_F(SocketioApplication, EmitsInsideAHandlerAreBoundedToo) {
  options.engine.max_queued = 10'000;
  std::size_t taken = 0;
  server().of("/").on_raw("flood", [&](const socketio_socket_ptr& s, std::string_view,
                                       const socketio_arguments&, const socketio_ack&) {
    while (s->emit_encoded(packet(1'000)))
      ++taken;
  });
  const auto ws = join();
  ws->receive("42[\"flood\"]");
  EXPECT_EQ(taken, 9U);
  EXPECT_EQ(ws->frames.size(), 9U);
}

TEST_F(SocketioApplication, AClientThatAsksAndNeverReadsIsDropped) {
  options.engine.max_queued = 10'000;
  server().of("/").on_raw("ask", [&](const socketio_socket_ptr&, std::string_view,
                                     const socketio_arguments&,
                                     const socketio_ack& ack) { ack({std::string(1'000, 'x')}); });
  server().of("/").on_disconnected([&](const socketio_socket_ptr&, std::optional<end_reason> why) {
    said.emplace_back(to_string(*why));
  });
  const auto ws = join();
  for (int i = 0; i < 10; ++i)
    ws->receive("421[\"ask\"]");
  io.run();
  EXPECT_EQ(said, lines{"client too slow"});
  EXPECT_EQ(ws->frames.back(), "abort");
}

TEST_F(SocketioApplication, OnePacketForManyIsNotCopied) {
  const auto a = join();
  const auto b = join();
  a->pointers.clear();
  b->pointers.clear();
  const auto one = packet(100);
  server().broadcast({sockets[0]->remote(), sockets[1]->remote()}, one);
  io.run();
  ASSERT_EQ(a->pointers.size(), 1U);
  EXPECT_EQ(a->pointers[0], &one->text);
  EXPECT_EQ(b->pointers[0], &one->text);
}

TEST_F(SocketioApplication, ABroadcastNamesWhoIsTooFarBehind) {
  const auto a = join();
  const auto b = join();
  EXPECT_TRUE(sockets[0]->emit_encoded(packet(1'000)));
  lines behind;
  server().broadcast({sockets[0]->remote(), sockets[1]->remote()}, packet(100), 500,
                     [&](lines who) { behind = std::move(who); });
  io.run();
  EXPECT_EQ(behind, lines{sockets[0]->id()});
  EXPECT_EQ(b->take().size(), 1U);
}

TEST_F(SocketioApplication, HandlesForOtherThreads) {
  const auto ws = join();
  const auto remote = sockets[0]->remote();
  EXPECT_EQ(remote.id(), sockets[0]->id());
  EXPECT_TRUE(remote.emit_encoded(packet(100)));
  EXPECT_TRUE(remote.emit_encoded(packet(100)));
  EXPECT_FALSE(remote.emit_encoded(packet(100), 250)); // two of them wait for the io thread
  EXPECT_EQ(ws->take(), lines{});
  io.run();
  EXPECT_EQ(ws->frames.size(), 2U);
  EXPECT_GT(remote.queued_bytes(), 200U);
  remote.close();
  EXPECT_TRUE(remote.connected());
  io.run();
  EXPECT_FALSE(remote.connected());
  EXPECT_FALSE(remote.emit_encoded(packet(1)));
  EXPECT_EQ(ws->take().back(), "close 1005");
}

TEST_F(SocketioApplication, LeavesByPacketAndByConnection) {
  server().of("/custom");
  for (const auto* name : {"/", "/custom"}) {
    server().of(name).on_disconnected(
        [this, name](const socketio_socket_ptr& s, std::optional<end_reason> why) {
          EXPECT_FALSE(s->connected());
          said.push_back(name + (" " + std::string(why ? to_string(*why) : "packet")));
        });
  }
  const auto ws = join();
  ws->receive("40/custom,");
  ws->take();
  ws->receive("41/custom,");
  ws->receive("40/custom,");
  ws->receive("1");
  EXPECT_EQ(said,
            (lines{"/custom packet", "/ closed by the client", "/custom closed by the client"}));
  EXPECT_FALSE(sockets[0]->emit("e", {}));
}

TEST_F(SocketioApplication, ClosesInsideItsOwnHandlers) {
  server().of("/").on_raw("close", [&](const socketio_socket_ptr& s, std::string_view,
                                       const socketio_arguments&, const socketio_ack& ack) {
    ack({"bye"});
    s->close();
    s->close();
    EXPECT_FALSE(s->emit("late", {}));
  });
  server().of("/").on_raw("leave", [&](const socketio_socket_ptr& s, std::string_view,
                                       const socketio_arguments&, const socketio_ack& ack) {
    s->disconnect();
    ack({"too late"});
  });
  server().of("/").on_disconnected([&](const socketio_socket_ptr&, std::optional<end_reason> why) {
    said.emplace_back(why ? to_string(*why) : "packet");
  });
  const auto a = join();
  a->receive("421[\"close\"]");
  EXPECT_EQ(a->take(), (lines{"431[\"bye\"]", "41", "close 1005"}));
  a->receive("42[\"close\"]");
  a->end();
  const auto b = join();
  b->receive("421[\"leave\"]");
  EXPECT_EQ(b->take(), lines{"41"});
  EXPECT_EQ(said, (lines{"closed by the application", "packet"}));
  io.run();
  EXPECT_EQ(server().clients(), 1U);
}

TEST_F(SocketioApplication, ClosesForAll) {
  server().of("/").on_disconnected([&](const socketio_socket_ptr&, std::optional<end_reason> why) {
    said.emplace_back(to_string(*why));
  });
  const auto ws = join();
  const auto first = request("GET", begin_polling);
  const auto waiting = request("GET", begin_polling + ("&sid=" + sid_of(first->body())));
  server().close([&] { said.emplace_back("done"); });
  io.run();
  EXPECT_EQ(said, (lines{"server shutting down", "done"}));
  EXPECT_EQ(ws->take(), lines{"close 1005"});
  EXPECT_EQ(waiting->body(), "1");
  EXPECT_EQ(request("GET", begin_polling)->status(), 503);
  EXPECT_EQ(server().clients(), 0U);
}

TEST_F(SocketioApplication, SaysNothingAfterItsEnd) {
  server().of("/").on_disconnected(
      [&](const socketio_socket_ptr&, std::optional<end_reason>) { said.emplace_back("gone"); });
  std::optional<socketio_ack> kept;
  server().of("/").on_raw("ask", [&](const socketio_socket_ptr&, std::string_view,
                                     const socketio_arguments&,
                                     socketio_ack ack) { kept = std::move(ack); });
  const auto ws = join();
  ws->receive("421[\"ask\"]");
  const auto remote = sockets[0]->remote();
  EXPECT_TRUE(remote.emit_encoded(packet(1)));
  destroy_server();
  io.run();
  ws->receive("42[\"ask\"]");
  (*kept)({"late"});
  (void)remote.emit_encoded(packet(1));
  remote.close();
  io.run();
  EXPECT_EQ(said, lines{});
  EXPECT_EQ(ws->take().back(), "abort");
  EXPECT_FALSE(remote.connected());
  EXPECT_FALSE(sockets[0]->emit("e", {}));
}

TEST_F(SocketioApplication, BoundsItsSessions) {
  options.engine.max_sessions = 2;
  const auto a = open();
  open();
  const auto refused = request("GET", begin_websocket, true);
  EXPECT_EQ(refused->status(), 503);
  EXPECT_FALSE(refused->socket);
  a->end();
  EXPECT_TRUE(request("GET", begin_websocket, true)->socket);
}

TEST_F(SocketioApplication, RefusesForeignOrigins) {
  options.engine.on_request = [](const net::server_request& r) {
    engineio_welcome w;
    const auto origin = r.header("origin");
    w.welcome = origin != "https://evil.example";
    if (!origin.empty()) {
      w.headers = {{"Access-Control-Allow-Origin", std::string(origin)}, {"Vary", "Origin"}};
    }
    return w;
  };
  const auto ask = [&](const std::string& origin, bool websocket, const char* method = "GET") {
    const auto exchange = std::make_shared<fake_exchange>(
        method, websocket ? begin_websocket : begin_polling, websocket);
    exchange->set_header("origin", origin);
    EXPECT_TRUE(server().handle(exchange));
    return exchange;
  };
  const auto bad = ask("https://evil.example", false);
  EXPECT_EQ(bad->status(), 403);
  EXPECT_EQ(bad->body(), "{\"code\":4,\"message\":\"Forbidden\"}");
  EXPECT_EQ(bad->header("Access-Control-Allow-Origin"), "");
  const auto bad_socket = ask("https://evil.example", true);
  EXPECT_EQ(bad_socket->status(), 400);
  EXPECT_EQ(bad_socket->body(), "Forbidden");
  const auto good = ask("https://good.example", false);
  EXPECT_EQ(good->status(), 200);
  EXPECT_EQ(good->header("Access-Control-Allow-Origin"), "https://good.example");
  EXPECT_TRUE(ask("https://good.example", true)->socket);
  const auto asked_before = ask("https://good.example", false, "OPTIONS");
  EXPECT_EQ(asked_before->status(), 204);
  EXPECT_EQ(asked_before->header("Vary"), "Origin");
  EXPECT_EQ(ask("https://evil.example", false, "OPTIONS")->status(), 400);
}

TEST_F(SocketioApplication, PassesCompressionAndLimitsOn) {
  options.engine.deflate = true;
  options.engine.deflate_from = 77;
  options.engine.engine.max_payload = 1'234;
  const auto exchange = request("GET", begin_websocket, true);
  EXPECT_TRUE(exchange->accepted_with->deflate);
  EXPECT_EQ(exchange->accepted_with->deflate_from, 77U);
  EXPECT_EQ(exchange->accepted_with->max_message, 1'234U);
}

TEST_F(SocketioApplication, ABrokenOffRequestEndsItsSession) {
  const auto first = request("GET", begin_polling);
  const auto target = begin_polling + ("&sid=" + sid_of(first->body()));
  const auto waiting = request("GET", target);
  waiting->gone_fn();
  EXPECT_EQ(request("GET", target)->body(), "{\"code\":1,\"message\":\"Session ID unknown\"}");
}

TEST_F(SocketioApplication, ASecondPostEndsItsSessionBeforeItsBodyIsRead) {
  const auto first = request("GET", begin_polling);
  const auto target = begin_polling + ("&sid=" + sid_of(first->body()));
  const auto a = request("POST", target);
  ASSERT_TRUE(a->read);
  const auto b = request("POST", target);
  EXPECT_FALSE(b->read);
  EXPECT_EQ(a->status(), 400);
  EXPECT_EQ(b->status(), 400);
  a->read(net::body_outcome::whole, "40"); // too late
  EXPECT_EQ(request("GET", target)->status(), 400);
}

/// On a real io thread: decisions and answers from another one.
TEST(SocketioThreads, DecidesAnswersAndEmitsFromAnotherThread) {
  net::io_thread io;
  std::promise<socketio_admission> asked;
  std::promise<socketio_ack> to_answer;
  std::promise<socketio_remote> joined;
  auto server = std::make_unique<socketio_server>(io, socketio_server_options{});
  server->of("/").on_connect(
      [&](const socketio_request&, socketio_admission a) { asked.set_value(std::move(a)); });
  server->of("/").on_connected(
      [&](const socketio_socket_ptr& s) { joined.set_value(s->remote()); });
  server->of("/").on_raw("ask", [&](const socketio_socket_ptr&, std::string_view,
                                    const socketio_arguments&,
                                    socketio_ack ack) { to_answer.set_value(std::move(ack)); });
  const auto on_io = [&](auto fn) {
    std::promise<void> done;
    io.post([&] {
      fn();
      done.set_value();
    });
    done.get_future().wait();
  };
  const auto exchange = std::make_shared<fake_exchange>("GET", begin_websocket, true);
  on_io([&] {
    server->handle(exchange);
    exchange->socket->receive("40");
  });
  asked.get_future().get().accept();
  const auto remote = joined.get_future().get();
  on_io([&] { exchange->socket->receive("421[\"ask\"]"); });
  to_answer.get_future().get()({"yes"});
  EXPECT_TRUE(remote.emit_encoded(*encode_event("/", "e", {})));
  lines got;
  on_io([&] { got = exchange->socket->frames; });
  ASSERT_EQ(got.size(), 4U);
  EXPECT_EQ(got[2], "431[\"yes\"]");
  EXPECT_EQ(got[3], "42[\"e\"]");
  server.reset();
  on_io([] {});
  on_io([] {});
  EXPECT_FALSE(remote.connected());
}

} // namespace
} // namespace dockhost::actors::test
