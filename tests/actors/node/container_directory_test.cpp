// SPDX-License-Identifier: MIT
// What browsers are shown of containers that are not ours, where events, listings and looks cross.
#include "actors/live/container_directory.hpp"

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
                                std::vector<docker::port_binding> ports = {}) {
    docker::container_summary c;
    c.id = id;
    c.name = "web";
    c.status = status;
    c.ports = std::move(ports);
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
            std::uint16_t bound = 0) {
    docker::container_details d;
    d.configured_ports = {{80, {}, configured}};
    d.bound_ports = {{80, {}, bound}};
    d.id = id;
    d.name = "web";
    d.status = status;
    d.created = "1970-01-01T00:00:00Z";
    container_changes changes;
    EXPECT_FALSE(directory_.looked(d, begin_ + at, at.count(), changes));
    note(changes);
  }
  void note(const container_changes& changes) {
    for (const auto& each : changes) {
      told.emplace_back(wire_state(each.state));
      told_ports.push_back(each.ports.empty() ? 0 : each.ports[0].host);
    }
  }

  std::vector<std::string> told;
  std::vector<int> told_ports; ///< the first port of each change

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

} // namespace
} // namespace dockhost::actors
