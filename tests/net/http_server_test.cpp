// SPDX-License-Identifier: MIT
#include "tests/net/server_fixture.hpp"

#include "net/http_client.hpp"

namespace dockhost::net::test {
namespace {

class HttpServer : public ServerTest {};

TEST_F(HttpServer, AnswersAndKeepsTheConnection) {
  start();
  const auto p = connect();
  for (int i = 0; i < 3; ++i) {
    p->send("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
    const auto a = read_answer(*p);
    EXPECT_EQ(a.status, 200);
    EXPECT_EQ(a.body, "hello");
    EXPECT_EQ(a.header("Content-Length"), "5");
    EXPECT_EQ(a.header("Connection"), "");
    EXPECT_TRUE(a.header("Date").ends_with(" GMT")) << a.head;
  }
  EXPECT_EQ(server->stats().accepted, 1U);
  EXPECT_EQ(server->stats().requests, 3U);
}

TEST_F(HttpServer, WorksWithOurOwnClient) {
  start();
  http_client client(io, {.unix_path = {}, .host = "127.0.0.1", .port = port, .tls_settings = {}});
  for (int i = 0; i < 20; ++i) {
    const auto r = ask(client, get("/hello"));
    ASSERT_TRUE(r.ok()) << text_of(r);
    EXPECT_EQ(r->body, "hello");
  }
  EXPECT_EQ(server->stats().accepted, 1U);
}

TEST_F(HttpServer, ShowsTheRequestDecodedOnce) {
  start();
  EXPECT_EQ(get_raw("/sh%6fw?a=1&b=x%20y+z&token=%25&c").body,
            "GET /show 127.0.0.1 a=1 b=x y z token=% c=");
  EXPECT_EQ(ask_raw("GET http://host:1/show?q=1 HTTP/1.1\r\nHost: x\r\n\r\n").body,
            "GET /show 127.0.0.1 q=1");
}

TEST_F(HttpServer, HeadGetsTheLengthAndNoBody) {
  start();
  const auto p = connect();
  p->send("HEAD /hello HTTP/1.1\r\nHost: x\r\n\r\nGET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
  const auto first = read_answer(*p, true);
  EXPECT_EQ(first.status, 200);
  EXPECT_EQ(first.header("Content-Length"), "5");
  EXPECT_EQ(read_answer(*p).body, "hello");
}

TEST_F(HttpServer, NoContentHasNoLength) {
  start();
  const auto p = connect();
  p->send("GET /empty HTTP/1.1\r\nHost: x\r\n\r\n");
  const auto a = read_answer(*p);
  EXPECT_EQ(a.status, 204);
  EXPECT_EQ(a.header("Content-Length"), "");
  p->send("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(read_answer(*p).body, "hello");
}

TEST_F(HttpServer, PipelinedRequestsAreAnsweredInOrder) {
  start();
  const auto p = connect();
  std::string all;
  for (int i = 0; i < 50; ++i) {
    all += "GET /show?n=" + std::to_string(i) + " HTTP/1.1\r\nHost: x\r\n\r\n";
    all += "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc";
  }
  ASSERT_TRUE(p->send(all));
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(read_answer(*p).body, "GET /show 127.0.0.1 n=" + std::to_string(i));
    EXPECT_EQ(read_answer(*p).body, "abc");
  }
}

TEST_F(HttpServer, PipelinedBytesWaitWhileAnAnswerIsDue) {
  limits.max_header = 4096;
  start();
  const auto p = connect();
  p->send("GET /late HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(eventually([&] { return waiting == 1; }));
  std::string more;
  for (int i = 0; i < 2000; ++i)
    more += "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n";
  std::thread writer([&] { p->send(more); });
  on_io(io, [&] { kept[0]->respond(make_response(200, "at last")); });
  EXPECT_EQ(read_answer(*p).body, "at last");
  for (int i = 0; i < 2000; ++i)
    ASSERT_EQ(read_answer(*p).body, "hello") << i;
  writer.join();
}

TEST_F(HttpServer, BodiesByLengthAndByChunks) {
  start();
  const auto p = connect();
  const std::string bytes(700'000, 'x');
  p->send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 700000\r\n\r\n");
  p->send(bytes);
  EXPECT_TRUE(read_answer(*p).body == bytes);
  p->send("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
          "3\r\nabc\r\nA;ext=1\r\n0123456789\r\n0\r\nTrailer: y\r\n\r\n");
  EXPECT_EQ(read_answer(*p).body, "abc0123456789");
  p->send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(read_answer(*p).body, "");
}

TEST_F(HttpServer, ABodyOverTheLimitIsToldAndEndsTheConnection) {
  body_limit = 10;
  start();
  const auto p = connect();
  p->send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n0123456789");
  EXPECT_EQ(read_answer(*p).status, 200);
  p->send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\n01234567890");
  const auto a = read_answer(*p);
  EXPECT_EQ(a.status, 413);
  EXPECT_EQ(a.header("Connection"), "close");
  EXPECT_TRUE(p->wait_closed());
  const auto q = connect();
  q->send("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
          "5\r\n01234\r\n6\r\n");
  EXPECT_EQ(read_answer(*q).status, 413);
}

TEST_F(HttpServer, ContinueIsSentWhenTheBodyIsAskedFor) {
  start();
  const auto p = connect();
  p->send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(p->read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  p->send("abc");
  EXPECT_EQ(read_answer(*p).body, "abc");
  p->send("POST /early HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
  const auto refused = read_answer(*p);
  EXPECT_EQ(refused.status, 403);
  EXPECT_EQ(refused.header("Connection"), "close");
}

TEST_F(HttpServer, AnAnswerBeforeTheBodyArrivesWhole) {
  start();
  const auto p = connect();
  p->send("POST /early HTTP/1.1\r\nHost: x\r\nContent-Length: 5000000\r\n\r\n");
  p->send(std::string(2'000'000, 'x')); // nobody reads it for anything
  EXPECT_EQ(read_answer(*p).body, "no");
}

TEST_F(HttpServer, Http10IsAnsweredAndClosedUnlessItAsks) {
  start();
  const auto p = connect();
  p->send("GET /hello HTTP/1.0\r\n\r\n");
  const auto a = read_answer(*p);
  EXPECT_EQ(a.body, "hello");
  EXPECT_EQ(a.header("Connection"), "close");
  EXPECT_TRUE(p->wait_closed());
  const auto q = connect();
  q->send("GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_EQ(read_answer(*q).header("Connection"), "keep-alive");
  q->send("GET /hello HTTP/1.0\r\n\r\n");
  EXPECT_EQ(read_answer(*q).body, "hello");
}

TEST_F(HttpServer, ARequestWithItsEndOfStreamIsAnswered) {
  start();
  const int fd = connect_to(port);
  peer p(fd, nullptr);
  p.send("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
  ::shutdown(fd, SHUT_WR);
  EXPECT_EQ(read_answer(p).body, "hello");
  EXPECT_TRUE(p.wait_closed());
  EXPECT_TRUE(empty());
}

TEST_F(HttpServer, ALateAnswerComesAndOneToAGonePeerIsTold) {
  limits.idle_time = limits.header_time = limits.body_time = 250ms; // none of them runs meanwhile
  start();
  const auto p = connect();
  p->send("GET /late HTTP/1.1\r\nHost: x\r\n\r\n");
  const auto q = connect();
  q->send("GET /late HTTP/1.1\r\nHost: x\r\n\r\n");
  const auto r = connect();
  r->send("GET /late HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(eventually([&] { return waiting == 3; }));
  q->close();
  ASSERT_TRUE(eventually([&] { return gone == 1; }));
  r->reset();
  ASSERT_TRUE(eventually([&] { return gone == 2; }));
  std::this_thread::sleep_for(700ms); // well over every limit: the only way to see none act
  int taken = 0;
  int lost = 0;
  on_io(io, [&] {
    for (const auto& e : kept) {
      lost += e->gone() ? 1 : 0;
      taken += e->respond(make_response(200, "late")) ? 1 : 0;
      EXPECT_FALSE(e->respond(make_response(200, "twice")));
    }
  });
  EXPECT_EQ(taken, 1);
  EXPECT_EQ(lost, 2);
  EXPECT_EQ(read_answer(*p).body, "late");
  EXPECT_EQ(gone, 2);
}

TEST_F(HttpServer, WhatAnApplicationDoesWrongIsA500) {
  start();
  for (const char* path : {"/throw", "/drop", "/bad-answer"}) {
    const auto a = get_raw(path);
    EXPECT_EQ(a.status, 500) << path;
    EXPECT_EQ(a.head.find("X-B"), std::string::npos);
  }
  const auto p = connect();
  p->send("GET /abort HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(p->read_some(), "");
  EXPECT_TRUE(empty());
}

TEST_F(HttpServer, ABigAnswerGoesToASlowReaderWithoutBlockingOthers) {
  start();
  const auto slow = connect("127.0.0.1", 4096);
  slow->send("GET /big HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(eventually([&] { return server->stats().bytes_queued > 0; }));
  EXPECT_EQ(get_raw("/hello").body, "hello");
  EXPECT_EQ(read_answer(*slow).body.size(), 6'000'000U);
  EXPECT_TRUE(eventually([&] { return server->stats().bytes_queued == 0; }));
}

TEST_F(HttpServer, AStreamIsChunkedAndPaced) {
  limits.max_queued = 100'000;
  start();
  const auto p = connect("127.0.0.1", 4096);
  p->send("GET /stream HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(eventually([&] { return waiting == 1; }));
  std::atomic<int> drained = 0;
  std::size_t taken = 0;
  const auto fill = [&] {
    while (writers[0]->write(share(std::string(10'000, 's'))))
      taken += 10'000;
  };
  on_io(io, [&] {
    fill();
    EXPECT_LE(writers[0]->bytes_queued(), 100'000U);
    EXPECT_GT(taken, 0U);
    writers[0]->on_drained(20'000, [&] {
      EXPECT_LE(writers[0]->bytes_queued(), 20'000U);
      if (taken < 20'000'000) fill();
      if (++drained == 100 || taken >= 20'000'000) writers[0]->finish();
    });
  });
  const auto a = read_answer(*p);
  EXPECT_GT(drained, 1);
  EXPECT_EQ(a.body.size(), taken);
  EXPECT_EQ(gone, 0);
  on_io(io, [&] { writers.clear(); });
  p->send("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(read_answer(*p).body, "hello");
}

TEST_F(HttpServer, AStreamEndsByTheConnectionForHttp10AndIsEmptyForHead) {
  start();
  const auto p = connect();
  p->send("GET /stream HTTP/1.0\r\n\r\n");
  ASSERT_TRUE(eventually([&] { return waiting == 1; }));
  on_io(io, [&] {
    writers[0]->write(share("one "));
    writers[0]->write(share("two"));
    writers[0]->finish();
  });
  EXPECT_EQ(p->read_until("\r\n\r\n").find("chunked"), std::string::npos);
  EXPECT_EQ(p->read_exactly(7), "one two");
  EXPECT_EQ(p->read_some(), "");
  const auto q = connect();
  q->send("HEAD /stream HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(eventually([&] { return waiting == 2; }));
  on_io(io, [&] {
    EXPECT_TRUE(writers[1]->write(share("unseen")));
    writers[1]->finish();
  });
  read_answer(*q, true);
  q->send("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(read_answer(*q).body, "hello");
}

TEST_F(HttpServer, AStreamThatBreaksOffIsSeenToAndAGonePeerIsTold) {
  start();
  const auto p = connect();
  p->send("GET /stream HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(eventually([&] { return waiting == 1; }));
  on_io(io, [&] { writers[0]->write(share("half")); });
  EXPECT_NE(p->read_until("half").find("half"), std::string::npos);
  on_io(io, [&] { writers.clear(); }); // without finish()
  EXPECT_EQ(p->read_until("0\r\n\r\n").find("0\r\n\r\n"), std::string::npos);
  EXPECT_EQ(gone, 0); // our own doing
  const auto q = connect();
  q->send("GET /stream HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(eventually([&] { return waiting == 2; }));
  q->close();
  ASSERT_TRUE(eventually([&] { return gone == 1; }));
  on_io(io, [&] { EXPECT_FALSE(writers[0]->write(share("x"))); });
  EXPECT_TRUE(empty());
}

TEST_F(HttpServer, AnAddressThatIsNotToBeHadIsExplained) {
  start();
  const auto problem = [&](const std::string& address, std::uint16_t at) {
    const auto r = server->listen({.address = address, .port = at, .tls = {}});
    return r.ok() ? std::string("ok") : r.err();
  };
  EXPECT_EQ(problem("127.0.0.1", port),
            "127.0.0.1 port " + std::to_string(port) + " is taken by another program (EADDRINUSE)");
  EXPECT_NE(problem("192.0.2.1", 0).find("is not an address of this machine"), std::string::npos);
  EXPECT_NE(problem("localhost", 0).find("a numeric one is needed"), std::string::npos);
  EXPECT_NE(problem("", 0).find("a numeric one is needed"), std::string::npos);
  EXPECT_EQ(problem("::1", 0), "ok"); // a second listener
}

TEST_F(HttpServer, StopClosesIdleOnesAnswersWhatIsDueAndDropsTheRest) {
  limits.stop_time = 300ms;
  start();
  const auto idle = connect();
  idle->send("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(read_answer(*idle).body, "hello");
  const auto due = connect();
  due->send("GET /late HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(eventually([&] { return waiting == 1; }));
  const auto stuck = connect();
  stuck->send("GET /late HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(eventually([&] { return waiting == 2; }));
  const auto socket = upgraded();
  std::promise<void> stopped;
  const auto before = std::chrono::steady_clock::now();
  server->stop([&] { stopped.set_value(); });
  EXPECT_TRUE(idle->wait_closed());
  EXPECT_LT(connect_to(port), 0); // nobody listens
  on_io(io, [&] { kept[0]->respond(make_response(200, "still")); });
  const auto a = read_answer(*due);
  EXPECT_EQ(a.body, "still");
  EXPECT_EQ(a.header("Connection"), "close");
  stopped.get_future().wait();
  EXPECT_LT(std::chrono::steady_clock::now() - before, 1s);
  EXPECT_TRUE(stuck->wait_closed());
  EXPECT_EQ(gone, 1);
  EXPECT_EQ(listener().closed, 1);
  EXPECT_TRUE(empty());
  EXPECT_FALSE(server->listen({}).ok());
}

TEST_F(HttpServer, StopWithNobodyThereIsAtOnce) {
  start();
  std::promise<void> stopped;
  server->stop([&] { stopped.set_value(); });
  EXPECT_EQ(stopped.get_future().wait_for(5s), std::future_status::ready);
}

TEST_F(HttpServer, DestroyingItDropsAllAndTellsNobody) {
  start();
  const auto p = connect();
  p->send("GET /late HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(eventually([&] { return waiting == 1; }));
  const auto q = upgraded();
  server.reset();
  EXPECT_TRUE(p->wait_closed());
  EXPECT_TRUE(q->wait_closed());
  on_io(io, [&] { EXPECT_FALSE(kept[0]->respond(make_response(200, "x"))); });
  EXPECT_EQ(gone, 0);
  EXPECT_EQ(listener().closed, 0);
}

} // namespace
} // namespace dockhost::net::test
