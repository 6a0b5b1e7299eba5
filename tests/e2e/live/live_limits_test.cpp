// SPDX-License-Identifier: MIT
// The limits of the live view as they are configured: whom they meet is told, and nobody else is
// touched.
#include "tests/e2e/live/live_crowd.hpp"
#include "tests/e2e/live/live_world.hpp"

#include <gmock/gmock.h>

namespace dockhost::e2e {
namespace {

using namespace std::chrono_literals;
using ::testing::AnyOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

json::object websocket() {
  return {{"transports", json::array{"websocket"}}};
}

class LiveLimits : public live_world {
protected:
  json::value follow(int client, const std::string& container) {
    return browsers().ask(
        client, "start_log_stream",
        json::object{{"container_id", container}, {"tail", 0}, {"timestamps", false}});
  }
  /// A line of the container comes to each of them, and each is answered.
  void expect_served(const std::vector<int>& clients, const std::string& id) {
    auto& b = browsers();
    const auto from = b.mark();
    const std::string line = "for " + std::to_string(from);
    for (const int client : clients)
      EXPECT_EQ(text(follow(client, id), "status"), "stream_started");
    say(id, line);
    for (const int client : clients)
      b.wait_line(client, line, from);
  }
};

TEST_F(LiveLimits, MoreClientsThanConfiguredAreRefused) {
  config["live"]["max_clients"] = "3";
  const auto id = run_quiet("web");
  start_view();
  auto& b = browsers();
  std::vector<int> clients = {join(websocket()), join({{"transports", json::array{"polling"}}}),
                              join()};
  for (const char* way : {"websocket", "polling"}) {
    const auto from = b.mark();
    const int another = b.open(url(), {{"transports", json::array{way}}});
    b.wait_link(another, "refused", from);
    EXPECT_THAT(b.event_names(another, from), IsEmpty());
  }
  const auto polling = b.get(url() + "/socket.io/?EIO=4&transport=polling");
  EXPECT_EQ(number(polling, "status"), 503);
  EXPECT_EQ(text(polling, "body"), "Service unavailable");
  const auto socket = b.handshake(url());
  EXPECT_EQ(number(socket, "status"), 503);
  EXPECT_EQ(text(socket, "body"), "Service unavailable");
  // Pages are no clients.
  EXPECT_EQ(number(b.get(url() + "/api/containers"), "status"), 200);
  expect_served(clients, id);
  EXPECT_FALSE(b.seen(is("disconnect"), 0));

  b.close(clients[0]);
  ASSERT_TRUE(
      eventually([&] { return metric("dockhost_live_clients{role=\"operator\"}") == 2; }, 10s));
  clients[0] = join(websocket());
  expect_served(clients, id);
}

TEST_F(LiveLimits, MoreConnectionsOfAnAddressThanConfiguredAreClosed) {
  config["live"]["max_clients_per_address"] = "4";
  const auto id = run_quiet("web");
  start_view();
  auto& b = browsers();
  std::vector<int> clients;
  for (int n = 0; n < 4; ++n)
    clients.push_back(join(websocket()));
  const auto from = b.mark();
  const int fifth = b.open(url(), websocket());
  b.wait_link(fifth, "refused", from);
  EXPECT_THROW((void)b.get(url() + "/healthz"), std::runtime_error);
  // Others may come, and see that it happened.
  const std::string elsewhere = "127.0.0.2";
  auto other = websocket();
  other.emplace_back("localAddress", elsewhere);
  clients.push_back(join(other));
  const auto page = b.get(url() + "/metrics", {}, {{"localAddress", elsewhere}});
  EXPECT_THAT(text(page, "body"), HasSubstr("\ndockhost_http_refused_total 2\n"));
  expect_served(clients, id);
  EXPECT_FALSE(b.seen(is("disconnect"), 0));

  b.close(clients[1]);
  const auto room = [&] {
    const auto again = b.mark();
    clients[1] = b.open(url(), websocket());
    const auto told = [&](const json::value& m) {
      return text(m, "t") == "refused" || text(m, "name") == "initial_state";
    };
    return text(b.wait(of(clients[1], told), again, 10s, "an answer"), "t") == "event";
  };
  EXPECT_TRUE(eventually(room, 10s));
  expect_served(clients, id);
}

TEST_F(LiveLimits, SmallestBudgetStillGivesALoneClientAll) {
  config["live"]["client_buffer"] = "\"2MiB\"";
  constexpr std::int64_t last = 200'000;
  const auto id = run_quiet("web");
  start_view();
  live_crowd crowd(folder(), "crowd");
  for (const char* way : {"websocket", "polling"}) {
    SCOPED_TRACE(way);
    // Each alone at its time, and not always reading.
    const auto lone = crowd.join(url(), 1, {{"transports", json::array{way}}});
    crowd.follow(lone, id, 1);
    crowd.pause(lone);
    say_numbers(id, 1, last);
    const auto lines = [&] { return crowd.figures(lone)[0].lines; };
    EXPECT_FALSE(eventually([&] { return lines() >= last; }, 2s));
    crowd.resume(lone);
    EXPECT_TRUE(eventually([&] { return lines() >= last; }, 30s));
    const auto all = crowd.figures(lone)[0];
    EXPECT_EQ(all.lines, last);
    EXPECT_EQ(all.gaps, 0);
    EXPECT_EQ(all.unmarked, 0);
    crowd.close(lone);
  }
  // The longest line that is delivered whole.
  auto& b = browsers();
  const int client = join();
  EXPECT_EQ(text(follow(client, id), "status"), "stream_started");
  const auto from = b.mark();
  inside(id, {"sh", "-c", "head -c 1048576 /dev/zero | tr '\\0' x > /proc/1/fd/1"});
  say(id, "");
  say(id, "the end of it");
  b.wait_line(client, "the end of it", from);
  EXPECT_THAT(b.log_lines(client, id, from),
              ElementsAre(std::string(1024 * 1024, 'x'), "the end of it"));
  EXPECT_THAT(b.events(client, "log_gap", from), IsEmpty());
}

TEST_F(LiveLimits, MoreStreamsOfAClientThanConfiguredAreRefused) {
  config["live"]["max_streams"] = "2";
  const std::vector<std::string> ids = {run_quiet("one"), run_quiet("two"), run_quiet("three")};
  start_view();
  auto& b = browsers();
  const int greedy = join();
  const int other = join();
  EXPECT_EQ(text(follow(greedy, ids[0]), "status"), "stream_started");
  EXPECT_EQ(text(follow(greedy, ids[1]), "status"), "stream_started");
  const auto from = b.mark();
  EXPECT_TRUE(refused_with(follow(greedy, ids[2]), "capacity"));
  EXPECT_EQ(text(b.wait_event(greedy, "error", from), "event"), "start_log_stream");
  // One that takes another's place is none more.
  EXPECT_EQ(text(follow(greedy, ids[1]), "status"), "stream_started");
  expect_served({other}, ids[2]);
  b.ask(greedy, "stop_log_stream", json::object{{"container_id", ids[0]}});
  expect_served({greedy}, ids[2]);
}

TEST_F(LiveLimits, MoreRequestsThanConfiguredAreRefused) {
  config["live"]["max_requests"] = "5";
  const auto id = run_quiet("web");
  start_view();
  auto& b = browsers();
  const int hasty = join();
  const int other = join();
  const auto from = b.mark();
  for (int n = 0; n < 30; ++n)
    b.emit(hasty, "list_containers", {json::object{}});
  const auto refused = [&] { return b.events(hasty, "error", from); };
  ASSERT_TRUE(eventually([&] { return !refused().empty(); }, 10s));
  EXPECT_EQ(text(refused()[0], "code"), "rate_limited");
  EXPECT_EQ(text(refused()[0], "event"), "list_containers");
  expect_served({other}, id);
  // It is for the moment only.
  const auto heard = [&] {
    return !at(b.ask(hasty, "list_containers", json::object{}), "containers").is_null();
  };
  EXPECT_TRUE(eventually(heard, 10s, 300ms));
  EXPECT_FALSE(b.seen(is("disconnect"), 0));
}

TEST_F(LiveLimits, LargerMessagesThanConfiguredEndTheirConnection) {
  config["live"]["max_payload"] = "2048";
  const auto id = run_quiet("web");
  start_view();
  auto& b = browsers();
  for (const char* way : {"websocket", "polling"}) {
    const int talker = join({{"transports", json::array{way}}});
    const int other = join();
    const auto ask = [&](std::size_t size) {
      b.emit(talker, "list_containers", {json::object{{"x", std::string(size, 'x')}}});
    };
    const auto from = b.mark();
    ask(1'900);
    EXPECT_FALSE(at(b.ask(talker, "list_containers", json::object{}), "containers").is_null());
    ask(2'100);
    EXPECT_THAT(text(b.wait_link(talker, "disconnect", from), "reason"),
                AnyOf("transport close", "transport error"));
    expect_served({other}, id);
  }
}

} // namespace
} // namespace dockhost::e2e
