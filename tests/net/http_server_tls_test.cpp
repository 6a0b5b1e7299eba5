// SPDX-License-Identifier: MIT
#include "tests/net/certificates.hpp"
#include "tests/net/server_fixture.hpp"

#include "net/http_client.hpp"
#include "net/websocket_client.hpp"

namespace dockhost::net::test {
namespace {

class HttpServerTls : public ServerTest {
protected:
  HttpServerTls() {
    write_cert(ca, folder / "ca.pem");
    write_cert(good, folder / "cert.pem");
    write_key(good, folder / "key.pem");
  }
  server_tls_options files() { return {folder / "cert.pem", folder / "key.pem"}; }
  endpoint where() {
    endpoint out;
    out.host = "127.0.0.1";
    out.port = port;
    out.tls = true;
    out.tls_settings.ca_file = folder / "ca.pem";
    return out;
  }
  /// A client's handshake with these versions; what the server's certificate is called, or "".
  std::string handshake(int least, int most) {
    const context_ptr context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
    SSL_CTX_set_security_level(context.get(), 0);
    SSL_CTX_set_min_proto_version(context.get(), least);
    SSL_CTX_set_max_proto_version(context.get(), most);
    const int fd = connect_to(port);
    const std::shared_ptr<SSL> ssl(SSL_new(context.get()), SSL_free);
    SSL_set_fd(ssl.get(), fd);
    std::string name;
    if (SSL_connect(ssl.get()) == 1) {
      const cert_ptr cert(SSL_get1_peer_certificate(ssl.get()), X509_free);
      char text[256];
      name = X509_NAME_oneline(X509_get_subject_name(cert.get()), text, sizeof text);
      SSL_shutdown(ssl.get());
    }
    ::close(fd);
    return name;
  }
  std::string problem(const server_tls_options& tls) {
    const auto r = server->listen({.address = "127.0.0.1", .port = 0, .tls = tls});
    return r.ok() ? std::string("ok") : r.err();
  }

  temp_folder folder;
  identity ca = make_ca("DockHost test CA");
  identity good = make_cert(ca, "DNS:localhost,IP:127.0.0.1");
};

TEST_F(HttpServerTls, AnswersOnAKeptConnection) {
  start(files());
  http_client client(io, where());
  for (int i = 0; i < 5; ++i) {
    const auto r = ask(client, get("/hello"));
    ASSERT_TRUE(r.ok()) << text_of(r);
    EXPECT_EQ(r->body, "hello");
  }
  EXPECT_EQ(server->stats().accepted, 1U);
  http_request big_request = post(std::string(900'000, 'x'));
  big_request.target = "/echo";
  const auto r = ask(client, std::move(big_request));
  ASSERT_TRUE(r.ok()) << text_of(r);
  EXPECT_TRUE(r->body == std::string(900'000, 'x'));
  const auto whole = ask(client, get("/big"));
  ASSERT_TRUE(whole.ok()) << text_of(whole);
  EXPECT_EQ(whole->body.size(), 6'000'000U);
}

TEST_F(HttpServerTls, WebSocketsOfAllSizes) {
  start(files());
  std::atomic<std::size_t> bytes = 0;
  std::atomic<int> count = 0;
  websocket_options options;
  options.target = "/ws?echo";
  std::atomic<int> closed = 0;
  websocket_client client(io, where(), options,
                          {.on_open = {},
                           .on_text =
                               [&](std::string_view m) {
                                 bytes += m.size();
                                 ++count;
                               },
                           .on_binary = {},
                           .on_closed = [&](const net_error&) { ++closed; }});
  std::size_t sent = 0;
  for (int i = 0; i < 300; ++i) {
    const std::size_t n = i % 10 == 0 ? 300'000 : static_cast<std::size_t>(i);
    sent += n;
    while (!client.send_text(std::string(n, 'x')))
      std::this_thread::yield();
  }
  ASSERT_TRUE(eventually([&] { return count == 300; }));
  EXPECT_EQ(bytes, sent);
  client.close();
  EXPECT_TRUE(listener().wait_closed());
  EXPECT_EQ(listener().end.code, close_code::normal);
  EXPECT_TRUE(eventually([&] { return closed == 1; }));
  EXPECT_TRUE(empty());
}

TEST_F(HttpServerTls, OldVersionsAreRefused) {
  start(files());
  EXPECT_EQ(handshake(TLS1_VERSION, TLS1_1_VERSION), "");
  EXPECT_NE(handshake(TLS1_2_VERSION, TLS1_2_VERSION), "");
  EXPECT_NE(handshake(TLS1_3_VERSION, TLS1_3_VERSION), "");
  EXPECT_TRUE(saw("tls: "));
  EXPECT_TRUE(empty());
  EXPECT_EQ(serious, 0);
}

TEST_F(HttpServerTls, PlainHttpOnItIsTold) {
  start(files());
  const auto a = get_raw("/hello");
  EXPECT_EQ(a.status, 400);
  EXPECT_EQ(a.body, "This port speaks HTTPS.\n");
  EXPECT_TRUE(empty());
}

TEST_F(HttpServerTls, GarbageAndSilenceEnd) {
  limits.header_time = 100ms;
  start(files());
  const auto p = connect();
  p->send(std::string(1000, '\x16'));
  EXPECT_TRUE(p->wait_closed());
  const auto q = connect();
  EXPECT_TRUE(q->wait_closed());
  const auto r = connect();
  r->send(std::string("\x16\x03\x01\x02", 4)); // a record that never comes
  EXPECT_TRUE(r->wait_closed());
  const auto s = connect();
  s->reset();
  EXPECT_TRUE(empty());
}

TEST_F(HttpServerTls, FilesThatAreNotRightAreExplained) {
  start(files());
  EXPECT_NE(problem({folder / "none.pem", {}}).find("none.pem can't be read: No such file"),
            std::string::npos);
  EXPECT_NE(problem({folder / "key.pem", {}}).find("holds no usable certificate"),
            std::string::npos);
  EXPECT_NE(problem({folder / "cert.pem", {}}).find("holds no usable key"), std::string::npos);
  write_key(make_cert(ca, "DNS:other"), folder / "other.pem");
  EXPECT_NE(problem({folder / "cert.pem", folder / "other.pem"}).find("key"), std::string::npos);
  EXPECT_NE(problem({folder / "cert.pem", folder / "other.pem"}), "ok");
  write_key(good, folder / "locked.pem", "secret");
  EXPECT_NE(problem({folder / "cert.pem", folder / "locked.pem"}).find("holds no usable key"),
            std::string::npos);
}

TEST_F(HttpServerTls, ReloadedCertificatesServeNewConnections) {
  start(files());
  http_client client(io, where());
  ASSERT_TRUE(ask(client, get("/hello")).ok());
  EXPECT_EQ(handshake(TLS1_3_VERSION, TLS1_3_VERSION), "/CN=leaf");
  const identity other = make_self_signed("DNS:localhost");
  write_cert(other, folder / "cert.pem");
  EXPECT_FALSE(server->reload_tls().ok()); // the key doesn't fit yet
  EXPECT_EQ(handshake(TLS1_3_VERSION, TLS1_3_VERSION), "/CN=leaf");
  write_key(other, folder / "key.pem");
  EXPECT_TRUE(server->reload_tls().ok());
  EXPECT_TRUE(eventually([&] { return handshake(TLS1_3_VERSION, TLS1_3_VERSION) == "/CN=self"; }));
  EXPECT_TRUE(ask(client, get("/hello")).ok()); // the old connection goes on
}

TEST_F(HttpServerTls, AVanishedPeerIsTold) {
  start(files());
  {
    websocket_options options;
    options.target = "/ws";
    websocket_client client(io, where(), options, {});
    ASSERT_TRUE(eventually([&] { return opened == 1; }));
  }
  EXPECT_TRUE(listener().wait_closed());
  EXPECT_EQ(listener().end.code, close_code::abnormal);
  EXPECT_TRUE(empty());
}

} // namespace
} // namespace dockhost::net::test
