// SPDX-License-Identifier: MIT
// The driver against npm's socket.io on each transport.
#include "link_rig.hpp"

#include "protocol/socketio_server.hpp"

#include <csignal>
#include <filesystem>

namespace dockhost::actors::test {
namespace {

using protocol::socketio::placeholder;
using std::string_literals::operator""s;

json::object polling_only() {
  return {{"options", json::object{{"transports", json::array{"polling"}}}}};
}

const json::value& at(const json::value& v, std::string_view key) {
  static const json::value none;
  const auto* found = v.find(key);
  return found != nullptr ? *found : none;
}

/// Everything that a connection is used for, both ways.
void exchange(peer_server& server, connection& c) {
  EXPECT_EQ(c.emit("hello", {"w\xc3\xb6rld", json::object{{"n", 1.5}}}), "sent");
  auto said = server.wait("event");
  EXPECT_EQ(at(said, "args"), json::value(json::array{"w\xc3\xb6rld", json::object{{"n", 1.5}}}));

  EXPECT_EQ(c.ask("echo", {1, nullptr, "x"}), R"([1,null,"x"])");
  EXPECT_EQ(c.ask("echo", {placeholder(0), json::array{placeholder(1)}}, {"\0\xff"s, ""}),
            R"([{"_placeholder":true,"num":0},[{"_placeholder":true,"num":1}]] 00ff )");
  EXPECT_EQ(c.ask("never-answered", {}, {}, 50ms), "failed: timeout");

  server.send({{"op", "emit"}, {"name", "news"}, {"args", json::array{1, "\xe4\xb8\xad"}}});
  EXPECT_EQ(c.next(), "event news [1,\"\xe4\xb8\xad\"]");
  server.send(
      {{"op", "ask"},
       {"name", "file"},
       {"args", json::array{json::object{{"$hex", "0102"}}, "t", json::object{{"$hex", "ff"}}}}});
  EXPECT_EQ(c.next(), "event file [{\"_placeholder\":true,\"num\":0},\"t\",{\"_placeholder\":true,"
                      "\"num\":1}] ack=0 0102 ff");
  EXPECT_EQ(c.acknowledge(0, {"ok", placeholder(0)}, {"\x1e"}), "sent");
  EXPECT_EQ(at(server.wait("answer"), "args"),
            json::value(json::array{"ok", json::object{{"$hex", "1e"}}}));
}

void close_in_order(peer_server& server, connection& c) {
  EXPECT_TRUE(c.driver->close());
  EXPECT_EQ(c.next(), "disconnected closed");
  EXPECT_EQ(at(server.wait("disconnect"), "reason"), json::value("client namespace disconnect"));
  EXPECT_EQ(c.emit("late", {}), "not connected");
}

TEST(SocketioDriver, Websocket) {
  peer_server server;
  connection c(server.port());
  EXPECT_EQ(c.next(), "connected websocket");
  const auto met = server.wait("connection");
  EXPECT_EQ(at(met, "transport"), json::value("websocket"));
  EXPECT_EQ(at(at(met, "auth"), "DOCKHOST_API_KEY"), json::value("key"));
  EXPECT_TRUE(at(met, "auth").find("LAN_IP")->is_null());
  EXPECT_EQ(at(at(met, "query"), "role"), json::value("backend"));
  exchange(server, c);
  close_in_order(server, c);
}

TEST(SocketioDriver, PollingWhereTheWebsocketIsRefused) {
  peer_server server(polling_only());
  connection c(server.port());
  EXPECT_EQ(c.next(), "connected polling");
  EXPECT_EQ(at(server.wait("connection"), "transport"), json::value("polling"));
  exchange(server, c);
  close_in_order(server, c);
}

TEST(SocketioDriver, UpgradeFromPolling) {
  peer_server server({{"refuseFirstWebsocket", true}});
  connection c(server.port());
  EXPECT_EQ(c.next(), "connected polling");
  EXPECT_EQ(c.next(), "upgraded");
  EXPECT_EQ(at(server.wait("upgrade"), "transport"), json::value("websocket"));
  exchange(server, c);
  close_in_order(server, c);
}

TEST(SocketioDriver, DataThatMayWaitLetsEverythingElsePass) {
  constexpr int packets = 128;
  constexpr std::size_t budget = 16 * 1024 * 1024;
  peer_server server;
  connection c(server.port());
  EXPECT_EQ(c.next(), "connected websocket");
  const auto bulk = c.driver->bulk();
  const auto packet = protocol::socketio::server::encode_event_text(
                          "/", "bulk", '"' + std::string(64 * 1024, 'x') + '"')
                          .value();
  server.process().signal(SIGSTOP);
  for (int i = 0; i < packets; ++i)
    ASSERT_TRUE(bulk.emit(packet, budget));
  EXPECT_FALSE(bulk.emit(packet, 1024 * 1024)) << "over the budget";
  EXPECT_EQ(c.emit("urgent", {}), "sent");
  EXPECT_GT(bulk.queued_bytes(), packet->bytes() * packets / 2) << "the kernel took too much";
  server.process().signal(SIGCONT);
  int before = 0;
  while (at(server.wait("event"), "name") == json::value("bulk"))
    ++before;
  EXPECT_LT(before, packets / 2);
  for (int i = before; i < packets; ++i)
    EXPECT_EQ(at(server.wait("event"), "name"), json::value("bulk"));
  EXPECT_EQ(bulk.queued_bytes(), 0U);
  const auto huge = protocol::socketio::server::encode_event_text(
                        "/", "bulk", '"' + std::string(2'000'000, 'x') + '"')
                        .value();
  EXPECT_FALSE(bulk.emit(huge, budget)) << "the server would drop the link";
  close_in_order(server, c);
  EXPECT_FALSE(bulk.connected());
  EXPECT_FALSE(bulk.emit(packet, budget));
}

TEST(SocketioDriver, DataThatMayWaitGoesByPollingToo) {
  peer_server server(polling_only());
  connection c(server.port());
  EXPECT_EQ(c.next(), "connected polling");
  const auto bulk = c.driver->bulk();
  const auto packet = protocol::socketio::server::encode_event("/", "bulk", {placeholder(0)},
                                                               {std::string(50'000, 'y')})
                          .value();
  for (int i = 0; i < 40; ++i)
    ASSERT_TRUE(bulk.emit(packet, 16 * 1024 * 1024));
  for (int i = 0; i < 40; ++i)
    EXPECT_EQ(at(server.wait("event"), "name"), json::value("bulk"));
  close_in_order(server, c);
}

/// Packets keep their order and none is lost or doubled while the transport changes.
TEST(SocketioDriver, NothingIsLostInTheUpgrade) {
  peer_server server({{"refuseFirstWebsocket", true}});
  connection c(server.port());
  EXPECT_EQ(c.next(), "connected polling");
  int sent = 0;
  std::string line;
  do {
    EXPECT_EQ(c.emit("n", {sent++}), "sent");
    line = c.next(1ms);
  } while (line == "(nothing)" && sent < 10'000);
  EXPECT_EQ(line, "upgraded");
  for (int i = 0; i < 100; ++i)
    EXPECT_EQ(c.emit("n", {sent++}), "sent");
  for (int i = 0; i < sent; ++i) {
    ASSERT_EQ(at(server.wait("event"), "args"), json::value(json::array{i}));
  }
  close_in_order(server, c);
}

TEST(SocketioDriver, PathPrefixAndLargeMessages) {
  peer_server server({{"options", json::object{{"path", "/prefix/socket.io/"},
                                               {"maxHttpBufferSize", std::int64_t{3'000'000}}}}});
  connection c(server.port(), driver_options("/prefix/socket.io/"));
  EXPECT_EQ(c.next(), "connected websocket");
  const std::string big(2'000'000, 'x');
  EXPECT_EQ(c.ask("echo", {big}), "[\"" + big + "\"]");
  EXPECT_EQ(c.ask("echo", {placeholder(0)}, {big}),
            "[{\"_placeholder\":true,\"num\":0}] " + hex(big));
}

TEST(SocketioDriver, LargeMessagesOnPolling) {
  peer_server server(polling_only());
  connection c(server.port());
  EXPECT_EQ(c.next(), "connected polling");
  const std::string big(700'000, 'x');
  EXPECT_EQ(c.ask("echo", {big}), "[\"" + big + "\"]");
  EXPECT_EQ(c.ask("echo", {placeholder(0)}, {big}),
            "[{\"_placeholder\":true,\"num\":0}] " + hex(big));
}

TEST(SocketioDriver, ConnectionOutlivesManyPings) {
  peer_server server({{"options", json::object{{"pingInterval", 30}, {"pingTimeout", 2'000}}}});
  connection c(server.port());
  EXPECT_EQ(c.next(), "connected websocket");
  // Without pongs the server would end it after two seconds; thirty pings pass in one.
  EXPECT_EQ(c.next(2'500ms), "(nothing)");
  EXPECT_EQ(c.ask("echo", {1}), "[1]");
}

class SocketioDriverTls : public testing::Test {
protected:
  SocketioDriverTls() {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "dockhost-link-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
    made_ = e2e::make_certificates(folder_);
  }
  ~SocketioDriverTls() override { std::filesystem::remove_all(folder_); }

  [[nodiscard]] json::object server_config(bool want_client_cert, bool polling = false) const {
    json::object tls{{"key", made_.server_key.string()}, {"cert", made_.server_cert.string()}};
    if (want_client_cert) tls.emplace_back("ca", made_.ca.string());
    json::object out{{"tls", std::move(tls)}};
    if (polling) out.push_back(polling_only().front());
    return out;
  }

  [[nodiscard]] net::tls_options tls(bool with_client_cert) const {
    net::tls_options out;
    out.ca_file = made_.ca;
    if (with_client_cert) {
      out.client_cert = made_.client_cert;
      out.client_key = made_.client_key;
    }
    return out;
  }

  std::filesystem::path folder_;
  e2e::certificates made_;
};

TEST_F(SocketioDriverTls, WssWithAPrivateCa) {
  peer_server server(server_config(false));
  connection c(server.port(), driver_options(), tls(false));
  EXPECT_EQ(c.next(), "connected websocket");
  exchange(server, c);
  close_in_order(server, c);
}

TEST_F(SocketioDriverTls, WssWithAClientCertificate) {
  peer_server server(server_config(true));
  connection c(server.port(), driver_options(), tls(true));
  EXPECT_EQ(c.next(), "connected websocket");
  exchange(server, c);
  close_in_order(server, c);
}

TEST_F(SocketioDriverTls, PollingOverTls) {
  peer_server server(server_config(true, true));
  connection c(server.port(), driver_options(), tls(true));
  EXPECT_EQ(c.next(), "connected polling");
  exchange(server, c);
  close_in_order(server, c);
}

TEST_F(SocketioDriverTls, AnUnknownCaAndAMissingClientCertificateAreRefused) {
  peer_server open(server_config(false));
  connection unverified(open.port(), driver_options(), net::tls_options{});
  EXPECT_EQ(unverified.next(), "disconnected transport error");
  net::tls_options unchecked;
  unchecked.verify = false;
  connection careless(open.port(), driver_options(), unchecked);
  EXPECT_EQ(careless.next(), "connected websocket");
  peer_server strict(server_config(true));
  connection nameless(strict.port(), driver_options(), tls(false));
  EXPECT_EQ(nameless.next(), "disconnected transport error");
}

} // namespace
} // namespace dockhost::actors::test
