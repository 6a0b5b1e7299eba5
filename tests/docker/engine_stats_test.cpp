// SPDX-License-Identifier: MIT
#include "docker/engine_stats.hpp"

#include <gtest/gtest.h>

namespace dockhost::docker {
namespace {

TEST(engine_stats, a_look_by_an_engine_with_cgroup_v1) {
  const auto used = decode_stats(R"({
    "read":"2026-01-02T03:04:05.6Z","preread":"0001-01-01T00:00:00Z","num_procs":0,
    "pids_stats":{"current":7,"limit":512},
    "blkio_stats":{"io_service_bytes_recursive":[
      {"major":8,"minor":0,"op":"Read","value":4096},{"major":8,"minor":0,"op":"Write","value":100},
      {"major":8,"minor":16,"op":"Read","value":1},{"major":8,"minor":0,"op":"Total","value":9}]},
    "cpu_stats":{"cpu_usage":{"total_usage":5000,"percpu_usage":[2000,3000]},
      "system_cpu_usage":8000,"online_cpus":4},
    "memory_stats":{"usage":1000,"limit":9223372036854771712,
      "stats":{"inactive_file":1,"total_inactive_file":300}},
    "networks":{"eth0":{"rx_bytes":10,"tx_bytes":20},"eth1":{"rx_bytes":1,"tx_bytes":2}}})");
  ASSERT_TRUE(used.ok()) << used.err().message;
  EXPECT_EQ(used->cpu_ns, 5000);
  EXPECT_EQ(used->clock_ns, 2000);
  EXPECT_EQ(used->memory_bytes, 700);
  EXPECT_EQ(used->memory_limit_bytes, 9223372036854771712);
  EXPECT_EQ(used->net_rx_bytes, 11);
  EXPECT_EQ(used->net_tx_bytes, 22);
  EXPECT_EQ(used->block_read_bytes, 4097);
  EXPECT_EQ(used->block_write_bytes, 100);
  EXPECT_EQ(used->pids, 7);
}

TEST(engine_stats, a_look_by_an_engine_with_cgroup_v2) {
  const auto used = decode_stats(R"({"read":"2026-01-02T03:04:05Z",
    "pids_stats":{"current":1},
    "blkio_stats":{"io_service_bytes_recursive":null},
    "cpu_stats":{"cpu_usage":{"total_usage":5000,"percpu_usage":[1,2]},"system_cpu_usage":8000},
    "memory_stats":{"usage":1000,"limit":2000,"stats":{"inactive_file":200}}})");
  ASSERT_TRUE(used.ok());
  EXPECT_EQ(used->clock_ns, 4000); // the cores counted
  EXPECT_EQ(used->memory_bytes, 800);
  EXPECT_EQ(used->block_read_bytes, 0);
  EXPECT_EQ(used->net_rx_bytes, std::nullopt); // the host's network
}

TEST(engine_stats, what_is_missing_is_absent) {
  const auto used = decode_stats(R"({"read":"2026-01-02T03:04:05Z",
    "cpu_stats":{"cpu_usage":{"total_usage":1}},"memory_stats":{},"networks":[],"pids_stats":null,
    "blkio_stats":{"io_service_bytes_recursive":[1,{"op":"Read"},{"op":"write","value":-4}]}})");
  ASSERT_TRUE(used.ok());
  EXPECT_EQ(used->cpu_ns, std::nullopt); // without a clock it says nothing
  EXPECT_EQ(used->memory_bytes, std::nullopt);
  EXPECT_EQ(used->pids, std::nullopt);
  EXPECT_EQ(used->block_write_bytes, 0);
}

TEST(engine_stats, a_container_that_does_not_run) {
  EXPECT_EQ(
      decode_stats(R"({"read":"0001-01-01T00:00:00Z","name":"/n","pids_stats":{}})").err().code,
      engine_errc::conflict);
  EXPECT_EQ(decode_printed_stats(R"({"BlockIO":"0B / 0B","CPUPerc":"0.00%","MemPerc":"0.00%",
    "MemUsage":"0B / 0B","NetIO":"0B / 0B","PIDs":"0"})")
                .err()
                .code,
            engine_errc::conflict);
  EXPECT_EQ(decode_printed_stats(R"({"BlockIO":"--","CPUPerc":"--","MemUsage":"-- / --",
    "NetIO":"--","PIDs":"--"})")
                .err()
                .code,
            engine_errc::conflict);
}

TEST(engine_stats, what_is_no_answer_is_failed) {
  for (const char* text : {"", "[", "{}", "null", "[]", "{\"read\":1}", "no such thing", "}{"}) {
    EXPECT_EQ(decode_stats(text).err().code, engine_errc::failed) << text;
    EXPECT_EQ(decode_printed_stats(text).err().code, engine_errc::failed) << text;
  }
  EXPECT_EQ(decode_stats(std::string(1'000'000, '[')).err().code, engine_errc::failed);
}

TEST(engine_stats, as_the_docker_program_prints_it) {
  // Some versions clear the screen first.
  const auto used =
      decode_printed_stats("\x1b[H\x1b[2J"
                           R"({"BlockIO":"1.5kB / 2MB","CPUPerc":"123.45%","Container":"c","ID":"i",
      "MemPerc":"1.2%","MemUsage":"3.25MiB / 1GiB","Name":"n","NetIO":"876B / 0B","PIDs":"12"})"
                           "\n");
  ASSERT_TRUE(used.ok()) << used.err().message;
  EXPECT_EQ(used->cpu_percent, 123.45);
  EXPECT_EQ(used->cpu_ns, std::nullopt);
  EXPECT_EQ(used->memory_bytes, 3'407'872);
  EXPECT_EQ(used->memory_limit_bytes, 1'073'741'824);
  EXPECT_EQ(used->net_rx_bytes, 876);
  EXPECT_EQ(used->net_tx_bytes, 0);
  EXPECT_EQ(used->block_read_bytes, 1'500);
  EXPECT_EQ(used->block_write_bytes, 2'000'000);
  EXPECT_EQ(used->pids, 12);
}

TEST(engine_stats, odd_figures_of_the_docker_program_are_absent) {
  for (const char* size : {"", "B", "1", "1XB", "-1B", "nanB", "1e30TB", "1kkB", "1 iB"}) {
    const auto used = decode_printed_stats(std::string(R"({"CPUPerc":"x","PIDs":"1","NetIO":")") +
                                           size + R"( / 1B","MemUsage":"1B"})");
    ASSERT_TRUE(used.ok()) << size;
    EXPECT_EQ(used->net_rx_bytes, std::nullopt) << size;
    EXPECT_EQ(used->net_tx_bytes, 1) << size;
    EXPECT_EQ(used->cpu_percent, std::nullopt);
    EXPECT_EQ(used->memory_bytes, std::nullopt);
  }
}

} // namespace
} // namespace dockhost::docker
