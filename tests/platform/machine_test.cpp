// SPDX-License-Identifier: MIT
#include "platform/machine.hpp"

#include "tests/support/temp_folder.hpp"

#include <string>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

namespace dockhost::platform {
namespace {

using test::temp_folder;

TEST(node_id, is_stable_and_hides_the_machine_id) {
  const temp_folder folder;
  const std::string machine = "0123456789abcdef0123456789abcdef";
  const auto path = folder.write("machine-id", machine + "\n");
  const auto id = derive_node_id(path);
  ASSERT_TRUE(id) << id.err().message;
  // Fixed for ever: containers in the field carry it in a label.
  EXPECT_EQ(*id, "35deb2ce-69d0-40e6-889c-9ce139f0709a");
  EXPECT_EQ(*derive_node_id(folder.write("same", machine)), *id);
  EXPECT_NE(*derive_node_id(folder.write("other", "1123456789abcdef0123456789abcdef")), *id);
}

TEST(node_id, says_what_is_wrong_with_the_file) {
  const temp_folder folder;
  const auto message = [](const std::string& path) {
    const auto id = derive_node_id(path);
    return id ? "no error" : id.err().message;
  };
  EXPECT_NE(message(folder.file("missing")).find("No such file"), std::string::npos);
  EXPECT_NE(message(folder.write("empty", "\n")).find("empty"), std::string::npos);
  EXPECT_NE(message(folder.write("u", "uninitialized\n")).find("32 hex"), std::string::npos);
  EXPECT_NE(message(folder.write("short", "0123")).find("node.id"), std::string::npos);
}

TEST(boot_id, is_one_uuid_per_process) {
  EXPECT_EQ(boot_id(), boot_id());
  EXPECT_EQ(boot_id().size(), 36U);
}

TEST(memory, reads_meminfo) {
  const temp_folder folder;
  folder.write("meminfo", "MemTotal:        2048 kB\nMemFree: 1 kB\nMemAvailable:    1024 kB\n");
  const auto info = memory(folder.path(), folder.file("no-cgroup"));
  ASSERT_TRUE(info);
  EXPECT_EQ(info->total_bytes, 2048 * 1024);
  EXPECT_EQ(info->available_bytes, 1024 * 1024);
}

TEST(memory, a_smaller_cgroup_limit_counts) {
  const temp_folder folder;
  folder.write("meminfo", "MemTotal: 2048 kB\nMemAvailable: 1024 kB\n");
  folder.write("v2/memory.max", "1048576\n");
  folder.write("v2/memory.current", "700000\n");
  folder.write("v2/memory.stat", "anon 1\ninactive_file 100000\n");
  auto info = memory(folder.path(), folder.file("v2"));
  EXPECT_EQ(info->total_bytes, 1048576);
  EXPECT_EQ(info->available_bytes, 1048576 - 600000);

  folder.write("v1/memory/memory.limit_in_bytes", "500000\n");
  folder.write("v1/memory/memory.usage_in_bytes", "600000\n"); // over it for a moment
  folder.write("v1/memory/memory.stat", "inactive_file 7\ntotal_inactive_file 0\n");
  info = memory(folder.path(), folder.file("v1"));
  EXPECT_EQ(info->total_bytes, 500000);
  EXPECT_EQ(info->available_bytes, 0);
}

TEST(memory, no_cgroup_limit_changes_nothing) {
  const temp_folder folder;
  folder.write("meminfo", "MemTotal: 2048 kB\nMemAvailable: 1024 kB\n");
  folder.write("v2/memory.max", "max\n");
  folder.write("v1/memory/memory.limit_in_bytes", "9223372036854771712\n");
  for (const char* version : {"v1", "v2"}) {
    const auto info = memory(folder.path(), folder.file(version));
    EXPECT_EQ(info->total_bytes, 2048 * 1024) << version;
    EXPECT_EQ(info->available_bytes, 1024 * 1024) << version;
  }
}

TEST(memory, of_this_machine_is_sane) {
  const auto info = memory();
  ASSERT_TRUE(info);
  EXPECT_GT(info->available_bytes, 0);
  EXPECT_LE(info->available_bytes, info->total_bytes);
  EXPECT_FALSE(memory("/nowhere"));
}

TEST(disk, looks_at_the_nearest_folder_that_exists) {
  const temp_folder folder;
  const auto here = disk(folder.path());
  const auto deeper = disk(folder.file("not/yet/there"));
  ASSERT_TRUE(here && deeper);
  EXPECT_GT(here->total_bytes, 0);
  EXPECT_EQ(here->total_bytes, deeper->total_bytes);
  EXPECT_TRUE(disk("not-there-at-all"));
}

TEST(ephemeral_ports, reads_the_range) {
  const temp_folder folder;
  EXPECT_EQ(ephemeral_ports(folder.write("range", "40000\t50000\n")), (port_range{40000, 50000}));
  const port_range kernel_default{32768, 60999};
  EXPECT_EQ(ephemeral_ports(folder.file("missing")), kernel_default);
  EXPECT_EQ(ephemeral_ports(folder.write("bad", "5 4\n")), kernel_default);
  EXPECT_EQ(ephemeral_ports(folder.write("one", "40000\n")), kernel_default);
  EXPECT_EQ(ephemeral_ports(folder.write("big", "1 70000\n")), kernel_default);
}

TEST(lan_ip, is_an_address_that_others_can_reach) {
  const auto ip = lan_ip();
  if (!ip) return; // a machine without a network: the next test's case
  in6_addr six{};
  in_addr four{};
  EXPECT_TRUE(inet_pton(AF_INET, ip->c_str(), &four) == 1 ||
              inet_pton(AF_INET6, ip->c_str(), &six) == 1)
      << *ip;
  EXPECT_FALSE(ip->starts_with("127.") || *ip == "::1" || ip->starts_with("169.254."));
}

TEST(lan_ip, is_none_where_there_is_only_loopback) {
  const pid_t child = ::fork();
  if (child == 0) {
    if (::unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0 && ::unshare(CLONE_NEWNET) != 0) ::_exit(77);
    ::_exit(lan_ip() ? 1 : 0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  ASSERT_NE(WEXITSTATUS(status), 77) << "no right to make a network namespace: run this as root";
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST(machine, has_a_name_and_a_processor) {
  EXPECT_FALSE(hostname().empty());
  EXPECT_GE(cpu_count(), 1);
}

} // namespace
} // namespace dockhost::platform
