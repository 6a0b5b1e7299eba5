// SPDX-License-Identifier: MIT
// Peers that break every rule, against a server in a process of its own: each gets its end, what
// they cost is bounded, and who behaves notices nothing.
#include "tests/actors/link/hostile_messages.hpp"
#include "tests/actors/link/peer_server.hpp"
#include "json/json.hpp"

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace dockhost {
namespace {

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;
using net::test::client_message;
using net::test::peer;
using test::end_of;
using test::mebibyte;

/// The echo server of tests/support.
class echo_server : public test::peer_server {
public:
  explicit echo_server(std::chrono::milliseconds connect_timeout) {
    process_ = std::make_unique<e2e::child_process>(e2e::process_options{
        .argv = {ECHO_SERVER, "0", "0", "25000", "20000", std::to_string(connect_timeout.count())},
        .environment = {},
        .without = {},
        .log = folder_ / "log",
        .control = true});
    const auto line = process_->read_line(10s);
    const auto said = json::parse(line.value_or(""));
    std::int64_t port = 0;
    if (!said || said->find("port") == nullptr || !said->find("port")->get_int(port))
      throw std::runtime_error("the echo server does not listen");
    port_ = static_cast<std::uint16_t>(port);
  }

  /// With its CONNECT answered.
  [[nodiscard]] std::unique_ptr<peer> client() const {
    auto p = websocket();
    if (!p) return nullptr;
    p->send(client_message(net::test::text, "40"));
    const bool in = read_frame(*p).payload.starts_with("40{");
    if (!in || !read_frame(*p).payload.starts_with("42[\"auth\"")) return nullptr;
    return p;
  }
};

/// Says something, and waits to hear it back: for how long.
std::chrono::milliseconds echo_time(peer& p) {
  const auto start = clock::now();
  p.send(client_message(net::test::text, "42[\"message\",\"alive\"]"));
  EXPECT_EQ(read_frame(p).payload, "42[\"message-back\",\"alive\"]");
  return std::chrono::duration_cast<std::chrono::milliseconds>(clock::now() - start);
}

TEST(Trouble, HostilePeersGetTheEndThatIsRight) {
  using net::test::text;
  const echo_server server(45s);
  const auto good = server.client();
  ASSERT_TRUE(good);
  ASSERT_TRUE(server.client()); // whose memory is then there
  ASSERT_TRUE(net::test::eventually([&] { return echo_time(*good) < 1s; }));
  const auto files = server.descriptors();
  const auto memory = server.resident_bytes();

  const auto half = test::half_binary_packet("message");
  for (const auto& each : test::hostile_messages("message")) {
    const auto p = server.client();
    ASSERT_TRUE(p) << each.what;
    p->send(each.bytes);
    EXPECT_EQ(end_of(*p), each.end) << each.what;
    EXPECT_LT(echo_time(*good), 1s) << each.what;
  }

  // Cut off in the middle: of a frame, of a binary packet, of a request.
  for (int i = 0; i < 20; ++i) {
    for (const auto& bytes : {client_message(text, "42[\"message\",1]").substr(0, 9), half}) {
      const auto p = server.client();
      ASSERT_TRUE(p);
      p->send(bytes);
    }
    const auto p = server.connect();
    ASSERT_TRUE(p);
    p->send("GET /socket.io/?EIO=4&transport=poll");
  }

  // The same on polling.
  const auto answer_to = [&](const std::string& bytes) {
    const auto p = server.connect();
    p->send(bytes);
    return net::test::read_answer(*p);
  };
  for (const auto& [body, status] : std::vector<std::pair<std::string, int>>{
           {"\xff\xfe", 400},
           {"4\xff", 400},
           {"", 400},
           {"bnot base64", 400},
           {"40\x1e" + std::string("42[\"message\",\"\xff\"]"), 400},
           {"451-[\"e\",{\"_placeholder\":true,\"num\":0}]\x1e" + std::string("4x"), 400},
           {std::string(10'000'000, '4'), 413}}) {
    const auto open =
        answer_to("GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: x\r\n\r\n");
    const auto handshake = json::parse(std::string_view(open.body).substr(1));
    ASSERT_TRUE(handshake && handshake->find("sid")) << open.body;
    const auto post = answer_to(
        "POST /socket.io/?EIO=4&transport=polling&sid=" + *handshake->find("sid")->as_string() +
        " HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: " +
        std::to_string(body.size()) + "\r\n\r\n" + body);
    EXPECT_EQ(post.status, status) << body.substr(0, 30);
  }
  EXPECT_LT(echo_time(*good), 1s);
  EXPECT_TRUE(net::test::eventually([&] { return server.descriptors() <= files; }));
  EXPECT_LT(server.resident_bytes(), memory + 40 * mebibyte + test::quarantine);
}

TEST(Trouble, HostilePeersThatDripTheirHandshakeAreEnded) {
  const echo_server server(45s);
  const auto good = server.client();
  ASSERT_TRUE(good);
  const auto files = server.descriptors();
  const std::string request = test::peer_server::upgrade_request();
  std::vector<std::unique_ptr<peer>> dripping;
  for (int i = 0; i < 200; ++i) {
    dripping.push_back(server.connect("127.0.0.2"));
    ASSERT_TRUE(dripping.back());
  }
  ASSERT_TRUE(net::test::eventually([&] { return server.descriptors() >= files + 200; }));
  // A byte each and again, for longer than the ten seconds that a head may take.
  const auto start = clock::now();
  for (std::size_t at = 0; server.descriptors() > files; ++at) {
    ASSERT_LT(clock::now() - start, 20s);
    for (const auto& p : dripping)
      (void)p->send(request.substr(at % 20, 1));
    const auto next = start + (at + 1) * 500ms;
    while (clock::now() < next)
      EXPECT_LT(echo_time(*good), 1s);
  }
  EXPECT_GT(clock::now() - start, 9s);
  for (const auto& p : dripping)
    EXPECT_EQ(net::test::read_answer(*p).status, 408);
}

TEST(Trouble, HostilePeersOfTwoThousandSocketsThatNeverConnect) {
  test::allow_descriptors(8192);
  const echo_server server(4s);
  const auto good = server.client();
  ASSERT_TRUE(good);
  (void)echo_time(*good);
  const auto files = server.descriptors();
  const auto memory = server.resident_bytes();
  std::vector<std::unique_ptr<peer>> silent;
  const auto start = clock::now();
  for (int i = 0; i < 2000; ++i) {
    const auto from = "127.0.0." + std::to_string(2 + i / 500);
    silent.push_back(server.websocket(from.c_str()));
    ASSERT_TRUE(silent.back()) << i;
    if (i % 100 != 0) continue;
    EXPECT_LT(echo_time(*good), 1s);
  }
  EXPECT_LT(server.resident_bytes(), memory + 40 * mebibyte + test::quarantine);
  for (const auto& p : silent)
    EXPECT_EQ(end_of(*p), "closed");
  EXPECT_GE(clock::now() - start, 4s);
  EXPECT_LT(echo_time(*good), 1s);
  silent.clear();
  EXPECT_TRUE(net::test::eventually([&] { return server.descriptors() <= files; }));
}

} // namespace
} // namespace dockhost
