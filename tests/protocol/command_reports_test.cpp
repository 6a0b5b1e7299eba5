// SPDX-License-Identifier: MIT
#include "protocol/reports.hpp"

#include <gtest/gtest.h>

#include <string>

namespace dockhost::protocol {
namespace {

container_view view(container_state state, const std::string& name = "alice") {
  container_view out;
  out.username = name;
  out.name = "dockhost-" + name;
  out.id = std::string(64, 'c');
  out.image = "team/image";
  out.state = state;
  out.block = port_block{2000};
  out.created = "2024-01-02T03:04:05.000000+00:00";
  return out;
}

TEST(command_reports, one_of_ours) {
  const auto head = R"({"container_id":")" + std::string(64, 'c') +
                    R"(","name":"dockhost-alice","image":"team/image",)";
  const std::string tail = R"("compose_project":"Standalone Containers","compose_service":null,)"
                           R"("created":"2024-01-02T03:04:05.000000+00:00","username":"alice",)"
                           R"("port_map":{"ssh":2000,"http":2001,"https":2002}})";
  EXPECT_EQ(json::dump(encode_container(report_of(view(container_state::running)))),
            head +
                R"("status":"running","state":"running",)"
                R"("ports":"2000->22/tcp, 2001->80/tcp, 2002->443/tcp",)" +
                tail);
  EXPECT_EQ(json::dump(encode_container(report_of(view(container_state::stopped)))),
            head + R"("status":"exited","state":"stopped","ports":"",)" + tail);
  EXPECT_EQ(json::dump(encode_container(report_of(view(container_state::absent)))),
            head + R"("status":"removed","state":"removed","ports":"",)" + tail);
}

TEST(command_reports, start_is_told_while_it_runs) {
  auto ours = view(container_state::running);
  ours.started = {1'704'164'645, 0};
  EXPECT_EQ(encode_container(report_of(ours)).find("started_at")->as_string()[0],
            "2024-01-02T03:04:05.000000+00:00");
  for (const auto state : {container_state::paused, container_state::unknown,
                           container_state::stopping, container_state::stopped}) {
    ours.state = state;
    EXPECT_EQ(encode_container(report_of(ours)).find("started_at"), nullptr);
  }
}

TEST(command_reports, states_are_of_the_wires_vocabulary) {
  const struct {
    container_state state;
    const char* wire;
    const char* status;
  } rows[] = {
      {container_state::creating, "created", "created"},
      {container_state::created, "created", "created"},
      {container_state::starting, "stopped", "exited"},
      {container_state::paused, "paused", "paused"},
      {container_state::restarting, "restarting", "restarting"},
      {container_state::stopping, "stopping", "running"},
      {container_state::dead, "dead", "dead"},
      {container_state::deleting, "stopping", "removing"},
      {container_state::unknown, "unknown", "unknown"},
  };
  for (const auto& r : rows) {
    const auto got = encode_container(report_of(view(r.state)));
    EXPECT_EQ(*got.find("state"), json::value(r.wire));
    EXPECT_EQ(*got.find("status"), json::value(r.status));
  }
}

TEST(command_reports, somebody_elses_container) {
  container_report other;
  other.container_id = "d";
  other.name = "web";
  other.image = "x";
  other.status = "running";
  other.state = container_state::running;
  other.ports = {{18080, 80, "tcp"}, {53, 53, "udp"}};
  other.compose_project = "shop";
  other.compose_service = "front";
  other.created = "2024";
  EXPECT_EQ(json::dump(encode_container(other)),
            R"({"container_id":"d","name":"web","image":"x","status":"running","state":"running",)"
            R"("ports":"18080->80/tcp, 53->53/udp","compose_project":"shop",)"
            R"("compose_service":"front","created":"2024"})");
}

TEST(command_reports, initial_state_without_containers) {
  EXPECT_EQ(json::dump(encode_initial_state({})), R"({"containers":[]})");
  const auto parts = encode_initial_state_parts({}, 1000);
  ASSERT_EQ(parts.size(), 1U);
  EXPECT_EQ(json::dump(parts[0]), R"({"containers":[]})");
}

TEST(command_reports, initial_state_is_split_below_half_of_the_limit) {
  std::vector<container_report> all;
  for (int i = 0; i < 200; ++i)
    all.push_back(report_of(view(container_state::running, "user" + std::to_string(i))));
  for (const std::size_t limit : {std::size_t{2000}, std::size_t{10'000}, std::size_t{100'000}}) {
    const auto parts = encode_initial_state_parts(all, limit);
    EXPECT_GT(parts.size(), 1U);
    std::vector<std::string> names;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const auto packet = R"(42["initial_state",)" + json::dump(parts[i]) + "]";
      EXPECT_LE(packet.size(), limit / 2);
      EXPECT_EQ(*parts[i].find("part"), json::value(static_cast<std::int64_t>(i + 1)));
      EXPECT_EQ(*parts[i].find("parts"), json::value(static_cast<std::int64_t>(parts.size())));
      EXPECT_FALSE(parts[i].find("containers")->as_array()->empty());
      for (const auto& c : *parts[i].find("containers")->as_array())
        names.push_back(*c.find("username")->as_string());
    }
    ASSERT_EQ(names.size(), all.size());
    for (std::size_t i = 0; i < all.size(); ++i)
      EXPECT_EQ(names[i], all[i].username);
  }
  const auto whole = encode_initial_state_parts(all, 1'000'000);
  ASSERT_EQ(whole.size(), 1U);
  EXPECT_EQ(whole[0], encode_initial_state(all));
  EXPECT_EQ(encode_initial_state_parts(all, 0).size(), all.size());
}

TEST(command_reports, node_hello) {
  EXPECT_EQ(json::dump(encode_node_hello({"n1", "0.1.0", 3, 50})),
            R"({"nodeId":"n1","version":"0.1.0","dialects":["documented","v2"],)"
            R"("capacity":{"containers":3,"maxContainers":50}})");
}

} // namespace
} // namespace dockhost::protocol
