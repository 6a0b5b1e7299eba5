// SPDX-License-Identifier: MIT
// The ways to a main server: polling, upgrade, TLS, and how a dead one is noticed.
#include "tests/e2e/support/certificates.hpp"
#include "tests/e2e/support/world.hpp"

#include <csignal>

namespace dockhost::e2e {
namespace {

using namespace std::chrono_literals;

class Transport : public world {
protected:
  /// A create, and a list with more than a few bytes, over whatever carries them.
  void expect_work() {
    const auto made = create("alice");
    EXPECT_EQ(ssh_login(folder(), static_cast<std::uint16_t>(number(made, "ports.ssh")), key(),
                        "id -u", text(made, "sshHostKey"))
                  .out,
              "0\n");
    for (int i = 0; i < 20; ++i)
      EXPECT_TRUE(succeeded(server().command("list-containers", json::object{})));
    EXPECT_TRUE(
        succeeded(server().command("delete-container", json::object{{"username", "alice"}})));
  }

  static std::string toml_path(const std::filesystem::path& path) {
    return "\"" + path.string() + "\"";
  }
};

json::object options(json::object members) {
  return {{"options", std::move(members)}};
}

TEST_F(Transport, WebsocketComesFirst) {
  start_server();
  const std::size_t from = server().mark();
  launch_node();
  const auto connection = server().wait_node(from);
  EXPECT_EQ(text(connection, "transport"), "websocket");
  EXPECT_EQ(text(connection, "query.role"), "backend");
  EXPECT_EQ(text(connection, "auth.DOCKHOST_API_KEY"), "e2e-key");
  EXPECT_EQ(text(connection, "auth.NODE_ID"), node_id());
  EXPECT_FALSE(text(connection, "auth.BOOT_ID").empty());
  EXPECT_FALSE(text(connection, "auth.VERSION").empty());
  expect_work();
}

TEST_F(Transport, PollingOnly) {
  start_server({.config = options({{"transports", json::array{"polling"}}}), .scheme = "http"});
  launch_node();
  EXPECT_EQ(text(server().wait_node(), "transport"), "polling");
  expect_work();
  EXPECT_EQ(stop_node(), 0);
  server().wait_disconnect(0);
}

TEST_F(Transport, PollingThenUpgrade) {
  start_server({.config = {{"refuseFirstWebsocket", true}}, .scheme = "http"});
  launch_node();
  EXPECT_EQ(text(server().wait_node(), "transport"), "polling");
  const auto upgrade = server().wait(is("upgrade"), 0, 10s, "the upgrade");
  EXPECT_EQ(text(upgrade, "transport"), "websocket");
  expect_work();
}

TEST_F(Transport, PathAndBareHostAndPort) {
  start_server({.config = options({{"path", "/prefix/socket.io/"}}), .scheme = "http"});
  config["server"]["url"] = "\"127.0.0.1:" + std::to_string(server().port()) + "/prefix/\"";
  start_node();
  expect_work();
}

TEST_F(Transport, WssWithPrivateCaAndClientCertificate) {
  const auto pem = make_certificates(folder() / "tls");
  const json::object tls = {{"key", pem.server_key.string()},
                            {"cert", pem.server_cert.string()},
                            {"ca", pem.ca.string()}};
  start_server({.config = {{"tls", tls}}, .scheme = "wss"});
  config["server"]["ca_file"] = toml_path(pem.ca);
  config["server"]["client_cert"] = toml_path(pem.client_cert);
  config["server"]["client_key"] = toml_path(pem.client_key);
  launch_node();
  EXPECT_EQ(text(server().wait_node(), "certificate"), "dockhost-client");
  expect_work();
}

TEST_F(Transport, HttpsPollingThenUpgrade) {
  const auto pem = make_certificates(folder() / "tls");
  const json::object tls = {{"key", pem.server_key.string()}, {"cert", pem.server_cert.string()}};
  start_server({.config = {{"tls", tls}, {"refuseFirstWebsocket", true}}, .scheme = "https"});
  config["server"]["ca_file"] = toml_path(pem.ca);
  start_node();
  server().wait(is("upgrade"), 0, 10s, "the upgrade");
  expect_work();
}

TEST_F(Transport, UnknownCaIsNotTrusted) {
  const auto pem = make_certificates(folder() / "tls");
  const json::object tls = {{"key", pem.server_key.string()}, {"cert", pem.server_cert.string()}};
  start_server({.config = {{"tls", tls}}, .scheme = "wss"});
  launch_node();
  EXPECT_TRUE(node_logs("certificate", 10s));
  EXPECT_FALSE(server().seen(is("connection"), 0));
  EXPECT_TRUE(node().running());
  EXPECT_EQ(stop_node(), 0);
}

TEST_F(Transport, DeadServerIsNoticedByMissingPings) {
  start_both({.config = options({{"pingInterval", 500}, {"pingTimeout", 500}}), .scheme = "http"});
  const std::size_t from = server().mark();
  server().signal(SIGSTOP);
  EXPECT_TRUE(node_logs("no ping for", 10s)) << "1 s without a ping means death";
  server().signal(SIGCONT);
  server().wait_node(from);
  expect_work();
}

TEST_F(Transport, EventsOverTheMaxPayloadAreNeverSent) {
  start_both({.config = options({{"maxHttpBufferSize", 2'000}}), .scheme = "http"});
  const std::size_t from = server().mark();
  for (const char* user : {"a1", "a2", "a3", "a4", "a5", "a6", "a7", "a8"})
    create(user);
  // Eight entries are more than 2000 bytes: an error reply, not a dropped link.
  const auto reply = server().command("list-containers", json::object{});
  EXPECT_FALSE(succeeded(reply));
  EXPECT_FALSE(server().seen(is("disconnect"), from));
}

} // namespace
} // namespace dockhost::e2e
