// SPDX-License-Identifier: MIT
#include "core/labels.hpp"

#include <gtest/gtest.h>

namespace dockhost {
namespace {

label_map ours() {
  return make_labels({"node-1", "ann", "op-1", "SHA256:x", port_block{1024}});
}

TEST(labels, all_state_is_rebuilt_from_them) {
  const auto labels = ours();
  EXPECT_EQ(labels.at("dockhost.managed"), "true");
  EXPECT_EQ(labels.at("dockhost.node_id"), "node-1");
  EXPECT_EQ(labels.at("dockhost.user"), "ann");
  EXPECT_EQ(labels.at("dockhost.op_id"), "op-1");
  EXPECT_EQ(labels.at("dockhost.port_base"), "1024");
  EXPECT_EQ(labels.at("dockhost.schema"), "1");
  EXPECT_EQ(owner_of(labels, "node-1"), "ann");
  const auto view = view_from_labels(labels);
  EXPECT_EQ(view.username, "ann");
  EXPECT_EQ(view.op_id, "op-1");
  EXPECT_EQ(view.fingerprint, "SHA256:x");
  EXPECT_EQ(view.block, port_block{1024});
}

TEST(labels, what_is_not_ours_has_no_owner) {
  EXPECT_FALSE(owner_of(ours(), "node-2"));
  EXPECT_FALSE(owner_of(ours(), ""));
  EXPECT_FALSE(owner_of({}, "node-1"));
  auto unmanaged = ours();
  unmanaged["dockhost.managed"] = "yes";
  EXPECT_FALSE(owner_of(unmanaged, "node-1"));
  auto nobodys = ours();
  nobodys.erase("dockhost.user");
  EXPECT_FALSE(owner_of(nobodys, "node-1"));
  for (const char* bad : {"", "a\nb", "\xff"}) {
    auto invalid = ours();
    invalid["dockhost.user"] = bad;
    EXPECT_FALSE(owner_of(invalid, "node-1"));
  }
}

TEST(labels, port_base_that_is_none_gives_no_block) {
  for (const char* bad :
       {"", "0", "-1", "65534", "65536", "1024x", " 1024", "1e3", "99999999999"}) {
    auto labels = ours();
    labels["dockhost.port_base"] = bad;
    EXPECT_FALSE(view_from_labels(labels).block) << bad;
  }
  auto last = ours();
  last["dockhost.port_base"] = "65533";
  EXPECT_EQ(view_from_labels(last).block, port_block{65533});
}

TEST(labels, times_are_iso_8601_with_microseconds_and_offset) {
  EXPECT_EQ(iso_time(0), "1970-01-01T00:00:00.000000+00:00");
  EXPECT_EQ(iso_time(1'704'164'645), "2024-01-02T03:04:05.000000+00:00");
  EXPECT_EQ(iso_time(1'709'251'199), "2024-02-29T23:59:59.000000+00:00");
  EXPECT_EQ(iso_time(-1), "1969-12-31T23:59:59.000000+00:00");
}

} // namespace
} // namespace dockhost
