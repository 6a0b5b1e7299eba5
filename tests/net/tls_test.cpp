// SPDX-License-Identifier: MIT
#include "tests/net/certificates.hpp"
#include "tests/net/http_fixture.hpp"

namespace dockhost::net::test {
namespace {

class Tls : public ::testing::Test {
protected:
  Tls() { write_cert(ca, folder / "ca.pem"); }

  /// Where `server` listens, trusting our CA.
  endpoint trusting(const raw_server& server) {
    endpoint where = server.where();
    where.tls_settings.ca_file = folder / "ca.pem";
    return where;
  }

  net_result<http_response> get_from(const endpoint& where) {
    http_client client(io, where);
    return ask(client, get());
  }

  temp_folder folder;
  io_thread io;
  identity ca = make_ca("DockHost test CA");
  identity good = make_cert(ca, "DNS:localhost,IP:127.0.0.1");
};

TEST_F(Tls, APrivateCaIsTrusted) {
  const auto context = server_context(good);
  raw_server server(echo_targets, {}, context.get());
  http_client client(io, trusting(server));
  for (int i = 0; i < 5; ++i) {
    const auto r = ask(client, get("/x"));
    ASSERT_TRUE(r.ok()) << text_of(r);
    EXPECT_EQ(r->body, "/x");
  }
  EXPECT_EQ(server.accepted(), 1); // a pool over TLS too
}

TEST_F(Tls, ABigBodyGoesBothWays) {
  const auto context = server_context(good);
  raw_server server(
      [](peer& p, int) {
        const std::string request = p.read_request();
        p.send(answer(request.substr(request.find("\r\n\r\n") + 4)));
        p.wait_closed();
      },
      {}, context.get());
  http_client client(io, trusting(server));
  const std::string big(3'000'000, 'x');
  const auto r = ask(client, post(big));
  ASSERT_TRUE(r.ok()) << text_of(r);
  EXPECT_TRUE(r->body == big);
}

TEST_F(Tls, ByNameTheServerNameIsSentAndChecked) {
  const identity named = make_cert(ca, "DNS:localhost");
  const auto context = server_context(named);
  static std::atomic<int> names_sent;
  static std::atomic<bool> sni_right;
  names_sent = 0;
  sni_right = false;
  SSL_CTX_set_tlsext_servername_callback(
      context.get(), +[](SSL* ssl, int*, void*) {
        const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
        if (name) ++names_sent;
        sni_right = name && std::string_view(name) == "localhost";
        return SSL_TLSEXT_ERR_OK;
      });
  raw_server server(echo_targets, {}, context.get());
  endpoint where = trusting(server);
  where.host = "localhost";
  EXPECT_EQ(text_of(get_from(where)), "ok");
  EXPECT_TRUE(sni_right);
  where.host = "127.0.0.1"; // not in the certificate, and not sent as a server name
  const auto r = get_from(where);
  EXPECT_EQ(r.err().code, net_errc::tls);
  EXPECT_NE(r.err().message.find("IP address mismatch"), std::string::npos) << text_of(r);
  EXPECT_EQ(names_sent, 1);
}

TEST_F(Tls, AnotherNameIsRefused) {
  const auto context = server_context(make_cert(ca, "DNS:example.test,DNS:localhos*"));
  raw_server server(echo_targets, {}, context.get());
  endpoint where = trusting(server);
  where.host = "localhost";
  const auto r = get_from(where);
  EXPECT_EQ(r.err().code, net_errc::tls);
  EXPECT_NE(r.err().message.find("ostname mismatch"), std::string::npos) << text_of(r);
  EXPECT_NE(r.err().message.find("localhost:"), std::string::npos) << text_of(r);
}

TEST_F(Tls, AnUnknownCaIsRefused) {
  const auto context = server_context(good);
  raw_server server(echo_targets, {}, context.get());
  write_cert(make_ca("another"), folder / "other.pem");
  endpoint where = trusting(server);
  where.tls_settings.ca_file = folder / "other.pem";
  EXPECT_EQ(get_from(where).err().code, net_errc::tls);
  where.tls_settings.ca_file.clear(); // the system's roots
  const auto r = get_from(where);
  EXPECT_EQ(r.err().code, net_errc::tls);
  EXPECT_NE(r.err().message.find("unable to get local issuer certificate"), std::string::npos)
      << text_of(r);
}

TEST_F(Tls, SelfSignedIsRefusedUnlessVerificationIsOff) {
  const auto context = server_context(make_self_signed("DNS:wrong"));
  raw_server server(echo_targets, {}, context.get());
  endpoint where = trusting(server);
  const auto r = get_from(where);
  EXPECT_EQ(r.err().code, net_errc::tls);
  EXPECT_NE(r.err().message.find("self-signed"), std::string::npos) << text_of(r);
  where.tls_settings.verify = false;
  EXPECT_EQ(text_of(get_from(where)), "ok");
}

TEST_F(Tls, ExpiredAndNotYetValidAreRefused) {
  for (const auto& [from, to, words] :
       {std::tuple(-7200L, -3600L, "expired"), std::tuple(3600L, 7200L, "not yet valid")}) {
    const auto context = server_context(make_cert(ca, "IP:127.0.0.1", from, to));
    raw_server server(echo_targets, {}, context.get());
    const auto r = get_from(trusting(server));
    EXPECT_EQ(r.err().code, net_errc::tls);
    EXPECT_NE(r.err().message.find(words), std::string::npos) << text_of(r);
  }
}

TEST_F(Tls, AClientCertificate) {
  const auto context = server_context(good, &ca);
  raw_server server(echo_targets, {}, context.get());
  const identity client = make_cert(ca, "");
  write_cert(client, folder / "client.pem");
  write_key(client, folder / "client.key");
  endpoint where = trusting(server);
  const auto r = get_from(where); // without one; TLS 1.3 tells only after the handshake
  ASSERT_FALSE(r.ok());
  EXPECT_EQ(r.err().code, net_errc::tls) << text_of(r);
  where.tls_settings.client_cert = folder / "client.pem";
  where.tls_settings.client_key = folder / "client.key";
  EXPECT_EQ(text_of(get_from(where)), "ok");
}

TEST_F(Tls, FilesThatCannotBeUsedAreNamed) {
  const auto context = server_context(good);
  raw_server server(echo_targets, {}, context.get());
  endpoint where = trusting(server);
  where.tls_settings.ca_file = folder / "missing.pem";
  auto r = get_from(where);
  EXPECT_EQ(r.err().code, net_errc::tls);
  EXPECT_NE(r.err().message.find("missing.pem"), std::string::npos) << text_of(r);

  where = trusting(server);
  const identity client = make_cert(ca, "");
  write_cert(client, folder / "client.pem");
  write_key(client, folder / "locked.key", "secret"); // and nobody asks on the terminal
  where.tls_settings.client_cert = folder / "client.pem";
  where.tls_settings.client_key = folder / "locked.key";
  r = get_from(where);
  EXPECT_EQ(r.err().code, net_errc::tls);
  EXPECT_NE(r.err().message.find("locked.key"), std::string::npos) << text_of(r);

  write_key(good, folder / "other.key"); // not this certificate's
  where.tls_settings.client_key = folder / "other.key";
  EXPECT_EQ(get_from(where).err().code, net_errc::tls);
}

TEST_F(Tls, AnOldVersionIsRefused) {
  const auto context = server_context(good, nullptr, TLS1_1_VERSION);
  raw_server server(echo_targets, {}, context.get());
  EXPECT_EQ(get_from(trusting(server)).err().code, net_errc::tls);
}

TEST_F(Tls, APlainServerIsNoTlsServer) {
  raw_server server([](peer& p, int) {
    p.read_some();
    p.send("HTTP/1.1 400 Bad Request\r\n\r\n");
    p.wait_closed();
  });
  endpoint where = trusting(server);
  where.tls = true;
  EXPECT_EQ(get_from(where).err().code, net_errc::tls);
}

TEST_F(Tls, ClosedDuringTheHandshake) {
  raw_server server([](peer& p, int) {
    p.read_some();
    p.close();
  });
  endpoint where = trusting(server);
  where.tls = true;
  const auto r = get_from(where);
  EXPECT_EQ(r.err().code, net_errc::tls);
  EXPECT_NE(r.err().message.find("closed"), std::string::npos) << text_of(r);
}

TEST_F(Tls, ABodyThatEndsWithoutGoodbyeIsBrokenOff) {
  const auto context = server_context(good);
  raw_server server(
      [](peer& p, int) {
        p.read_request();
        p.send("HTTP/1.1 200 OK\r\n\r\nhalf");
        p.shut_down(); // no close_notify: anybody on the way could do that
      },
      {}, context.get());
  EXPECT_EQ(get_from(trusting(server)).err().code, net_errc::closed);
}

TEST_F(Tls, AStreamIsHeldBackToo) {
  const auto context = server_context(good);
  raw_server server(
      [](peer& p, int) {
        p.read_request();
        p.send("HTTP/1.1 200 OK\r\n\r\n");
        for (int i = 0; i < 100; ++i)
          p.send(std::string(10'000, 'x'));
        p.close();
      },
      {}, context.get());
  http_client client(io, trusting(server));
  std::size_t bytes = 0;
  std::atomic<int> ends = 0;
  std::unique_ptr<http_stream> stream;
  std::unique_ptr<timer_handle> timer;
  on_io(io, [&] {
    stream = client.open(get(), {{},
                                 [&](std::string_view d) {
                                   bytes += d.size();
                                   stream->pause();
                                   timer = io.after(0ms, [&] { stream->resume(); });
                                 },
                                 [&](net_result<unit> how) { ends += how.ok() ? 1 : 100; }});
  });
  EXPECT_TRUE(eventually([&] { return ends != 0; }));
  EXPECT_EQ(ends, 1);
  EXPECT_EQ(bytes, 1'000'000u);
}

} // namespace
} // namespace dockhost::net::test
