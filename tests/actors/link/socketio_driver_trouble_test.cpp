// SPDX-License-Identifier: MIT
// What the table of trouble says of main servers, at the level of the link.
#include "link_rig.hpp"

#include <csignal>
#include <future>

namespace dockhost::actors::test {
namespace {

using protocol::socketio::placeholder;

json::object frames(json::array list) {
  return {{"mode", "frames"}, {"frames", std::move(list)}};
}

const std::string open_frame = "0{\"sid\":\"S\",\"upgrades\":[],\"pingInterval\":25000,"
                               "\"pingTimeout\":20000,\"maxPayload\":1000000}";

TEST(SocketioDriverTrouble, MainServerRefusesTheKey) {
  for (const auto* transport : {"websocket", "polling"}) {
    peer_server server({{"reject", "Invalid DOCKHOST_API_KEY"},
                        {"options", json::object{{"transports", json::array{transport}}}}});
    connection c(server.port());
    EXPECT_EQ(c.next(), "refused Invalid DOCKHOST_API_KEY");
    EXPECT_EQ(c.next(), "disconnected connect refused");
  }
}

TEST(SocketioDriverTrouble, MainServerRestarts) {
  peer_server server;
  connection before(server.port());
  EXPECT_EQ(before.next(), "connected websocket");
  const auto answer = std::async(std::launch::async,
                                 [&] { return before.ask("never-answered", {}, {}, 60'000ms); });
  server.wait("event");
  server.restart();
  EXPECT_EQ(before.next(), "disconnected transport closed");
  connection after(server.port());
  EXPECT_EQ(after.next(), "connected websocket");
  EXPECT_EQ(after.ask("echo", {1}), "[1]");
}

TEST(SocketioDriverTrouble, MainServerIsGone) {
  std::uint16_t port = 0;
  {
    const peer_server server;
    port = server.port();
  }
  connection c(port);
  EXPECT_EQ(c.next(), "disconnected transport error");
}

TEST(SocketioDriverTrouble, MainServerDisconnectsTheNodeOnPurpose) {
  for (const auto* transport : {"websocket", "polling"}) {
    for (const bool close : {false, true}) {
      peer_server server({{"options", json::object{{"transports", json::array{transport}}}}});
      connection c(server.port());
      EXPECT_EQ(c.next(), std::string("connected ") + transport);
      server.wait("connection");
      server.send({{"op", "disconnect"}, {"close", close}});
      EXPECT_EQ(c.next(), "disconnected server disconnect");
    }
  }
}

TEST(SocketioDriverTrouble, MainServerAcceptsAndNeverAnswers) {
  peer_server server(json::object{{"mode", "silent"}});
  auto options = driver_options();
  options.socketio.connect_timeout = 600ms;
  options.socketio.engine.connect_timeout = 600ms;
  connection c(server.port(), options);
  EXPECT_EQ(c.next(500ms), "(nothing)"); // a WebSocket was tried, and then polling
  EXPECT_EQ(c.next(), "disconnected connect timeout");
}

TEST(SocketioDriverTrouble, MainServerSendsGarbage) {
  peer_server server(json::object{{"mode", "garbage"}});
  connection c(server.port());
  EXPECT_TRUE(c.next().starts_with("disconnected "));
}

TEST(SocketioDriverTrouble, MainServerSendsUnknownPacketTypesAndBadFrames) {
  const json::value raw_text_without_utf8 = json::object{{"raw", "8102c328"}};
  const json::value raw_reserved_opcode = json::object{{"raw", "8b0158"}};
  const json::array bad[] = {
      {"hello"},
      {""},
      {json::object{{"hex", "00"}}},
      {open_frame, "9"},
      {open_frame, "42[\"early\"]"},
      {open_frame, "40{\"sid\":\"x\"}", "4abc"},
      {open_frame, "40{\"sid\":\"x\"}", json::object{{"hex", "0001"}}},
      {open_frame, json::object{{"text", "42[\"e\",[[[["}, {"times", 100'000}}},
      {open_frame, raw_text_without_utf8},
      {open_frame, raw_reserved_opcode},
  };
  for (const auto& list : bad) {
    peer_server server(frames(list));
    connection c(server.port());
    auto line = c.next();
    if (line == "connected websocket") line = c.next();
    EXPECT_EQ(line, "disconnected protocol error") << json::dump(list);
  }
}

TEST(SocketioDriverTrouble, MainServerSendsOversizedFrames) {
  peer_server server(frames({open_frame, json::object{{"text", "4"}, {"times", 200'000}}}));
  auto options = driver_options();
  options.socketio.max_received = 100'000;
  connection c(server.port(), options);
  EXPECT_EQ(c.next(), "disconnected message too large");
  // One that only announces 2^62 bytes.
  peer_server liar(frames({open_frame, json::object{{"raw", "827f4000000000000000"}}}));
  connection d(liar.port(), options);
  EXPECT_EQ(d.next(), "disconnected message too large");
}

TEST(SocketioDriverTrouble, MainServerStopsItsPings) {
  for (const auto* transport : {"websocket", "polling"}) {
    peer_server server({{"options", json::object{{"pingInterval", 200},
                                                 {"pingTimeout", 300},
                                                 {"transports", json::array{transport}}}}});
    connection c(server.port());
    EXPECT_EQ(c.next(), std::string("connected ") + transport);
    server.process().signal(SIGSTOP);
    EXPECT_EQ(c.next(5'000ms), "disconnected ping timeout");
    server.process().signal(SIGCONT);
  }
}

/// What a server has read is known by its next pings only.
TEST(SocketioDriverTrouble, HeartbeatsAreToldBehindWhatWasSentBefore) {
  for (const auto* transport : {"websocket", "polling"}) {
    peer_server server({{"options", json::object{{"pingInterval", 200},
                                                 {"pingTimeout", 5'000},
                                                 {"transports", json::array{transport}}}}});
    net::io_thread io;
    const auto log = std::make_shared<news>();
    auto handlers = write_to(log);
    handlers.on_heartbeat = [log] { log->add("heartbeat"); };
    const server_address where{"127.0.0.1", server.port(), false, ""};
    socketio_driver driver(io, to_endpoint(where, {}), driver_options(), std::move(handlers));
    EXPECT_EQ(log->next(10'000ms), std::string("connected ") + transport);
    EXPECT_EQ(log->next(10'000ms), "heartbeat");
    driver.emit("e", {}, {}, [log](const auto& sent) { log->add(sent.ok() ? "sent" : "unsent"); });
    auto line = log->next(10'000ms);
    while (line == "heartbeat")
      line = log->next(10'000ms);
    EXPECT_EQ(line, "sent");
    server.process().signal(SIGSTOP); // it has been told to answer that one ping only
    const auto more = [&] {
      std::size_t pings = 0;
      while (log->next(1'000ms) == "heartbeat")
        ++pings;
      return pings;
    };
    EXPECT_LE(more(), 1U) << "a server that reads nothing proves nothing";
    server.process().signal(SIGCONT);
    for (int n = 0; n < 3; ++n)
      EXPECT_EQ(log->next(10'000ms), "heartbeat");
  }
}

TEST(SocketioDriverTrouble, NothingOverMaxPayloadIsSent) {
  for (const auto* transport : {"websocket", "polling"}) {
    peer_server server({{"options", json::object{{"maxHttpBufferSize", 10'000},
                                                 {"transports", json::array{transport}}}}});
    connection c(server.port());
    EXPECT_EQ(c.next(), std::string("connected ") + transport);
    EXPECT_EQ(c.emit("e", {std::string(10'000, 'x')}), "larger than the server's maxPayload");
    EXPECT_EQ(c.emit("e", {placeholder(0)}, {std::string(10'001, 'x')}),
              "larger than the server's maxPayload");
    EXPECT_EQ(c.ask("e", {std::string(20'000, 'x')}),
              "failed: larger than the server's maxPayload");
    // The largest that goes, then many that share POSTs: the link lives.
    EXPECT_EQ(c.emit("e", {std::string(9'990, 'x')}), "sent");
    for (int i = 0; i < 50; ++i)
      EXPECT_EQ(c.emit("e", {std::string(3'000, 'x')}), "sent");
    EXPECT_EQ(c.ask("echo", {"alive"}), "[\"alive\"]");
    EXPECT_EQ(c.log->waiting(), 0U);
  }
}

TEST(SocketioDriverTrouble, AReservedEventNameNeverLeaves) {
  peer_server server;
  connection c(server.port());
  EXPECT_EQ(c.next(), "connected websocket");
  EXPECT_EQ(c.emit("disconnect", {}), "not a valid packet");
  EXPECT_EQ(c.emit("newListener", {}), "not a valid packet");
  EXPECT_EQ(c.ask("echo", {1}), "[1]");
}

TEST(SocketioDriverTrouble, AServerThatDoesNotReadEndsInABoundedQueue) {
  peer_server server({{"options", json::object{{"transports", json::array{"websocket"}}}}});
  auto options = driver_options();
  options.socketio.engine.max_queued = 4'000'000;
  options.socketio.engine.close_timeout = 200ms;
  connection c(server.port(), options);
  EXPECT_EQ(c.next(), "connected websocket");
  server.wait("connection");
  server.send({{"op", "stopReading"}});
  std::string sent;
  for (int i = 0; i < 1'000; ++i) {
    sent = c.emit("e", {std::string(500'000, 'x')});
    if (sent != "sent") break;
  }
  EXPECT_EQ(c.next(), "disconnected write queue full");
  EXPECT_EQ(c.emit("e", {}), "not connected");
}

TEST(SocketioDriverTrouble, CallsThatWaitForTheIoThreadAreBounded) {
  peer_server server;
  auto options = driver_options();
  options.max_calls = 10;
  connection c(server.port(), options);
  EXPECT_EQ(c.next(), "connected websocket");
  std::promise<void> go;
  c.io.post([held = go.get_future().share()] { held.wait(); });
  std::atomic<int> done = 0;
  int taken = 0;
  for (int i = 0; i < 20; ++i) {
    taken += c.driver->emit("e", {i}, {}, [&](const auto&) { ++done; }) ? 1 : 0;
  }
  EXPECT_EQ(taken, 10);
  go.set_value();
  std::promise<void> through;
  c.io.post([&] { through.set_value(); });
  through.get_future().wait();
  EXPECT_EQ(done, 10);
  EXPECT_EQ(c.ask("echo", {1}), "[1]");
}

/// Destroying the driver at any moment: no handler begins after the destructor has returned.
TEST(SocketioDriverTrouble, DestroyedAtAnyMoment) {
  peer_server server;
  net::io_thread io;
  const server_address where{"127.0.0.1", server.port(), false, ""};
  for (int round = 0; round < 60; ++round) {
    std::atomic<bool> over = false;
    std::atomic<bool> late = false;
    std::atomic<int> connected = 0;
    const auto check = [&] { late = late || over; };
    socketio_driver_handlers handlers;
    handlers.on_connected = [&](const auto&) { check(), ++connected; };
    handlers.on_event = [&](const auto&) { check(); };
    handlers.on_disconnected = [&](const auto&) { check(); };
    auto driver = std::make_unique<socketio_driver>(io, to_endpoint(where, {}), driver_options(),
                                                    std::move(handlers));
    driver->emit("early", {}, {}, [&](const auto&) { check(); });
    const auto until = std::chrono::steady_clock::now() + round * 1ms;
    while (std::chrono::steady_clock::now() < until && round % 2 == 0) {
      driver->emit_with_ack("echo", {round}, {}, 1'000ms, [&](const auto&) { check(); });
      std::this_thread::yield();
    }
    if (round % 3 == 0) driver->close();
    driver.reset();
    over = true;
    std::promise<void> flushed;
    io.post([&] { flushed.set_value(); });
    flushed.get_future().wait();
    ASSERT_FALSE(late);
  }
}

TEST(SocketioDriverTrouble, AHandlerMayDestroyTheDriver) {
  peer_server server;
  net::io_thread io;
  const server_address where{"127.0.0.1", server.port(), false, ""};
  for (const bool at_connect : {true, false}) {
    std::unique_ptr<socketio_driver> driver;
    std::promise<void> gone;
    std::promise<void> ready;
    socketio_driver_handlers handlers;
    const auto destroy = [&] {
      driver.reset();
      gone.set_value();
    };
    handlers.on_connected = [&, at_connect](const auto&) {
      ready.get_future().wait();
      at_connect ? destroy() : static_cast<void>(driver->close());
    };
    handlers.on_disconnected = [&, at_connect](const auto&) {
      if (!at_connect) destroy();
    };
    driver = std::make_unique<socketio_driver>(io, to_endpoint(where, {}), driver_options(),
                                               std::move(handlers));
    ready.set_value();
    ASSERT_EQ(gone.get_future().wait_for(10'000ms), std::future_status::ready);
    server.wait("disconnect");
  }
}

} // namespace
} // namespace dockhost::actors::test
