// SPDX-License-Identifier: MIT
// What browsers are shown of containers that are not ours, where events, listings and looks cross.
#include "actors/live/container_directory.hpp"
#include "docker/rfc3339.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace dockhost::actors {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

const std::string id(64, 'a');

class container_directory_test : public ::testing::Test {
protected:
  /// A listing that was asked for `at` after the beginning; those to look at.
  std::vector<std::string> list(const std::string& status, std::chrono::nanoseconds at,
                                std::vector<docker::port_binding> ports = {},
                                start_time started = {}) {
    docker::container_summary c;
    c.id = id;
    c.name = "web";
    c.status = status;
    c.ports = std::move(ports);
    c.started = started;
    container_changes changes;
    auto out = directory_.foreign_listed({c}, begin_ + at, at.count(), changes);
    note(changes);
    return out;
  }
  bool hear(const std::string& action, std::chrono::nanoseconds at) {
    container_changes changes;
    const bool look =
        directory_.heard({action, id, {{"name", "web"}}, at.count()}, begin_ + at, changes);
    note(changes);
    return look;
  }
  /// What is found by somebody who looks; port 80 is configured so, and bound so while it runs.
  void look(const std::string& status, std::chrono::nanoseconds at, std::uint16_t configured = 0,
            std::uint16_t bound = 0, std::int64_t started = 0) {
    docker::container_details d;
    d.configured_ports = {{80, {}, configured}};
    d.bound_ports = {{80, {}, bound}};
    d.id = id;
    d.name = "web";
    d.status = status;
    d.created = "1970-01-01T00:00:00Z";
    d.started_at = docker::rfc3339(started * 1'000'000'000);
    container_changes changes;
    EXPECT_FALSE(directory_.looked(d, begin_ + at, at.count(), changes));
    note(changes);
  }
  void lose_engine() {
    container_changes changes;
    directory_.engine_lost(changes);
    note(changes);
  }
  void note(const container_changes& changes) {
    for (const auto& each : changes) {
      told.emplace_back(wire_state(each.state));
      told_ports.push_back(each.ports.empty() ? 0 : each.ports[0].host);
      told_starts.push_back(protocol::told_start(each));
      last_ports = each.ports;
    }
  }

  std::vector<std::string> told;
  std::vector<int> told_ports; ///< the first port of each change
  std::vector<std::int64_t> told_starts;
  std::vector<protocol::bound_port> last_ports; ///< of the last change

private:
  container_directory directory_;
  container_directory::time_point begin_{};
};

// Docker 20.10 sends "unpause" before it writes the state that listings are read from.
TEST_F(container_directory_test, listing_that_lags_behind_an_event_undoes_nothing) {
  EXPECT_THAT(list("running", 1s), IsEmpty());
  EXPECT_FALSE(hear("pause", 2s));
  EXPECT_FALSE(hear("unpause", 3s));
  EXPECT_THAT(list("paused", 3s + 1ms), ElementsAre(id)) << "somebody should look";
  look("running", 3s + 2ms);
  EXPECT_THAT(told, ElementsAre("running", "paused", "running"));
}

TEST_F(container_directory_test, what_no_event_told_is_found_by_the_look_that_a_listing_asks_for) {
  EXPECT_THAT(list("running", 1s), IsEmpty());
  EXPECT_THAT(list("exited", 60s), ElementsAre(id));
  look("exited", 60s + 1ms);
  EXPECT_THAT(list("exited", 120s), IsEmpty());
  EXPECT_THAT(told, ElementsAre("running", "stopped"));
}

TEST_F(container_directory_test, ports_in_another_order_are_the_same_ports) {
  const docker::port_binding http{80, {}, 8080};
  const docker::port_binding https{443, {}, 8443};
  EXPECT_THAT(list("running", 1s, {http, https, http}), IsEmpty());
  EXPECT_THAT(list("running", 60s, {https, http}), IsEmpty());
  EXPECT_THAT(told, ElementsAre("running"));
}

TEST_F(container_directory_test, ports_are_told_with_their_protocol) {
  EXPECT_THAT(list("running", 1s, {{53, {}, 53, "udp"}, {53, {}, 53}, {80, {}, 8'080, "sctp"}}),
              IsEmpty());
  EXPECT_THAT(last_ports,
              ElementsAre(protocol::bound_port{53, 53, "tcp"}, protocol::bound_port{53, 53, "udp"},
                          protocol::bound_port{8'080, 80, "sctp"}));
}

TEST_F(container_directory_test, fixed_ports_are_known_at_each_start) {
  look("running", 1s, 8'080, 8'080);
  EXPECT_FALSE(hear("die", 2s));
  EXPECT_FALSE(hear("start", 3s));
  EXPECT_FALSE(hear("pause", 4s));
  EXPECT_THAT(told, ElementsAre("running", "stopped", "running", "paused"));
  EXPECT_THAT(told_ports, ElementsAre(8'080, 0, 8'080, 8'080));
}

TEST_F(container_directory_test, ports_that_the_engine_chooses_are_looked_at_after_each_start) {
  look("created", 1s);
  EXPECT_TRUE(hear("start", 2s));
  look("running", 3s, 0, 32'768);
  EXPECT_FALSE(hear("die", 4s));
  EXPECT_TRUE(hear("start", 5s));
  EXPECT_TRUE(hear("restart", 6s)); // what `docker restart` ends with
  look("running", 7s, 0, 32'769);
  EXPECT_FALSE(hear("pause", 8s));
  EXPECT_FALSE(hear("unpause", 9s));
  EXPECT_THAT(told, ElementsAre("created", "running", "stopped", "running", "paused", "running"));
  EXPECT_THAT(told_ports, ElementsAre(0, 32'768, 0, 32'769, 32'769, 32'769));
}

TEST_F(container_directory_test, start_is_told_while_it_runs) {
  look("running", 1'000s, 0, 0, 900);
  EXPECT_FALSE(hear("pause", 1'010s));
  EXPECT_FALSE(hear("unpause", 1'020s));
  EXPECT_FALSE(hear("die", 1'030s));
  EXPECT_FALSE(hear("start", 1'040s));
  EXPECT_FALSE(hear("restart", 1'041s)); // what `docker restart` ends with
  EXPECT_THAT(list("running", 1'060s, {}, {1'040, 60}), IsEmpty());
  EXPECT_THAT(told, ElementsAre("running", "paused", "running", "stopped", "running"));
  EXPECT_THAT(told_starts, ElementsAre(900, 0, 900, 0, 1'040));
}

TEST_F(container_directory_test, start_is_known_from_a_listing_until_something_says_it_exactly) {
  EXPECT_THAT(list("running", 100'000s, {}, {90'000, 3'600}), IsEmpty());
  EXPECT_THAT(list("running", 100'030s, {}, {90'030, 3'600}), IsEmpty());
  look("running", 100'040s, 0, 0, 88'000);
  EXPECT_THAT(list("running", 100'060s, {}, {90'060, 3'600}), IsEmpty());
  EXPECT_THAT(told_starts, ElementsAre(90'000, 88'000));
}

TEST_F(container_directory_test, start_is_another_one_where_it_was_restarted_unseen) {
  look("running", 1'000s, 0, 0, 900);
  lose_engine();
  EXPECT_THAT(list("running", 2'000s, {}, {940, 60}), IsEmpty());
  lose_engine();
  EXPECT_THAT(list("running", 3'000s, {}, {2'998, 1}), IsEmpty());
  EXPECT_THAT(told, ElementsAre("running", "unknown", "running", "unknown", "running"));
  EXPECT_THAT(told_starts, ElementsAre(900, 0, 900, 0, 2'998));
}

} // namespace
} // namespace dockhost::actors
