// SPDX-License-Identifier: MIT
// Peers that break every rule, against the live view of a whole node, whose engine is simulated.
#include "tests/actors/link/hostile_messages.hpp"
#include "tests/actors/link/peer_server.hpp"
#include "json/json.hpp"

#include <sstream>
#include <stdexcept>
#include <thread>
#include <vector>

namespace dockhost {
namespace {

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;
using net::test::client_message;
using net::test::peer;
using test::end_of;
using test::mebibyte;

class node : public test::peer_server {
public:
  node() {
    const auto config = folder_ / "dockhost.toml";
    std::ofstream(config) << "[server]\nurl = \"127.0.0.1:9\"\napi_key = \"key\"\n" // nobody
                             "[node]\nid = \"0b6a5a0e-58a5-4d2c-9f0a-7d1f5f3c2b11\"\nstate_dir = \""
                          << (folder_ / "state")
                          << "\"\n[engine]\nkind = \"simulated\"\nsimulated_containers = 20\n"
                             "[live]\nport = 0\nmax_requests = 100000\n";
    process_ = std::make_unique<e2e::child_process>(
        e2e::process_options{.argv = {DOCKHOST_PROGRAM, "node", "--config", config},
                             .environment = {},
                             .without = {"DEBUG", "DOCKHOST_API_KEY"},
                             .log = folder_ / "log",
                             .control = false});
    const std::string before = "the live view is at http://127.0.0.1:";
    std::string log;
    const bool listens = net::test::eventually([&] {
      std::ostringstream text;
      text << std::ifstream(folder_ / "log").rdbuf();
      log = text.str();
      const auto at = log.find(before);
      return at != log.npos && log.find('/', at + before.size()) != log.npos;
    });
    if (!listens) throw std::runtime_error("the node does not listen: " + log);
    port_ = static_cast<std::uint16_t>(std::stoi(log.substr(log.find(before) + before.size())));
  }

  /// With its CONNECT answered, and all told that it is told then.
  [[nodiscard]] std::unique_ptr<peer> client() const {
    auto p = websocket();
    if (!p) return nullptr;
    p->send(client_message(net::test::text, "40"));
    for (const char* wanted : {"40{", "42[\"connection_established\"", "42[\"initial_state\""})
      if (!read_frame(*p).payload.starts_with(wanted)) return nullptr;
    return p;
  }
};

/// Asks for the containers and waits for all of them: for how long.
std::chrono::milliseconds answer_time(peer& p) {
  const auto start = clock::now();
  p.send(client_message(net::test::text, "421[\"list_containers\",{}]"));
  std::string answer;
  while (!answer.starts_with("431[")) {
    const auto frame = read_frame(p);
    if (frame.op == -1) {
      ADD_FAILURE() << "the node has closed a connection";
      break;
    }
    if (frame.payload == "2") p.send(client_message(net::test::text, "3"));
    answer = frame.payload;
  }
  EXPECT_NE(answer.find("simulated-19"), answer.npos);
  return std::chrono::duration_cast<std::chrono::milliseconds>(clock::now() - start);
}

TEST(Trouble, HostilePeersOfANodeGetTheEndThatIsRight) {
  using net::test::text;
  const node server;
  const auto good = server.client();
  ASSERT_TRUE(good);
  ASSERT_TRUE(server.client()); // whose memory is then there
  ASSERT_TRUE(net::test::eventually([&] { return answer_time(*good) < 1s; }));
  const auto files = server.descriptors();
  const auto memory = server.resident_bytes();

  const auto half = test::half_binary_packet("subscribe");
  for (int round = 0; round < 5; ++round) {
    for (const auto& each : test::hostile_messages("subscribe")) {
      const auto p = server.client();
      ASSERT_TRUE(p) << each.what;
      p->send(each.bytes);
      EXPECT_EQ(end_of(*p), each.end) << each.what;
      EXPECT_LT(answer_time(*good), 1s) << each.what;
    }
  }

  // Cut off in the middle: of a frame, of a binary packet, of a request.
  for (int i = 0; i < 20; ++i) {
    for (const auto& bytes : {client_message(text, "42[\"subscribe\",1]").substr(0, 9), half}) {
      const auto p = server.client();
      ASSERT_TRUE(p);
      p->send(bytes);
    }
    const auto p = server.connect();
    ASSERT_TRUE(p);
    p->send("GET /socket.io/?EIO=4&transport=poll");
  }

  // 10 MB on polling, and to a page that takes none.
  for (const std::string target : {"/socket.io/?EIO=4&transport=polling", "/api/containers"}) {
    const auto p = server.connect();
    ASSERT_TRUE(p);
    p->send(test::peer_server::request("POST", target) +
            "Connection: close\r\nContent-Length: 10000000\r\n\r\n" + std::string(10'000'000, 'x'));
    EXPECT_GE(net::test::read_answer(*p).status, 400) << target;
  }
  EXPECT_LT(answer_time(*good), 1s);
  EXPECT_TRUE(net::test::eventually([&] { return server.descriptors() <= files; }));
  EXPECT_LT(server.resident_bytes(), memory + 40 * mebibyte + test::quarantine);
}

TEST(Trouble, HostilePeersOfANodeThatDripTheirHandshakeAreEnded) {
  const node server;
  const auto good = server.client();
  ASSERT_TRUE(good);
  const auto files = server.descriptors();
  const auto memory = server.resident_bytes();
  const std::string request = test::peer_server::upgrade_request();
  std::vector<std::unique_ptr<peer>> dripping;
  for (int i = 0; i < 200; ++i) {
    dripping.push_back(server.connect("127.0.0.2"));
    ASSERT_TRUE(dripping.back());
  }
  ASSERT_TRUE(net::test::eventually([&] { return server.descriptors() >= files + 200; }));
  const auto start = clock::now();
  for (std::size_t at = 0; server.descriptors() > files; ++at) {
    ASSERT_LT(clock::now() - start, 20s);
    for (const auto& p : dripping)
      (void)p->send(request.substr(at % 20, 1));
    const auto next = start + (at + 1) * 500ms;
    while (clock::now() < next)
      EXPECT_LT(answer_time(*good), 1s);
  }
  EXPECT_GT(clock::now() - start, 9s); // what a head may take is ten
  EXPECT_LT(server.resident_bytes(), memory + 20 * mebibyte + test::quarantine);
  for (const auto& p : dripping)
    EXPECT_EQ(net::test::read_answer(*p).status, 408);
}

TEST(Trouble, HostilePeersOfANodeTwoThousandThatNeverConnect) {
  test::allow_descriptors(8192);
  const node server;
  const auto good = server.client();
  ASSERT_TRUE(good);
  (void)answer_time(*good);
  const auto files = server.descriptors();
  const auto memory = server.resident_bytes();
  std::vector<std::unique_ptr<peer>> silent;
  const auto start = clock::now();
  for (int i = 0; i < 2000; ++i) {
    const auto from = "127.0.0." + std::to_string(2 + i / 500);
    silent.push_back(server.websocket(from.c_str()));
    ASSERT_TRUE(silent.back()) << i;
    if (i % 100 != 0) continue;
    EXPECT_LT(answer_time(*good), 1s);
  }
  EXPECT_LT(server.resident_bytes(), memory + 40 * mebibyte + test::quarantine);
  // They are let go after 45 s at the latest.
  while (server.descriptors() > files) {
    ASSERT_LT(clock::now() - start, 100s);
    EXPECT_LT(answer_time(*good), 1s);
    std::this_thread::sleep_for(100ms);
  }
  EXPECT_GE(clock::now() - start, 20s);
  EXPECT_LT(server.resident_bytes(), memory + 40 * mebibyte + test::quarantine);
}

} // namespace
} // namespace dockhost
