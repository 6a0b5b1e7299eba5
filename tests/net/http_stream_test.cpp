// SPDX-License-Identifier: MIT
#include "tests/net/http_fixture.hpp"

#include <optional>

namespace dockhost::net::test {
namespace {

constexpr const char* chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

std::string chunk(std::string_view data) {
  char size[32];
  std::snprintf(size, sizeof size, "%zx\r\n", data.size());
  return size + std::string(data) + "\r\n";
}

class HttpStream : public ::testing::Test {
protected:
  /// Gathers what a stream tells; read it under on_io or after `ends` says 1.
  struct record {
    std::atomic<int> status = 0;
    std::string data;
    std::atomic<std::size_t> bytes = 0;
    std::atomic<int> ends = 0;
    std::optional<net_result<unit>> how;

    http_stream_handlers handlers() {
      return {[this](const http_response& r) { status = r.status; },
              [this](std::string_view d) {
                data.append(d);
                bytes += d.size();
              },
              [this](net_result<unit> r) {
                how = std::move(r);
                ++ends;
              }};
    }
  };

  temp_folder folder;
  io_thread io;
};

TEST_F(HttpStream, GivesHeadersDataAndOneEnd) {
  raw_server server(
      [](peer& p, int) {
        p.read_request();
        p.send(chunked);
        for (int i = 0; i < 100; ++i)
          p.send(chunk("line " + std::to_string(i) + "\n"));
        p.send("0\r\n\r\n");
        p.wait_closed();
      },
      folder / "s");
  http_client client(io, server.where());
  record r;
  const auto stream = client.open(get("/events"), r.handlers());
  ASSERT_TRUE(eventually([&] { return r.ends == 1; }));
  EXPECT_EQ(r.status, 200);
  EXPECT_EQ(text_of(*r.how), "ok");
  EXPECT_TRUE(r.data.starts_with("line 0\nline 1\n"));
  EXPECT_TRUE(r.data.ends_with("line 99\n"));
}

TEST_F(HttpStream, DataComesAsItIsSentAndOutlivesTheHeaderDeadline) {
  std::promise<void> more;
  raw_server server(
      [&](peer& p, int) {
        p.read_request();
        p.send(chunked);
        p.send(chunk("first"));
        more.get_future().wait();
        p.send(chunk("second"));
        p.wait_closed();
      },
      folder / "s");
  http_client_options quick;
  quick.connect_timeout = 60ms;
  http_client client(io, server.where(), quick);
  record r;
  const auto stream = client.open(get(), r.handlers());
  EXPECT_TRUE(eventually([&] { return r.bytes == 5; }));
  std::promise<void> past;
  const auto t = io.after(100ms, [&] { past.set_value(); });
  past.get_future().wait();
  EXPECT_EQ(r.ends, 0);
  more.set_value();
  EXPECT_TRUE(eventually([&] { return r.bytes == 11; }));
}

TEST_F(HttpStream, NoHeadersInTime) {
  raw_server server([](peer& p, int) { p.wait_closed(); }, folder / "s");
  http_client_options quick;
  quick.connect_timeout = 50ms;
  http_client client(io, server.where(), quick);
  record r;
  const auto stream = client.open(get(), r.handlers());
  ASSERT_TRUE(eventually([&] { return r.ends == 1; }));
  EXPECT_EQ(r.how->err().code, net_errc::timeout);
}

TEST_F(HttpStream, BrokenOffAndRefused) {
  raw_server server(
      [](peer& p, int) {
        p.read_request();
        p.send(std::string(chunked) + chunk("x"));
        p.close();
      },
      folder / "s");
  http_client client(io, server.where());
  record r;
  const auto stream = client.open(get(), r.handlers());
  ASSERT_TRUE(eventually([&] { return r.ends == 1; }));
  EXPECT_EQ(text_of(*r.how), "closed: socket hang up");
  EXPECT_EQ(r.data, "x");

  endpoint nowhere;
  nowhere.unix_path = folder / "missing";
  http_client lost(io, nowhere);
  record s;
  const auto refused = lost.open(get(), s.handlers());
  ASSERT_TRUE(eventually([&] { return s.ends == 1; }));
  EXPECT_EQ(s.how->err().code, net_errc::refused);

  record t;
  const auto invalid = lost.open(get("/a b"), t.handlers());
  ASSERT_TRUE(eventually([&] { return t.ends == 1; }));
  EXPECT_EQ(t.how->err().code, net_errc::protocol);
}

TEST_F(HttpStream, AnErrorStatusHasItsBody) {
  raw_server server(
      [](peer& p, int) {
        p.read_request();
        p.send("HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\ngone");
        p.wait_closed();
      },
      folder / "s");
  http_client client(io, server.where());
  record r;
  const auto stream = client.open(get(), r.handlers());
  ASSERT_TRUE(eventually([&] { return r.ends == 1; }));
  EXPECT_EQ(r.status, 404);
  EXPECT_EQ(r.data, "gone");
}

TEST_F(HttpStream, APausedStreamHoldsItsSenderBack) {
  constexpr std::size_t whole = 64 * 1024 * 1024;
  const std::string piece = chunk(std::string(10'000, 'x'));
  std::atomic<std::size_t> stuck_at = 0;
  std::promise<void> go_on;
  raw_server server([&](peer& p, int) {
    p.read_request();
    p.send(chunked);
    const std::size_t sent = p.send_until_stuck(piece, 200ms, whole);
    stuck_at = sent;
    go_on.get_future().wait();
    p.send(std::string_view(piece).substr(sent % piece.size()));
    p.send("0\r\n\r\n");
    p.wait_closed();
  });
  http_client client(io, server.where());
  record r;
  auto handlers = r.handlers();
  std::atomic<int> pieces_while_paused = 0;
  std::atomic<bool> paused = false;
  std::unique_ptr<http_stream> stream;
  handlers.on_data = [&, inner = handlers.on_data](std::string_view d) {
    if (paused) ++pieces_while_paused;
    inner(d);
    if (!paused && r.bytes == d.size()) { // after the very first piece
      stream->pause();
      paused = true;
    }
  };
  on_io(io, [&] { stream = client.open(get(), handlers); });
  ASSERT_TRUE(eventually([&] { return stuck_at > 0; }));
  EXPECT_LT(stuck_at, 16u * 1024 * 1024); // the kernel's buffers, and no more
  EXPECT_EQ(pieces_while_paused, 0);
  EXPECT_LE(r.bytes, 10'000u);
  paused = false;
  const std::size_t sent = stuck_at;
  stream->resume();
  go_on.set_value();
  ASSERT_TRUE(eventually([&] { return r.ends == 1; }));
  EXPECT_EQ(text_of(*r.how), "ok");
  EXPECT_EQ(r.bytes, (sent / piece.size() + 1) * 10'000);
}

TEST_F(HttpStream, PausedFromTheStartNothingIsRead) {
  raw_server server(
      [&](peer& p, int) {
        p.read_request();
        p.send(answer("late"));
        p.wait_closed();
      },
      folder / "s");
  http_client client(io, server.where());
  record r;
  std::unique_ptr<http_stream> stream;
  on_io(io, [&] {
    stream = client.open(get(), r.handlers());
    stream->pause();
  });
  std::promise<void> past;
  const auto t = io.after(30ms, [&] { past.set_value(); });
  past.get_future().wait();
  EXPECT_EQ(r.bytes, 0u);
  stream->resume();
  ASSERT_TRUE(eventually([&] { return r.ends == 1; }));
  EXPECT_EQ(r.data, "late");
}

TEST_F(HttpStream, MayBeDestroyedFromEveryCallback) {
  raw_server server(
      [](peer& p, int) {
        p.read_request();
        p.send(std::string(chunked) + chunk("one") + chunk("two") + "0\r\n\r\n");
        p.wait_closed();
      },
      folder / "s");
  http_client client(io, server.where());
  for (int where = 0; where < 3; ++where) {
    std::unique_ptr<http_stream> stream;
    std::atomic<int> after = 0;
    std::atomic<bool> gone = false;
    const auto kill = [&](int here) {
      if (gone) ++after;
      if (here != where) return;
      stream.reset();
      gone = true;
    };
    on_io(io, [&] {
      stream = client.open(get(), {[&](const http_response&) { kill(0); },
                                   [&](std::string_view) { kill(1); },
                                   [&](net_result<unit>) { kill(2); }});
    });
    EXPECT_TRUE(eventually([&] { return gone.load(); }));
    on_io(io, [] {});
    EXPECT_EQ(after, 0) << where;
  }
}

TEST_F(HttpStream, DestroyingItClosesItsConnection) {
  std::atomic<bool> closed = false;
  raw_server server(
      [&](peer& p, int) {
        p.read_request();
        p.send(chunked);
        closed = p.wait_closed();
      },
      folder / "s");
  http_client client(io, server.where());
  record r;
  auto stream = client.open(get(), r.handlers());
  ASSERT_TRUE(eventually([&] { return r.status == 200; }));
  stream.reset(); // on this thread
  EXPECT_TRUE(eventually([&] { return closed.load(); }));
  on_io(io, [] {});
  EXPECT_EQ(r.ends, 0);
}

// What is asked of the io thread may never run: nothing may leak then (seen by the sanitizer).
TEST_F(HttpStream, EverythingMayGoAtOnce) {
  raw_server server(
      [](peer& p, int) {
        p.read_request();
        p.send(chunked);
        p.wait_closed();
      },
      folder / "s");
  for (int i = 0; i < 20; ++i) {
    auto thread = std::make_unique<io_thread>();
    auto client = std::make_unique<http_client>(*thread, server.where());
    record r;
    auto stream = client->open(get(), r.handlers());
    auto connecting = client->open(get(), r.handlers());
    if (i % 2) {
      EXPECT_TRUE(eventually([&] { return r.status == 200; }));
    }
    client.reset();
    stream.reset();
    connecting.reset();
    thread.reset();
  }
}

TEST_F(HttpStream, TakesNoPlaceInThePool) {
  raw_server server(
      [](peer& p, int n) {
        const std::string request = p.read_request();
        if (request.starts_with("GET /stream")) {
          p.send(chunked);
          p.wait_closed();
          return;
        }
        p.send(answer("x"));
        echo_targets(p, n);
      },
      folder / "s");
  http_client_options one;
  one.max_connections = 1;
  http_client client(io, server.where(), one);
  record r;
  const auto a = client.open(get("/stream"), r.handlers());
  const auto b = client.open(get("/stream"), r.handlers());
  EXPECT_EQ(text_of(ask(client, get())), "ok");
}

} // namespace
} // namespace dockhost::net::test
