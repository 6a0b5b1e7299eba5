// SPDX-License-Identifier: MIT
// What a server on an open port has to live with.
#include "tests/net/server_fixture.hpp"

#include <dirent.h>
#include <sys/resource.h>

namespace dockhost::net::test {
namespace {

class HostilePeers : public ServerTest {
protected:
  /// The status that these bytes get, and the connection's end after it.
  int status_of(const std::string& bytes) {
    const auto p = connect();
    p->send(bytes);
    const int status = read_answer(*p).status;
    EXPECT_TRUE(p->wait_closed()) << bytes;
    return status;
  }
};

int open_descriptors() {
  int n = 0;
  DIR* const d = ::opendir("/proc/self/fd");
  while (::readdir(d))
    ++n;
  ::closedir(d);
  return n;
}

TEST_F(HostilePeers, RequestsThatTwoServersMayReadDifferentlyAreRefused) {
  start();
  const std::string post = "POST /echo HTTP/1.1\r\nHost: x\r\n";
  EXPECT_EQ(status_of(post + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
            400);
  EXPECT_EQ(status_of(post + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n"),
            400);
  EXPECT_EQ(status_of(post + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd"), 400);
  EXPECT_EQ(status_of(post + "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc"), 400);
  EXPECT_EQ(status_of(post + "Content-Length: 3, 3\r\n\r\nabc"), 400);
  EXPECT_EQ(status_of(post + "Content-Length: +3\r\n\r\nabc"), 400);
  EXPECT_EQ(status_of(post + "Content-Length: -1\r\n\r\nabc"), 400);
  EXPECT_EQ(status_of(post + "Content-Length: 0x3\r\n\r\nabc"), 400);
  EXPECT_EQ(status_of(post + "Content-Length:\r\n\r\nabc"), 400);
  EXPECT_EQ(status_of(post + "Content-Length: 99999999999999999999\r\n\r\nabc"), 400);
  EXPECT_EQ(status_of(post + "Content-Length : 3\r\n\r\nabc"), 400);
  EXPECT_EQ(status_of(post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"),
            400);
  EXPECT_EQ(status_of(post + "Transfer-Encoding: identity\r\n\r\n"), 501);
  EXPECT_EQ(status_of(post + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"), 501);
  EXPECT_EQ(status_of("POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), 400);
  EXPECT_EQ(status_of(post + "X-A: 1\r\n folded\r\n\r\n"), 400);
  EXPECT_EQ(status_of(post + "X-A: 1\r\n\tfolded\r\n\r\n"), 400);
  EXPECT_EQ(status_of("GET /hello HTTP/1.1\nHost: x\n\n"), 400);
  EXPECT_EQ(status_of("GET /hello HTTP/1.1\r\nHost: x\rX: y\r\n\r\n"), 400);
  EXPECT_EQ(status_of(std::string("GET /hello HTTP/1.1\r\nHost: a") + '\0' + "b\r\n\r\n"), 400);
  EXPECT_EQ(status_of("GET /hello HTTP/1.1\r\n\r\n"), 400) << "no Host";
  EXPECT_EQ(status_of("GET /hello HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"), 400);
  EXPECT_EQ(status_of(" GET /hello HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
  EXPECT_EQ(status_of("GET  /hello HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
  EXPECT_EQ(status_of("GET /hello\r\nHost: a\r\n\r\n") / 100, 4);
  EXPECT_EQ(status_of("GET /hello HTTP/2.0\r\nHost: a\r\n\r\n"), 505);
  EXPECT_EQ(status_of("GET /hello HTTP/1.1\r\nHost: a\r\nExpect: the worst\r\n\r\n"), 417);
  EXPECT_EQ(status_of(post + "Transfer-Encoding: chunked\r\n\r\nzz\r\n"), 400);
  EXPECT_EQ(status_of(post + "Transfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n"), 400);
  EXPECT_EQ(status_of(post + "Transfer-Encoding: chunked\r\n\r\n-1\r\n"), 400);
  EXPECT_EQ(status_of(post + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n"), 400);
  EXPECT_TRUE(empty());
  EXPECT_EQ(serious, 0);
}

TEST_F(HostilePeers, TargetsThatMayMeanAnotherPathAreRefused) {
  start();
  for (const char* target :
       {"/../etc/passwd", "/a/../hello", "/./hello", "/%2e%2e/x", "/%2E./x", "/..%2fx",
        "/a%5c..",        "/a%00",       "/a%0a",    "/%zz",      "/%4",     "/%ff",
        "/%c0%ae",        "hello",       "*",        "http://",   "/a#b",    "ftp://x/y",
        "/x?a=%00",       "/x?a=%ff"})
    EXPECT_EQ(get_raw(target).status, 400) << target;
  EXPECT_EQ(ask_raw("CONNECT x:443 HTTP/1.1\r\nHost: x\r\n\r\n").status, 400);
  EXPECT_EQ(get_raw("/%252e%252e/x").status, 404); // decoded once: no dots
  EXPECT_EQ(get_raw("/...").status, 404);
}

TEST_F(HostilePeers, GarbageIsAnsweredAndEnded) {
  start();
  EXPECT_EQ(status_of("garbage\r\n\r\n"), 400);
  EXPECT_EQ(status_of(std::string("\x16\x03\x01\x02\x00\x01\x00\x01", 8)), 400) << "TLS";
  std::string noise;
  unsigned state = 1;
  for (int i = 0; i < 100'000; ++i)
    noise += static_cast<char>((state = state * 1664525 + 1013904223) >> 24);
  EXPECT_EQ(status_of(noise), 400);
  EXPECT_TRUE(empty());
}

TEST_F(HostilePeers, TruncatedRequestsLeaveNothing) {
  start();
  const std::string whole = "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nabcd";
  for (std::size_t n = 0; n <= whole.size(); ++n) {
    const auto p = connect();
    p->send(whole.substr(0, n));
    p->close();
  }
  const std::string frames = upgrade_request("/ws") + masked(0x01, "abc");
  for (std::size_t n = 1; n <= frames.size(); n += 3) {
    const auto p = connect();
    p->send(frames.substr(0, n));
    p->reset();
  }
  EXPECT_TRUE(empty());
}

TEST_F(HostilePeers, EverySplitOfARequestIsTheSameRequest) {
  start();
  const std::string whole =
      "\r\nPOST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3\r\nabc\r\n2\r\nde\r\n0\r\nT: t\r\n\r\n";
  for (std::size_t n = 1; n < whole.size(); ++n) {
    const auto p = connect();
    p->send(whole.substr(0, n));
    // Read before the rest comes: nothing else tells that the server has seen the first part.
    ASSERT_TRUE(eventually([&] { return server->stats().bytes_input > 0 || n < 3 || n > 62; }));
    p->send(whole.substr(n));
    ASSERT_EQ(read_answer(*p).body, "abcde") << n;
    p->close();
    ASSERT_TRUE(empty());
  }
}

TEST_F(HostilePeers, SlowDripsHaveADeadline) {
  limits.header_time = limits.body_time = limits.idle_time = 300ms;
  limits.max_header = 16 * 1024 * 1024; // the drip is to meet the time, not this
  start();
  const auto silent = connect();
  EXPECT_EQ(silent->read_some(), ""); // closed without a word
  const auto drip = [&](const std::string& begin, char more) {
    const auto p = connect();
    p->send(begin);
    const auto from = std::chrono::steady_clock::now();
    while (std::chrono::steady_clock::now() - from < 5s && p->send(std::string(1, more)))
      if (saw("request: ")) break;
    EXPECT_LT(std::chrono::steady_clock::now() - from, 4s);
    const int status = read_answer(*p).status;
    const std::scoped_lock lock(mutex);
    notes.clear();
    return status;
  };
  EXPECT_EQ(drip("GET /hello HTTP/1.1\r\nX: ", 'x'), 408);
  EXPECT_EQ(drip("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 999999\r\n\r\n", 'x'), 408);
  const auto idle = connect();
  idle->send("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(read_answer(*idle).body, "hello");
  EXPECT_EQ(idle->read_some(), "");
  EXPECT_TRUE(empty());
}

TEST_F(HostilePeers, TenMegabytesAreNotKept) {
  start();
  const std::string ten(10'000'000, 'x');
  std::size_t most = 0;
  const auto flood = [&](const std::string& begin) {
    const auto p = connect();
    std::thread writer([&] {
      p->send(begin);
      p->send(ten);
    });
    const int status = read_answer(*p).status;
    most = std::max(most, server->stats().bytes_input);
    p->shut_down();
    writer.join();
    return status;
  };
  EXPECT_EQ(flood("GET /hello HTTP/1.1\r\nX: "), 431);
  EXPECT_EQ(flood("GET /"), 431);
  EXPECT_EQ(flood(ten.substr(0, 20'000)), 431);
  EXPECT_EQ(flood("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 10000000\r\n\r\n"), 413);
  EXPECT_EQ(flood("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1;"), 400);
  std::string many = "GET /hello HTTP/1.1\r\nHost: x\r\n";
  for (int i = 0; i < 128; ++i)
    many += "a: b\r\n";
  EXPECT_EQ(status_of(many + "\r\n"), 431);
  std::string query = "/hello?";
  for (int i = 0; i < 128; ++i)
    query += "a&";
  EXPECT_EQ(get_raw(query).status, 200);
  EXPECT_EQ(get_raw(query + "b").status, 400);
  EXPECT_LT(most, 2'000'000U);
  EXPECT_TRUE(empty());
}

TEST_F(HostilePeers, AFloodBehindARequestInWorkStaysInTheKernel) {
  start();
  const auto p = connect();
  p->send("GET /late HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(eventually([&] { return waiting == 1; }));
  const std::size_t sent = p->send_until_stuck(std::string(100'000, 'x'), 300ms, 50'000'000);
  EXPECT_LT(sent, 50'000'000U);
  EXPECT_LT(server->stats().bytes_input, 200'000U);
  on_io(io, [&] { kept[0]->respond(make_response(200, "due")); });
  EXPECT_EQ(read_answer(*p).body, "due");
}

TEST_F(HostilePeers, UnfinishedInputIsBoundedOverAll) {
  limits.max_input = 200'000;
  start();
  std::vector<std::unique_ptr<peer>> peers;
  int refused = 0;
  for (int i = 0; i < 8; ++i) {
    peers.push_back(connect());
    peers.back()->send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n" +
                       std::string(60'000, 'x'));
  }
  ASSERT_TRUE(eventually([&] { return saw("take all the memory"); }));
  for (int i = 0; i < 8; ++i) { // those that got room can finish one by one
    peers[static_cast<std::size_t>(i)]->send(std::string(40'000, 'x'));
    refused += read_answer(*peers[static_cast<std::size_t>(i)]).status == 503 ? 1 : 0;
  }
  EXPECT_GE(refused, 3);
  EXPECT_LT(refused, 8);
  EXPECT_EQ(get_raw("/hello").body, "hello");
}

TEST_F(HostilePeers, AFloodOfTwoThousandConnectionsHarmsNobody) {
  limits.max_connections_per_address = 300;
  limits.max_connections = 400;
  start();
  const auto socket = upgraded("/ws?echo");
  const auto poll = connect();
  poll->send("GET /late HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(eventually([&] { return waiting == 1; }));
  const int before = open_descriptors();
  std::vector<int> flood;
  for (int i = 0; i < 2000; ++i)
    flood.push_back(connect_to(port, "127.0.0.2"));
  ASSERT_TRUE(
      eventually([&] { return server->stats().accepted + server->stats().refused >= 2000; }));
  EXPECT_LE(server->stats().connections, 302U);
  EXPECT_LE(open_descriptors() - before, 2000 + 305);
  EXPECT_EQ(get_raw("/hello").body, "hello"); // another address
  const int same = connect_to(port, "127.0.0.2");
  peer p(same, nullptr); // and the same: one of the waiting ones makes room
  p.send("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(read_answer(p).body, "hello");
  socket->send(client_message(opcode::text, "alive"));
  EXPECT_EQ(read_frame(*socket).payload, "alive");
  on_io(io, [&] { kept[0]->respond(make_response(200, "due")); });
  EXPECT_EQ(read_answer(*poll).body, "due");
  for (const int fd : flood)
    if (fd >= 0) ::close(fd);
  EXPECT_TRUE(eventually([&] { return server->stats().connections <= 3; }));
}

TEST_F(HostilePeers, ConnectionsAtWorkDontMakeRoom) {
  limits.max_connections_per_address = 2;
  start();
  const auto a = upgraded("/ws?echo");
  const auto b = upgraded("/ws?echo");
  const auto c = connect();
  c->send("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(c->read_some(), "");
  EXPECT_EQ(server->stats().refused, 1U);
  a->send(client_message(opcode::text, "alive"));
  EXPECT_EQ(read_frame(*a).payload, "alive");
  b->close();
  ASSERT_TRUE(eventually([&] { return server->stats().connections == 1; }));
  EXPECT_EQ(get_raw("/hello").body, "hello");
}

TEST_F(HostilePeers, AReaderThatStopsIsClosedAndASlowOneIsNot) {
  limits.write_time = 1s;
  start();
  const auto stopped = connect("127.0.0.1", 4096);
  stopped->send("GET /big HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(eventually([&] { return server->stats().bytes_queued > 0; }));
  ASSERT_TRUE(eventually([&] { return server->stats().connections == 0; }));
  const auto slow = connect("127.0.0.1", 4096);
  slow->send("GET /big HTTP/1.1\r\nHost: x\r\n\r\n");
  const auto from = std::chrono::steady_clock::now();
  std::size_t got = 0;
  while (got < 6'000'000) { // more than twice the limit
    const std::size_t n = slow->read_exactly(60'000).size();
    if (n == 0) break;
    got += n;
    std::this_thread::sleep_for(25ms);
  }
  EXPECT_GE(got, 6'000'000U);
  EXPECT_GT(std::chrono::steady_clock::now() - from, 2s);
}

TEST_F(HostilePeers, OutOfDescriptorsAcceptingPausesAndGoesOn) {
  start();
  EXPECT_EQ(get_raw("/hello").body, "hello");
  ASSERT_TRUE(empty());
  rlimit was{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &was), 0);
  const int next = ::dup(0);
  ::close(next);
  rlimit tight = was;
  tight.rlim_cur = static_cast<rlim_t>(next) + 1; // enough for the client's end
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &tight), 0);
  const auto p = connect();
  p->send("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
  const bool paused = eventually([&] { return saw("accept EMFILE"); });
  std::this_thread::sleep_for(350ms); // to count how often it is tried
  const int tries = serious;
  ::setrlimit(RLIMIT_NOFILE, &was);
  EXPECT_TRUE(paused);
  EXPECT_LE(tries, 6);
  EXPECT_EQ(read_answer(*p).body, "hello");
}

TEST_F(HostilePeers, AThousandThatDropInTheMiddleLeaveNothing) {
  start();
  for (int i = 0; i < 1000; ++i) {
    const auto p = connect();
    p->send(i % 3 == 0   ? upgrade_request("/ws?greet")
            : i % 3 == 1 ? "GET /late HTTP/1.1\r\nHost: x\r\n\r\n"
                         : "GET /big HTTP/1.1\r\nHost: x\r\n\r\n");
    if (i % 2 == 0) {
      p->reset();
    } else {
      p->close();
    }
  }
  ASSERT_TRUE(eventually([&] { return server->stats().accepted == 1000; }));
  EXPECT_TRUE(empty());
}

} // namespace
} // namespace dockhost::net::test
