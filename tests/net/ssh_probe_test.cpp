// SPDX-License-Identifier: MIT
#include "net/ssh_probe.hpp"

#include "tests/net/http_fixture.hpp"

namespace dockhost::net::test {
namespace {

class SshProbe : public ::testing::Test {
protected:
  net_result<std::string> probe(const endpoint& where, std::chrono::milliseconds timeout = 10s) {
    std::promise<net_result<std::string>> done;
    probe_ssh_banner(io, where, timeout,
                     [&](net_result<std::string> r) { done.set_value(std::move(r)); });
    return done.get_future().get();
  }
  net_result<std::string> probe_bytes(const std::string& bytes,
                                      std::chrono::milliseconds timeout = 10s, bool close = true) {
    raw_server server([&](peer& p, int) {
      p.send(bytes);
      if (close) {
        p.close();
      } else {
        p.wait_closed();
      }
    });
    return probe(server.where(), timeout);
  }

  io_thread io;
};

TEST_F(SshProbe, GivesTheBanner) {
  EXPECT_EQ(*probe_bytes("SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n", 10s, false),
            "SSH-2.0-OpenSSH_9.2p1 Debian-2");
  EXPECT_EQ(*probe_bytes("SSH-2.0-old\n"), "SSH-2.0-old");
  EXPECT_EQ(*probe_bytes("Welcome\r\n\r\nNot SSH-yet\r\nSSH-2.0-x\r\nmore"), "SSH-2.0-x");
}

TEST_F(SshProbe, TheBannerMayComeInPiecesAndTheConnectionIsClosedThen) {
  std::atomic<bool> closed = false;
  raw_server server([&](peer& p, int) {
    for (const char c : std::string("hi\r\nSSH-2.0-x\r\n"))
      p.send(std::string_view(&c, 1));
    closed = p.wait_closed();
  });
  EXPECT_EQ(*probe(server.where()), "SSH-2.0-x");
  EXPECT_TRUE(eventually([&] { return closed.load(); }));
}

TEST_F(SshProbe, AcceptedAndClosedIsClosed) {
  for (const char* bytes : {"", "SSH-2.0-cut", "hello\r\n"}) {
    const auto r = probe_bytes(bytes);
    EXPECT_EQ(r.err().code, net_errc::closed) << text_of(r);
  }
}

TEST_F(SshProbe, SilenceMeetsTheDeadline) {
  const auto r = probe_bytes("", 50ms, false);
  EXPECT_EQ(r.err().code, net_errc::timeout);
}

TEST_F(SshProbe, WhatTalksWithoutEndIsNoSsh) {
  EXPECT_EQ(probe_bytes(std::string(5000, 'x'), 10s, false).err().code, net_errc::protocol);
  std::string lines;
  for (int i = 0; i < 100; ++i)
    lines += "line\n";
  EXPECT_EQ(probe_bytes(lines + "SSH-2.0-late\n", 10s, false).err().code, net_errc::protocol);
}

TEST_F(SshProbe, NobodyThere) {
  endpoint where;
  {
    raw_server gone([](peer&, int) {});
    where = gone.where();
  }
  EXPECT_EQ(text_of(probe(where)),
            "refused: connect ECONNREFUSED 127.0.0.1:" + std::to_string(where.port));
}

} // namespace
} // namespace dockhost::net::test
