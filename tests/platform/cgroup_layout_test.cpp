// SPDX-License-Identifier: MIT
#include "platform/cgroup_layout.hpp"

#include <gtest/gtest.h>

namespace dockhost::platform {
namespace {

const std::string id(64, 'a');

constexpr const char* v1_mounts =
    "23 1 0:21 / / rw,relatime shared:1 - ext4 /dev/vda rw\n"
    "31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755\n"
    "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid shared:9 master:3 - cgroup cgroup "
    "rw,cpu,cpuacct\n"
    "33 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n"
    "36 31 0:37 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd\n";
constexpr const char* hybrid_mount =
    "37 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n";
constexpr const char* v2_mounts = "23 1 0:21 / / rw - ext4 /dev/vda rw\n"
                                  "31 23 0:28 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime "
                                  "shared:4 - cgroup2 cgroup2 rw,nsdelegate,memory_recursiveprot\n";

TEST(cgroup_layout, mounts) {
  const auto mounts = parse_cgroup_mounts(std::string(v1_mounts) + hybrid_mount);
  ASSERT_EQ(mounts.size(), 4U);
  EXPECT_EQ(mounts[0],
            (cgroup_mount{false, {"rw", "cpu", "cpuacct"}, "/", "/sys/fs/cgroup/cpu,cpuacct"}));
  EXPECT_EQ(mounts[3], (cgroup_mount{true, {}, "/", "/sys/fs/cgroup/unified"}));
  EXPECT_EQ(parse_cgroup_mounts("1 2 3:4 /with\\040blank /at\\134it rw - cgroup2 none rw")[0],
            (cgroup_mount{true, {}, "/with blank", "/at\\it"}));
  for (const char* odd : {"", "\n\n", "1 2 3", "1 2 3:4 / /x rw - ", "1 2 3:4 / /x rw cgroup2",
                          "- cgroup2 - cgroup2 -", "1 2 3:4 / /x rw - cgroup3 c rw"})
    EXPECT_TRUE(parse_cgroup_mounts(odd).empty()) << odd;
}

TEST(cgroup_layout, memberships) {
  const auto found =
      parse_cgroup_memberships("9:name=systemd:/\n4:cpu,cpuacct:/docker/x:y\n0::/u\n");
  ASSERT_EQ(found.size(), 3U);
  EXPECT_EQ(found[0], (cgroup_membership{false, {"name=systemd"}, "/"}));
  EXPECT_EQ(found[1], (cgroup_membership{false, {"cpu", "cpuacct"}, "/docker/x:y"}));
  EXPECT_EQ(found[2], (cgroup_membership{true, {}, "/u"}));
  for (const char* odd : {"", "\n", ":", "::", "0::", "0:/x", "4:memory:relative"})
    EXPECT_TRUE(parse_cgroup_memberships(odd).empty()) << odd;
}

TEST(cgroup_layout, a_containers_folder) {
  struct row {
    const char* what;
    std::string memberships, mounts;
    const char* controller;
    std::string path; ///< empty: none
    bool unified = false;
  };
  const std::string v1 = v1_mounts, v2 = v2_mounts, hybrid = v1 + hybrid_mount;
  for (const row& r : {
           row{"v1", "4:memory:/docker/" + id + "\n0::/\n", v1, "memory",
               "/sys/fs/cgroup/memory/docker/" + id},
           row{"v1, controllers mounted together", "2:cpu,cpuacct:/docker/" + id, v1, "cpuacct",
               "/sys/fs/cgroup/cpu,cpuacct/docker/" + id},
           row{"v1, a controller that is not mounted", "2:pids:/docker/" + id, v1, "pids", ""},
           row{"v2, systemd's names", "0::/system.slice/docker-" + id + ".scope\n", v2, "memory",
               "/sys/fs/cgroup/system.slice/docker-" + id + ".scope", true},
           row{"v2, with an init inside that has groups of its own",
               "0::/system.slice/docker-" + id + ".scope/init.scope\n", v2, "memory",
               "/sys/fs/cgroup/system.slice/docker-" + id + ".scope", true},
           row{"hybrid: the controller is v1's",
               "4:memory:/docker/" + id + "\n0::/docker/" + id + "\n", hybrid, "memory",
               "/sys/fs/cgroup/memory/docker/" + id},
           row{"hybrid: the controller is v2's", "0::/docker/" + id + "\n", hybrid, "pids",
               "/sys/fs/cgroup/unified/docker/" + id, true},
           row{"another process", "0::/user.slice\n", v2, "memory", ""},
           row{"another container", "0::/docker/" + std::string(64, 'b'), v2, "memory", ""},
           row{"nothing mounted", "0::/docker/" + id, "", "memory", ""},
           row{"only a part is mounted", "0::/docker/" + id,
               "1 2 0:1 /docker /cg rw - cgroup2 none rw\n", "memory", "/cg/" + id, true},
           row{"another part is mounted", "0::/docker/" + id,
               "1 2 0:1 /dock /cg rw - cgroup2 none rw\n", "memory", ""},
           row{"outside of our cgroup namespace", "0::/../../docker/" + id, v2, "memory", ""},
           row{"outside of it, and mounted from there", "0::/../docker/" + id,
               "1 2 0:1 /.. /cg rw - cgroup2 none rw\n", "memory", "/cg/docker/" + id, true},
       }) {
    const auto found = container_cgroup(parse_cgroup_memberships(r.memberships),
                                        parse_cgroup_mounts(r.mounts), r.controller, id);
    EXPECT_EQ(found ? found->path : "", r.path) << r.what;
    EXPECT_EQ(found && found->unified, r.unified) << r.what;
  }
  EXPECT_FALSE(
      container_cgroup(parse_cgroup_memberships("0::/x"), parse_cgroup_mounts(v2), "memory", ""));
}

} // namespace
} // namespace dockhost::platform
