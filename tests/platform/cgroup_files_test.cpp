// SPDX-License-Identifier: MIT
#include "platform/cgroup_files.hpp"
#include "platform/cgroup_layout.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <string>

namespace dockhost::platform {
namespace {

constexpr auto most = std::numeric_limits<std::int64_t>::max();

TEST(cgroup_files, a_number) {
  EXPECT_EQ(parse_number("1234\n"), 1234);
  EXPECT_EQ(parse_number("0"), 0);
  EXPECT_EQ(parse_number("18446744073709551615\n"), most);
  EXPECT_EQ(parse_number("99999999999999999999999\n"), most);
  for (const char* odd : {"", "\n", "max\n", "-1\n", "12x\n", "0x10\n", "+5"})
    EXPECT_EQ(parse_number(odd), std::nullopt) << odd;
}

TEST(cgroup_files, memory_limits) {
  EXPECT_EQ(parse_memory_limit("536870912\n"), 536870912);
  EXPECT_EQ(parse_memory_limit("max\n"), 0);
  EXPECT_EQ(parse_memory_limit("9223372036854771712\n"), 0);
  EXPECT_EQ(parse_memory_limit("9223372036854710272\n"), 0); // pages of 64 KiB
  EXPECT_EQ(parse_memory_limit("0\n"), 0);
  EXPECT_EQ(parse_memory_limit(""), std::nullopt);
  EXPECT_EQ(parse_memory_limit("maximum\n"), std::nullopt);
}

TEST(cgroup_files, keyed_values) {
  constexpr const char* v1 = "cache 9428992\nrss 9359360\ninactive_file 12288\nactive_file 331776\n"
                             "hierarchical_memory_limit 9223372036854771712\n"
                             "total_cache 1961377792\ntotal_inactive_file 774823936\n";
  EXPECT_EQ(parse_keyed(v1, "total_inactive_file"), 774823936);
  EXPECT_EQ(parse_keyed(v1, "inactive_file"), 12288);
  EXPECT_EQ(parse_keyed(v1, "file"), std::nullopt);
  constexpr const char* v2 = "usage_usec 5023456\nuser_usec 4000000\nsystem_usec 1023456\n"
                             "nr_periods 0\nnr_throttled 0\nthrottled_usec 0\n";
  EXPECT_EQ(parse_keyed(v2, "usage_usec"), 5023456);
  EXPECT_EQ(parse_keyed("usage_usec\n", "usage_usec"), std::nullopt);
  EXPECT_EQ(parse_keyed("usage_usec x\n", "usage_usec"), std::nullopt);
  EXPECT_EQ(parse_keyed("", "usage_usec"), std::nullopt);
}

TEST(cgroup_files, block_io) {
  EXPECT_EQ(parse_io_stat("8:0 rbytes=4096 wbytes=512 rios=1 wios=1 dbytes=7 dios=0\n"
                          "252:16 rbytes=1 wbytes=2 rios=1 wios=1 dbytes=0 dios=0\n7:0 \n7:1\n"),
            (byte_counts{4097, 514}));
  EXPECT_EQ(parse_io_stat(""), (byte_counts{}));
  EXPECT_EQ(parse_io_stat("8:0 rbytes=9223372036854775807 wbytes=x\n8:1 rbytes=5 = wbytes\n"),
            (byte_counts{most, 0}));
  EXPECT_EQ(parse_blkio("8:0 Read 4096\n8:0 Write 512\n8:0 Sync 0\n8:0 Async 4608\n"
                        "8:0 Discard 0\n8:0 Total 4608\n8:16 Read 4\nTotal 4612\n"),
            (byte_counts{4100, 512}));
  EXPECT_EQ(parse_blkio("Total 0\n"), (byte_counts{}));
  EXPECT_EQ(parse_blkio("Read 5\n\n8:0 Read\n8:0 Write -1\n"), (byte_counts{}));
}

TEST(cgroup_files, network) {
  constexpr const char* heading =
      "Inter-|   Receive                                                |  Transmit\n"
      " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs "
      "drop "
      "fifo colls carrier compressed\n";
  const std::string lo = "    lo: 900 9 0 0 0 0 0 0 900 9 0 0 0 0 0 0\n";
  EXPECT_EQ(
      parse_net_dev(heading + lo +
                    "  eth0:     100      1    0    0    0     0          0         0      20 "
                    "      1    0    0    0     0       0          0\n"
                    "eth1:7 1 0 0 0 0 0 0 3 1 0 0 0 0 0 0\n"
                    "a:b: 1000 1 0 0 0 0 0 0 2000 1 0 0 0 0 0 0\n"),
      (byte_counts{1107, 2023}));
  EXPECT_EQ(parse_net_dev(heading + lo), (byte_counts{})); // --network=none
  EXPECT_EQ(parse_net_dev(heading), std::nullopt);
  EXPECT_EQ(parse_net_dev(""), std::nullopt);
  EXPECT_EQ(parse_net_dev("eth0: 1 2 3\neth1: x 0 0 0 0 0 0 0 5\n"), std::nullopt);
}

/// No text whatever makes a parser do more than give a value or none.
TEST(cgroup_files, noise_is_harmless) {
  std::mt19937 random(7);
  constexpr std::string_view alphabet = "0123456789:=/ \t\n\\-axmRWrb.";
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    for (auto left = random() % 120; left > 0; --left)
      text += round % 4 == 0 ? static_cast<char>(random()) : alphabet[random() % alphabet.size()];
    (void)parse_number(text);
    (void)parse_memory_limit(text);
    (void)parse_keyed(text, "a");
    const auto io = parse_io_stat(text), blkio = parse_blkio(text);
    EXPECT_GE(io.in, 0);
    EXPECT_GE(blkio.out, 0);
    if (const auto net = parse_net_dev(text)) {
      EXPECT_GE(net->in, 0);
    }
    const auto mounts = parse_cgroup_mounts(text + " - cgroup2 x rw");
    (void)container_cgroup(parse_cgroup_memberships(text), mounts, "a", "x");
  }
}

} // namespace
} // namespace dockhost::platform
