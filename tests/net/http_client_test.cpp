// SPDX-License-Identifier: MIT
// The HTTP client's pool: connections, order, deadlines, ends.
#include "tests/net/http_fixture.hpp"

#include <algorithm>
#include <vector>

namespace dockhost::net::test {
namespace {

class HttpClient : public ::testing::Test {
protected:
  temp_folder folder;
  io_thread io;
};

TEST_F(HttpClient, GetOverAUnixSocket) {
  std::promise<std::string> request;
  raw_server server(
      [&](peer& p, int) {
        request.set_value(p.read_request());
        p.send(answer("hello", "X-One: a\r\nx-two: b\r\n"));
        p.wait_closed();
      },
      folder / "s");
  http_client client(io, server.where());
  const auto r = ask(client, get("/containers/json?all=1"));
  ASSERT_TRUE(r.ok()) << text_of(r);
  EXPECT_EQ(r->status, 200);
  EXPECT_EQ(r->body, "hello");
  EXPECT_EQ(r->header("X-TWO"), "b");
  EXPECT_EQ(r->header("absent"), "");
  const std::string seen = request.get_future().get();
  EXPECT_TRUE(seen.starts_with("GET /containers/json?all=1 HTTP/1.1\r\nHost: localhost\r\n"))
      << seen;
  EXPECT_EQ(seen.find("Content-Length"), std::string::npos);
}

TEST_F(HttpClient, OverTcpTheHostHeaderNamesThePort) {
  std::promise<std::string> request;
  raw_server server([&](peer& p, int) {
    request.set_value(p.read_request());
    p.send(answer(""));
    p.wait_closed();
  });
  http_client client(io, server.where());
  ASSERT_TRUE(ask(client, get()).ok());
  const std::string host = "Host: 127.0.0.1:" + std::to_string(server.where().port) + "\r\n";
  EXPECT_NE(request.get_future().get().find(host), std::string::npos);
}

TEST_F(HttpClient, OverIpv6AndByName) {
  raw_server six(echo_targets, {}, nullptr, true);
  http_client by_address(io, six.where());
  EXPECT_EQ(text_of(ask(by_address, get())), "ok");
  // "localhost" may resolve to ::1 first, where nobody listens: the next address is tried.
  raw_server four(echo_targets);
  endpoint where = four.where();
  where.host = "localhost";
  http_client by_name(io, where);
  EXPECT_EQ(text_of(ask(by_name, get())), "ok");
}

TEST_F(HttpClient, ABodyOfSomeMegabytesGoesBothWaysWithoutExpect) {
  const std::string big(5'000'000, 'x');
  raw_server server(
      [&](peer& p, int) {
        const std::string request = p.read_request();
        EXPECT_EQ(request.find("Expect"), std::string::npos);
        p.send(answer(request.substr(request.find("\r\n\r\n") + 4)));
        p.wait_closed();
      },
      folder / "s");
  http_client client(io, server.where());
  http_request put;
  put.method = "PUT";
  put.body = big;
  const auto r = ask(client, put);
  ASSERT_TRUE(r.ok()) << text_of(r);
  EXPECT_TRUE(r->body == big);
}

TEST_F(HttpClient, APostWithoutBodySaysSo) {
  std::promise<std::string> request;
  raw_server server([&](peer& p, int) {
    request.set_value(p.read_request());
    p.send("HTTP/1.1 204 No Content\r\n\r\n");
    p.wait_closed();
  });
  http_client client(io, server.where());
  EXPECT_EQ(ask(client, post(""))->status, 204);
  EXPECT_NE(request.get_future().get().find("Content-Length: 0\r\n"), std::string::npos);
}

TEST_F(HttpClient, AnswersWithoutBodyLeaveTheConnectionUsable) {
  raw_server server(
      [](peer& p, int) {
        p.read_request(); // HEAD: the length of what GET would give
        p.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n");
        p.read_request();
        p.send("HTTP/1.1 204 No Content\r\n\r\n");
        p.read_request();
        p.send("HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n");
        p.read_request();
        p.send("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" +
               answer("end"));
        p.wait_closed();
      },
      folder / "s");
  http_client client(io, server.where());
  http_request head = get();
  head.method = "HEAD";
  auto r = ask(client, head);
  ASSERT_TRUE(r.ok()) << text_of(r);
  EXPECT_EQ(r->body, "");
  EXPECT_EQ(r->header("content-length"), "100");
  EXPECT_EQ(ask(client, get())->status, 204);
  EXPECT_EQ(ask(client, get())->status, 304);
  r = ask(client, get());
  ASSERT_TRUE(r.ok()) << text_of(r);
  EXPECT_EQ(r->body, "end");
  EXPECT_EQ(r->header("link"), "");
  EXPECT_EQ(server.accepted(), 1);
}

TEST_F(HttpClient, AThousandRequestsGoThroughEightConnections) {
  raw_server server(echo_targets, folder / "s");
  std::atomic<int> right = 0;
  std::atomic<int> all = 0;
  http_client client(io, server.where());
  for (int i = 0; i < 1000; ++i) {
    const std::string target = "/" + std::to_string(i);
    client.send(get(target), 10s, [&, target](const net_result<http_response>& r) {
      if (r && r->body == target) ++right;
      ++all;
    });
  }
  EXPECT_TRUE(eventually([&] { return all == 1000; }));
  EXPECT_EQ(right, 1000);
  EXPECT_LE(server.accepted(), 8);
}

TEST_F(HttpClient, RequestsWaitInTheirOrder) {
  raw_server server(echo_targets, folder / "s");
  std::vector<int> order; // the io thread's
  std::atomic<int> all = 0;
  http_client_options one;
  one.max_connections = 1;
  http_client client(io, server.where(), one);
  for (int i = 0; i < 100; ++i)
    client.send(get(), 10s, [&, i](const net_result<http_response>&) {
      order.push_back(i);
      ++all;
    });
  ASSERT_TRUE(eventually([&] { return all == 100; }));
  EXPECT_TRUE(std::ranges::is_sorted(order));
  EXPECT_EQ(server.accepted(), 1);
}

TEST_F(HttpClient, TooManyWaitingAreRefusedAtOnce) {
  raw_server server([](peer& p, int) { p.wait_closed(); }, folder / "s");
  http_client_options few;
  few.max_connections = 1;
  few.max_waiting = 2;
  std::atomic<int> too_large = 0;
  std::atomic<int> cancelled = 0;
  {
    http_client client(io, server.where(), few);
    for (int i = 0; i < 5; ++i)
      client.send(get(), 10s, [&](const net_result<http_response>& r) {
        ++(r.err().code == net_errc::too_large ? too_large : cancelled);
      });
    EXPECT_TRUE(eventually([&] { return too_large == 2; }));
  }
  EXPECT_EQ(cancelled, 3);
}

TEST_F(HttpClient, TheDeadlineCoversAServerThatNeverAnswers) {
  raw_server server([](peer& p, int) { p.wait_closed(); }, folder / "s");
  http_client client(io, server.where());
  const auto r = ask(client, get("/slow?token=x"), 50ms);
  EXPECT_EQ(text_of(r), "timeout: GET /slow: no answer within 50 ms");
}

TEST_F(HttpClient, TheDeadlineCoversTheWaitForAConnection) {
  raw_server server([](peer& p, int) { p.wait_closed(); }, folder / "s");
  http_client_options one;
  one.max_connections = 1;
  http_client client(io, server.where(), one);
  client.send(get(), 10s, [](const net_result<http_response>&) {});
  EXPECT_EQ(ask(client, get(), 50ms).err().code, net_errc::timeout);
  EXPECT_EQ(server.accepted(), 1);
}

TEST_F(HttpClient, AnExpiredCallFreesItsPlace) {
  raw_server server([](peer& p, int n) {
    if (n == 0) {
      p.wait_closed();
    } else {
      echo_targets(p, n);
    }
  });
  http_client_options one;
  one.max_connections = 1;
  http_client client(io, server.where(), one);
  EXPECT_EQ(ask(client, get(), 50ms).err().code, net_errc::timeout);
  EXPECT_EQ(text_of(ask(client, get())), "ok");
}

TEST_F(HttpClient, SlowHeadersMeetTheDeadline) {
  raw_server drip([](peer& p, int) {
    p.read_request();
    p.send("HTTP/1.1 200 OK\r\nX: ");
    while (p.send("y"))
      std::this_thread::sleep_for(5ms);
  });
  http_client client(io, drip.where());
  EXPECT_EQ(ask(client, get(), 80ms).err().code, net_errc::timeout);
}

TEST_F(HttpClient, NobodyThere) {
  endpoint where;
  where.unix_path = folder / "missing";
  http_client unix_client(io, where);
  EXPECT_EQ(text_of(ask(unix_client, get())), "refused: connect ENOENT " + where.unix_path);
  endpoint tcp;
  {
    raw_server gone(echo_targets);
    tcp = gone.where();
  }
  http_client tcp_client(io, tcp);
  EXPECT_EQ(text_of(ask(tcp_client, get())),
            "refused: connect ECONNREFUSED 127.0.0.1:" + std::to_string(tcp.port));
  endpoint nowhere;
  nowhere.host = "no-such-host.invalid";
  nowhere.port = 80;
  http_client lost(io, nowhere);
  const auto r = ask(lost, get());
  EXPECT_EQ(r.err().code, net_errc::resolve) << text_of(r);
  EXPECT_NE(r.err().message.find("no-such-host.invalid"), std::string::npos);
  endpoint deep;
  deep.unix_path = "/" + std::string(200, 'x');
  http_client too_long(io, deep);
  EXPECT_EQ(ask(too_long, get()).err().code, net_errc::connect);
}

TEST_F(HttpClient, AHalfOpenServerMeetsTheDeadline) {
  // Accepts into the backlog and never answers, not even at the TLS level.
  raw_server server([](peer& p, int) { p.wait_closed(); });
  endpoint where = server.where();
  where.tls = true;
  http_client_options quick;
  quick.connect_timeout = 50ms;
  http_client client(io, where, quick);
  const auto r = ask(client, get());
  EXPECT_EQ(r.err().code, net_errc::timeout);
  EXPECT_NE(r.err().message.find("ETIMEDOUT"), std::string::npos) << text_of(r);
}

TEST_F(HttpClient, APooledConnectionThatTheServerClosedIsReplaced) {
  std::atomic<int> requests = 0;
  raw_server server(
      [&](peer& p, int) {
        if (p.read_request().empty()) return;
        ++requests;
        p.send(answer("one"));
        p.close();
      },
      folder / "s");
  http_client client(io, server.where());
  for (int i = 0; i < 20; ++i) {
    const auto r = ask(client, i % 2 ? get() : post("body"));
    // A POST that is written before the close arrives may be lost, but is never sent twice.
    if (i % 2) {
      EXPECT_TRUE(r.ok()) << text_of(r);
    } else if (!r) {
      EXPECT_EQ(r.err().code, net_errc::closed);
    }
  }
  EXPECT_LE(requests, 20);
}

// The server closes only once it has the second request: nothing of it can be seen before.
TEST_F(HttpClient, OnlyAnIdempotentRequestIsSentAgainWhenInDoubt) {
  std::atomic<int> posts = 0;
  std::atomic<int> gets = 0;
  raw_server server(
      [&](peer& p, int n) {
        for (int i = 0;; ++i) {
          const std::string request = p.read_request();
          if (request.empty()) return;
          ++(request.starts_with("POST") ? posts : gets);
          if (n % 2 == 0 && i == 1) return p.close();
          p.send(answer("x"));
        }
      },
      folder / "s");
  http_client client(io, server.where());
  EXPECT_TRUE(ask(client, get()).ok());
  EXPECT_TRUE(ask(client, get()).ok()); // closed on, then sent again
  EXPECT_EQ(gets, 3);
  EXPECT_EQ(server.accepted(), 2);
  http_client other(io, server.where());
  EXPECT_TRUE(ask(other, get()).ok());
  EXPECT_EQ(ask(other, post("body")).err().code, net_errc::closed);
  EXPECT_EQ(posts, 1);
}

TEST_F(HttpClient, AFreshConnectionThatClosesIsNotTriedAgain) {
  raw_server server(
      [](peer& p, int) {
        p.read_request();
        p.close();
      },
      folder / "s");
  http_client client(io, server.where());
  EXPECT_EQ(text_of(ask(client, get())), "closed: socket hang up");
  EXPECT_EQ(server.accepted(), 1);
}

TEST_F(HttpClient, AnIdleConnectionIsClosedInTime) {
  std::atomic<bool> closed = false;
  raw_server server(
      [&](peer& p, int) {
        p.read_request();
        p.send(answer("x"));
        closed = p.wait_closed();
      },
      folder / "s");
  http_client_options brief;
  brief.idle_timeout = 30ms;
  http_client client(io, server.where(), brief);
  EXPECT_TRUE(ask(client, get()).ok());
  EXPECT_TRUE(eventually([&] { return closed.load(); }));
}

TEST_F(HttpClient, ConnectionCloseIsHonoured) {
  raw_server server(
      [](peer& p, int) {
        p.read_request();
        p.send(answer("x", "Connection: close\r\n"));
        p.wait_closed();
      },
      folder / "s");
  http_client client(io, server.where());
  EXPECT_TRUE(ask(client, get()).ok());
  EXPECT_TRUE(ask(client, post("y")).ok());
  EXPECT_EQ(server.accepted(), 2);
}

TEST_F(HttpClient, DestructionAnswersWhatIsOut) {
  raw_server server([](peer& p, int) { p.wait_closed(); }, folder / "s");
  std::atomic<int> cancelled = 0;
  {
    http_client client(io, server.where());
    for (int i = 0; i < 20; ++i)
      client.send(get(), 10s, [&](const net_result<http_response>& r) {
        if (!r && r.err().code == net_errc::cancelled) ++cancelled;
      });
    EXPECT_TRUE(eventually([&] { return server.accepted() == 8; }));
  }
  EXPECT_EQ(cancelled, 20); // before the destructor has returned
}

TEST_F(HttpClient, ACallbackMayDestroyTheClient) {
  raw_server server(echo_targets, folder / "s");
  auto client = std::make_unique<http_client>(io, server.where());
  std::atomic<int> answers = 0;
  on_io(io, [&] {
    for (int i = 0; i < 50; ++i)
      client->send(get(), 10s, [&](const net_result<http_response>&) {
        client.reset();
        ++answers;
      });
  });
  EXPECT_TRUE(eventually([&] { return answers == 50; }));
}

TEST_F(HttpClient, ACallbackMaySendTheNextRequest) {
  raw_server server(echo_targets, folder / "s");
  auto client = std::make_unique<http_client>(io, server.where());
  std::atomic<int> left = 200;
  std::function<void(const net_result<http_response>&)> next =
      [&](const net_result<http_response>& r) {
        EXPECT_TRUE(r.ok()) << text_of(r);
        if (--left > 0) client->send(get(), 10s, next);
      };
  client->send(get(), 10s, next);
  EXPECT_TRUE(eventually([&] { return left == 0; }));
  client.reset();
  EXPECT_EQ(server.accepted(), 1);
}

TEST_F(HttpClient, AThrowingCallbackHarmsNobody) {
  raw_server server(echo_targets, folder / "s");
  http_client client(io, server.where());
  client.send(get(), 10s, [](const net_result<http_response>&) {
    throw std::runtime_error("thrown on purpose by a test");
  });
  EXPECT_TRUE(ask(client, get()).ok());
}

TEST_F(HttpClient, NothingCanBeSmuggledIntoARequest) {
  raw_server server(echo_targets, folder / "s");
  http_client client(io, server.where());
  EXPECT_EQ(ask(client, get("/a b")).err().code, net_errc::protocol);
  EXPECT_EQ(ask(client, get("/a\r\nX: y")).err().code, net_errc::protocol);
  EXPECT_EQ(ask(client, get("")).err().code, net_errc::protocol);
  http_request r = get();
  r.headers = {{"X", "a\r\nY: b"}};
  EXPECT_EQ(ask(client, r).err().code, net_errc::protocol);
  r.headers = {{"X:", "a"}};
  EXPECT_EQ(ask(client, r).err().code, net_errc::protocol);
  r.headers = {{"Content-Length", "10"}, {"Transfer-Encoding", "chunked"}, {"X", "caf\xc3\xa9"}};
  EXPECT_EQ(text_of(ask(client, r)), "ok"); // the client's own length counts
  r.method = "GET /x HTTP/1.1\r\n";
  EXPECT_EQ(ask(client, r).err().code, net_errc::protocol);
  EXPECT_EQ(server.accepted(), 1);
}

TEST_F(HttpClient, AnEarlyRefusalOfALongBodyIsHeard) {
  raw_server server(
      [](peer& p, int) {
        p.read_until("\r\n\r\n");
        p.send("HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno");
        p.wait_closed();
      },
      folder / "s");
  http_client client(io, server.where());
  const auto r = ask(client, post(std::string(20'000'000, 'x')));
  ASSERT_TRUE(r.ok()) << text_of(r);
  EXPECT_EQ(r->status, 413);
}

TEST_F(HttpClient, ManyConnectsToAFullBacklogAllSucceed) {
  raw_server server(echo_targets, folder / "s"); // with a backlog of 16
  http_client_options many;
  many.max_connections = 100;
  std::atomic<int> right = 0;
  std::atomic<int> all = 0;
  http_client client(io, server.where(), many);
  for (int i = 0; i < 100; ++i)
    client.send(get(), 10s, [&](const net_result<http_response>& r) {
      if (r) ++right;
      EXPECT_EQ(text_of(r), "ok");
      ++all;
    });
  EXPECT_TRUE(eventually([&] { return all == 100; }));
  EXPECT_EQ(right, 100);
}

} // namespace
} // namespace dockhost::net::test
