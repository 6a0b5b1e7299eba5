// SPDX-License-Identifier: MIT
// Many commands at once.
#include "tests/e2e/support/world.hpp"

#include <set>

namespace dockhost::e2e {
namespace {

using namespace std::chrono_literals;

double figure(const json::value& figures, const char* name) {
  double value = -1;
  const auto* found = figures.find(name);
  return found != nullptr && found->get_double(value) ? value : -1;
}

TEST_F(Trouble, FiftyCreatesAtOnce) {
  constexpr int creates = 50;
  config["log"]["level"] = "\"info\"";
  start_both({.config = {{"options", json::object{{"pingInterval", 5}, {"pingTimeout", 20'000}}}},
              .scheme = "http"});
  auto& s = server();
  create("before");
  s.call("reset_pings");

  std::vector<std::int64_t> sent;
  for (int i = 0; i < creates; ++i) {
    auto fields = request("user" + std::to_string(i));
    fields.emplace_back("startingPort", static_cast<int>(first_port()) + 30);
    sent.push_back(s.send("create-container", std::move(fields), 200s));
  }
  // Others are served meanwhile.
  EXPECT_TRUE(succeeded(s.command("stop-container", json::object{{"username", "before"}}, 30s)));
  EXPECT_TRUE(succeeded(s.command("start-container", json::object{{"username", "before"}}, 30s)));
  for (int i = 0; i < 20; ++i)
    EXPECT_TRUE(succeeded(s.command("list-containers", json::object{}, 1s)));

  std::set<std::int64_t> blocks_used;
  for (const auto id : sent) {
    const auto reply = s.reply(id, 200s);
    EXPECT_TRUE(succeeded(reply));
    const auto ssh = number(reply, "data.ports.ssh");
    EXPECT_TRUE(blocks_used.insert(ssh).second) << ssh << " twice";
    EXPECT_EQ((ssh - first_port()) % 3, 0);
    EXPECT_TRUE(has_banner(static_cast<std::uint16_t>(ssh)));
  }
  const auto pings = s.call("pings");
  RecordProperty("ping_p999_ms", std::to_string(figure(pings, "p999")));
  EXPECT_GE(number(pings, "count"), 500) << json::dump(pings);
  EXPECT_LE(figure(pings, "p999"), 50.0) << json::dump(pings);
  EXPECT_EQ(own_containers().size(), creates + 1U);
  const auto ports = own_ports();
  EXPECT_EQ(std::set(ports.begin(), ports.end()).size(), 3U * (creates + 1));

  sent.clear();
  for (int i = 0; i < creates; ++i)
    sent.push_back(
        s.send("delete-container", json::object{{"username", "user" + std::to_string(i)}}, 100s));
  for (const auto id : sent)
    EXPECT_TRUE(succeeded(s.reply(id)));
  EXPECT_EQ(own_containers().size(), 1U);
}

} // namespace
} // namespace dockhost::e2e
