// SPDX-License-Identifier: MIT
#include "apps/engine_options.hpp"

#include <gtest/gtest.h>

namespace dockhost::apps {
namespace {

TEST(engine_options, ports_are_tried_only_where_they_are_this_machines) {
  engine_settings values;
  for (const auto kind : {engine_kind::socket, engine_kind::cli}) {
    values.kind = kind;
    for (const auto* here : {"", "unix:///var/run/docker.sock", "/run/docker.sock"}) {
      values.host = here;
      EXPECT_TRUE(ports_are_here(values)) << here;
    }
    for (const auto* elsewhere : {"tcp://10.0.0.7:2375", "tcp://[fd00::7]:2376",
                                  "https://engine.example/x", "ssh://root@engine"}) {
      values.host = elsewhere;
      EXPECT_FALSE(ports_are_here(values)) << elsewhere;
    }
  }
  values.kind = engine_kind::simulated;
  values.host = "";
  EXPECT_FALSE(ports_are_here(values)) << "they are nobody's";
}

} // namespace
} // namespace dockhost::apps
