// SPDX-License-Identifier: MIT
// Answers that are cut, odd, too long or no HTTP at all.
#include "tests/net/http_fixture.hpp"

namespace dockhost::net::test {
namespace {

class HttpHostile : public ::testing::Test {
protected:
  /// What the client makes of these bytes, sent whole and then closed.
  net_result<http_response> answer_with(const std::string& bytes, bool close = true,
                                        http_client_options options = {}) {
    raw_server server(
        [&](peer& p, int) {
          p.read_request();
          p.send(bytes);
          if (close) {
            p.close();
          } else {
            p.wait_closed();
          }
        },
        folder / "s");
    http_client client(io, server.where(), options);
    return ask(client, get(), 5s);
  }

  temp_folder folder;
  io_thread io;
};

TEST_F(HttpHostile, ChunksInOddPieces) {
  const std::string bytes =
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: T\r\n\r\n"
      "5\r\nhello\r\n1;ext=\"a b\"\r\n \r\n00005\r\nworld\r\n0\r\nT: 1\r\n\r\n";
  raw_server server([&](peer& p, int) {
    for (;;) {
      if (p.read_request().empty()) return;
      for (const char c : bytes)
        p.send(std::string_view(&c, 1));
    }
  });
  http_client client(io, server.where());
  for (int i = 0; i < 5; ++i) {
    const auto r = ask(client, get());
    ASSERT_TRUE(r.ok()) << text_of(r);
    EXPECT_EQ(r->body, "hello world");
    EXPECT_EQ(r->header("T"), "");
  }
  EXPECT_EQ(server.accepted(), 1);
}

TEST_F(HttpHostile, AnEmptyChunkedBodyInPieces) {
  raw_server server([&](peer& p, int) {
    for (;;) {
      if (p.read_request().empty()) return;
      p.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
      for (const char c : std::string_view("0\r\n\r\n"))
        p.send(std::string_view(&c, 1));
    }
  });
  http_client client(io, server.where());
  for (int i = 0; i < 5; ++i) {
    const auto r = ask(client, get());
    ASSERT_TRUE(r.ok()) << text_of(r);
    EXPECT_EQ(r->body, "");
  }
}

TEST_F(HttpHostile, ABodyUpToTheEnd) {
  const auto r = answer_with("HTTP/1.1 200 OK\r\n\r\nall of it");
  ASSERT_TRUE(r.ok()) << text_of(r);
  EXPECT_EQ(r->body, "all of it");
}

TEST_F(HttpHostile, CutInTheMiddle) {
  for (const char* bytes :
       {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", "HTTP/1.1 200 OK\r\nContent-Le",
        "HTTP/1.", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", ""}) {
    EXPECT_EQ(text_of(answer_with(bytes)), "closed: socket hang up") << bytes;
  }
}

TEST_F(HttpHostile, ResetInTheMiddle) {
  raw_server server([](peer& p, int) {
    p.read_request();
    p.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
    p.reset();
  });
  http_client client(io, server.where());
  EXPECT_EQ(ask(client, get()).err().code, net_errc::closed);
}

TEST_F(HttpHostile, NotHttp) {
  for (const std::string& bytes : {
           std::string("SSH-2.0-OpenSSH_9.2\r\n\r\n"),
           std::string("\0\0\0\x12\x04\0\0\0\0\0\0\0", 12) + "\r\n\r\n",
           std::string("HTTP/3.0 200 OK\r\n\r\n"),
           std::string("HTTP/1.1 2000 OK\r\n\r\n"),
           std::string("HTTP/1.1 200 OK\r\nNo colon\r\n\r\n"),
           std::string("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"),
           std::string("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx"),
           std::string(
               "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"),
           std::string("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
           std::string(
               "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloXX0\r\n\r\n"),
           std::string("HTTP/1.1 101 Switching Protocols\r\n\r\n"),
       })
    EXPECT_EQ(text_of(answer_with(bytes, false)).substr(0, 22), "protocol: Parse Error:") << bytes;
}

TEST_F(HttpHostile, ABodyOverTheLimit) {
  http_client_options small;
  small.max_body = 1000;
  const std::string body(1001, 'x');
  EXPECT_EQ(answer_with(answer(body), false, small).err().code, net_errc::too_large);
  EXPECT_EQ(answer_with("HTTP/1.1 200 OK\r\n\r\n" + body, false, small).err().code,
            net_errc::too_large);
  const std::string two_chunks =
      "1f4\r\n" + std::string(500, 'x') + "\r\n1f5\r\n" + std::string(501, 'x') + "\r\n0\r\n\r\n";
  EXPECT_EQ(answer_with("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + two_chunks, false,
                        small)
                .err()
                .code,
            net_errc::too_large);
  EXPECT_EQ(answer_with("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n",
                        false, small)
                .err()
                .code,
            net_errc::too_large);
  EXPECT_TRUE(answer_with(answer(body.substr(1)), false, small).ok());
}

TEST_F(HttpHostile, HeadersOverTheLimit) {
  const std::string start = "HTTP/1.1 200 OK\r\n";
  const std::string field = "X: " + std::string(1000, 'x') + "\r\n";
  std::string many = start;
  for (int i = 0; i < 200; ++i)
    many += field;
  EXPECT_EQ(answer_with(many, false).err().code, net_errc::too_large);
  EXPECT_EQ(answer_with(start + "X: " + std::string(200'000, 'x'), false).err().code,
            net_errc::too_large);
  EXPECT_EQ(answer_with("HTTP/1.1 200 " + std::string(200'000, 'x'), false).err().code,
            net_errc::too_large);
  // Just as unbounded: a chunk's extension, and the trailers.
  const std::string chunked = start + "Transfer-Encoding: chunked\r\n\r\n";
  EXPECT_EQ(answer_with(chunked + "5;x=" + std::string(200'000, 'x'), false).err().code,
            net_errc::too_large);
  EXPECT_EQ(answer_with(chunked + "0\r\n" + std::string(200'000, 'x'), false).err().code,
            net_errc::too_large);
  std::string some = start;
  for (int i = 0; i < 40; ++i)
    some += field;
  const auto r = answer_with(some + "Content-Length: 2\r\n\r\nok", false);
  ASSERT_TRUE(r.ok()) << text_of(r);
  EXPECT_EQ(r->headers.size(), 41u);
}

TEST_F(HttpHostile, EndlessInterimAnswers) {
  std::string bytes;
  for (int i = 0; i < 10'000; ++i)
    bytes += "HTTP/1.1 100 Continue\r\n\r\n";
  EXPECT_EQ(answer_with(bytes, false).err().code, net_errc::protocol);
}

TEST_F(HttpHostile, MoreThanWasAskedForIsNotTheNextAnswer) {
  raw_server server(
      [](peer& p, int) {
        p.read_request();
        p.send(answer("right") + answer("wrong"));
        p.wait_closed();
      },
      folder / "s");
  http_client client(io, server.where());
  EXPECT_EQ(ask(client, get())->body, "right");
  EXPECT_EQ(ask(client, get())->body, "right");
  EXPECT_EQ(server.accepted(), 2);
}

} // namespace
} // namespace dockhost::net::test
