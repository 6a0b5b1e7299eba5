// SPDX-License-Identifier: MIT
// The reader on folders that look like /proc and /sys/fs/cgroup.
#include "platform/container_reader.hpp"
#include "tests/support/temp_folder.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>

namespace dockhost::platform {
namespace {

using namespace std::chrono_literals;

constexpr const char* net_dev = "Inter-|\n face |\n    lo: 5 0 0 0 0 0 0 0 5 0 0 0 0 0 0 0\n"
                                "  eth0: 111 0 0 0 0 0 0 0 222 0 0 0 0 0 0 0\n";

/// A machine's files. Ids are as long as real ones.
class machine {
public:
  explicit machine(bool unified) : unified_(unified) {
    folder.write("proc/self/net/dev", net_dev);
    folder.write("proc/self/mountinfo",
                 unified ? "31 23 0:28 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"
                         : "31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n"
                           "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup "
                           "rw,cpu,cpuacct\n"
                           "33 31 0:30 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
                           "34 31 0:31 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n"
                           "35 31 0:32 / /sys/fs/cgroup/blkio rw - cgroup cgroup rw,blkio\n"
                           "36 31 0:33 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n");
  }

  void start(const std::string& id, int pid) const {
    const auto process = "proc/" + std::to_string(pid);
    folder.write(process + "/net/dev", net_dev);
    folder.write(process + "/stat", "1 (x) S");
    if (unified_) {
      folder.write(process + "/cgroup", "0::/system.slice/docker-" + id + ".scope\n");
      use(id, "cpu.stat", "usage_usec 5000\nuser_usec 1\n");
      use(id, "memory.current", "1000\n");
      use(id, "memory.stat", "anon 1\ninactive_file 300\n");
      use(id, "memory.max", "max\n");
      use(id, "pids.current", "4\n");
      use(id, "io.stat", "8:0 rbytes=10 wbytes=20 rios=1\n");
    } else {
      folder.write(process + "/cgroup", "9:blkio:/docker/" + id + "\n8:pids:/docker/" + id +
                                            "\n4:memory:/docker/" + id +
                                            "\n1:cpu,cpuacct:/docker/" + id + "\n0::/\n");
      use(id, "cpuacct.usage", "5000000\n", "cpu,cpuacct");
      use(id, "memory.usage_in_bytes", "1000\n", "memory");
      use(id, "memory.stat", "inactive_file 1\ntotal_inactive_file 300\n", "memory");
      use(id, "memory.limit_in_bytes", "9223372036854771712\n", "memory");
      use(id, "pids.current", "4\n", "pids");
      use(id, "blkio.throttle.io_service_bytes_recursive",
          "8:0 Read 10\n8:0 Write 20\n8:0 Total 30\nTotal 30\n", "blkio");
    }
  }
  /// Changes one file in place, as the kernel does.
  void use(const std::string& id, const std::string& file, const std::string& text,
           const std::string& controller = {}) const {
    folder.write(group(id, controller) + "/" + file, text);
  }
  void works(const std::string& id, std::int64_t cpu_ns) const {
    if (unified_) {
      use(id, "cpu.stat", "usage_usec " + std::to_string(cpu_ns / 1'000) + "\nuser_usec 1\n");
    } else {
      use(id, "cpuacct.usage", std::to_string(cpu_ns) + "\n", "cpu,cpuacct");
    }
  }
  void charges(const std::string& id, const std::string& text) const {
    use(id, unified_ ? "memory.current" : "memory.usage_in_bytes", text, "memory");
  }
  /// So much of its page cache has not been touched for long.
  void ages(const std::string& id, int bytes) const {
    use(id, "memory.stat",
        (unified_ ? "inactive_file " : "total_inactive_file ") + std::to_string(bytes) + "\n",
        "memory");
  }
  void limit_memory(const std::string& id, const std::string& text) const {
    use(id, unified_ ? "memory.max" : "memory.limit_in_bytes", text, "memory");
  }
  void writes(const std::string& id, int bytes) const {
    if (unified_) {
      use(id, "io.stat", "8:0 rbytes=10 wbytes=" + std::to_string(bytes) + "\n");
    } else {
      use(id, "blkio.throttle.io_service_bytes_recursive",
          "8:0 Read 10\n8:0 Write " + std::to_string(bytes) + "\n", "blkio");
    }
  }
  [[nodiscard]] std::string group(const std::string& id, const std::string& controller) const {
    return unified_ ? "sys/fs/cgroup/system.slice/docker-" + id + ".scope"
                    : "sys/fs/cgroup/" + controller + "/docker/" + id;
  }
  void end_process(int pid) const {
    std::filesystem::remove_all(folder.file("proc/" + std::to_string(pid)));
  }

  test::temp_folder folder;

private:
  bool unified_;
};

const std::string one(64, '1'), two(64, '2');

class container_reader_on : public ::testing::TestWithParam<bool> {
protected:
  machine files{GetParam()};
};

TEST_P(container_reader_on, all_figures) {
  files.start(one, 100);
  container_reader reader(files.folder.path());
  const auto used = reader.read(one, 100);
  ASSERT_TRUE(used.has_value());
  EXPECT_EQ(used->cpu_ns, 5'000'000);
  EXPECT_GT(used->clock_ns, 0);
  EXPECT_EQ(used->memory_bytes, 700);
  EXPECT_EQ(used->memory_limit_bytes, 0);
  EXPECT_EQ(used->net_rx_bytes, 111);
  EXPECT_EQ(used->net_tx_bytes, 222);
  EXPECT_EQ(used->block_read_bytes, 10);
  EXPECT_EQ(used->block_write_bytes, 20);
  EXPECT_EQ(used->pids, 4);
}

TEST_P(container_reader_on, files_that_stay_open_show_what_is_in_them_now) {
  files.start(one, 100);
  container_reader reader(files.folder.path());
  ASSERT_TRUE(reader.read(one, 100).has_value());
  files.works(one, 6'000'000);
  files.use(one, "pids.current", "12345\n", "pids");
  const auto used = reader.read(one, 100);
  ASSERT_TRUE(used.has_value());
  EXPECT_EQ(used->cpu_ns, 6'000'000);
  EXPECT_EQ(used->pids, 12345);
  EXPECT_GT(used->clock_ns, 0);
}

/// What it may still show of an earlier look is what changes without the container doing anything.
TEST_P(container_reader_on, an_idle_container_is_read_whole_now_and_then) {
  files.start(one, 100);
  container_reader reader(files.folder.path());
  const container_reader::time_point begin{1h};
  const auto read = [&](std::chrono::milliseconds after) {
    const auto used = reader.read(one, 100, begin + after);
    EXPECT_TRUE(used.has_value());
    return used.value_or(container_usage{});
  };
  EXPECT_EQ(read(0s).memory_bytes, 700);
  files.limit_memory(one, "5000\n");
  files.ages(one, 100);
  files.writes(one, 77);
  auto used = read(4'999ms);
  EXPECT_EQ(used.memory_bytes, 700);
  EXPECT_EQ(used.memory_limit_bytes, 0);
  EXPECT_EQ(used.block_write_bytes, 20);
  EXPECT_EQ(used.net_rx_bytes, 111); // not of an earlier look
  used = read(5s);
  EXPECT_EQ(used.memory_bytes, 900);
  EXPECT_EQ(used.memory_limit_bytes, 5'000);
  EXPECT_EQ(used.block_write_bytes, 77);

  // Memory that is taken or given back shows at once.
  files.ages(one, 200);
  files.charges(one, "2000\n");
  EXPECT_EQ(read(5'001ms).memory_bytes, 1'800);
  // So does all but the limit where it has worked.
  files.limit_memory(one, "6000\n");
  files.ages(one, 300);
  files.writes(one, 78);
  files.works(one, 6'000'000);
  used = read(5'002ms);
  EXPECT_EQ(used.memory_bytes, 1'700);
  EXPECT_EQ(used.memory_limit_bytes, 5'000);
  EXPECT_EQ(used.block_write_bytes, 78);
  files.folder.write("proc/100/net/dev", "eth0: 112 0 0 0 0 0 0 0 223 0 0 0 0 0 0 0\n");
  EXPECT_EQ(read(5'003ms).net_rx_bytes, 112);
}

TEST_P(container_reader_on, neither_cpu_time_nor_memory_is_an_absence) {
  files.start(one, 100);
  files.start(two, 200);
  for (const auto& file : {"cpu.stat", "cpuacct.usage"})
    std::filesystem::remove(files.folder.file(files.group(one, "cpu,cpuacct") + "/" + file));
  {
    container_reader reader(files.folder.path());
    const auto used = reader.read(one, 100);
    ASSERT_TRUE(used.has_value());
    EXPECT_EQ(used->memory_bytes, 700);
  }
  for (const auto& file : {"memory.current", "memory.usage_in_bytes"})
    std::filesystem::remove(files.folder.file(files.group(one, "memory") + "/" + file));
  container_reader reader(files.folder.path());
  EXPECT_FALSE(reader.read(one, 100).has_value());
  EXPECT_TRUE(reader.read(two, 200).has_value());
}

/// As in a container that shares the machine's processes and has no /sys/fs/cgroup.
TEST_P(container_reader_on, a_process_without_a_mount_of_its_groups_is_an_absence) {
  files.start(one, 100);
  files.folder.write("proc/self/mountinfo", "31 23 0:28 / / rw - ext4 /dev/vda rw\n");
  container_reader reader(files.folder.path());
  EXPECT_FALSE(reader.read(one, 100).has_value());
}

TEST_P(container_reader_on, a_process_that_has_ended_is_an_absence) {
  files.start(one, 100);
  container_reader reader(files.folder.path());
  ASSERT_TRUE(reader.read(one, 100).has_value());
  EXPECT_EQ(reader.kept(), 1U);
  files.end_process(100);
  EXPECT_FALSE(reader.read(one, 100).has_value());
  EXPECT_EQ(reader.kept(), 0U);
  EXPECT_FALSE(reader.read(two, 200).has_value());
  EXPECT_FALSE(reader.read(one, 0).has_value());
  EXPECT_FALSE(reader.read(one, -1).has_value());
}

TEST_P(container_reader_on, the_number_of_an_ended_process_in_use_again_is_not_the_container) {
  files.start(one, 100);
  container_reader reader(files.folder.path());
  ASSERT_TRUE(reader.read(one, 100).has_value());
  files.end_process(100);
  files.start(two, 100);
  EXPECT_FALSE(reader.read(one, 100).has_value()); // the process it had opened is gone
  EXPECT_FALSE(reader.read(one, 100).has_value()); // and this one is another's
  EXPECT_TRUE(reader.read(two, 100).has_value());
}

TEST_P(container_reader_on, another_process_after_a_restart_is_looked_up_anew) {
  files.start(one, 100);
  container_reader reader(files.folder.path());
  ASSERT_TRUE(reader.read(one, 100).has_value());
  files.start(one, 101);
  files.folder.write("proc/101/net/dev", "eth0: 7 0 0 0 0 0 0 0 8 0 0 0 0 0 0 0\n");
  const auto used = reader.read(one, 101);
  ASSERT_TRUE(used.has_value());
  EXPECT_EQ(used->net_rx_bytes, 7);
  EXPECT_EQ(reader.kept(), 1U);
}

TEST_P(container_reader_on, a_file_that_is_missing_or_odd_leaves_its_figure_out) {
  files.start(one, 100);
  for (const char* controller : {"memory", "pids", "blkio"})
    for (const auto& file : {"memory.current", "memory.usage_in_bytes", "pids.current", "io.stat",
                             "blkio.throttle.io_service_bytes_recursive"})
      std::filesystem::remove(files.folder.file(files.group(one, controller) + "/" + file));
  container_reader reader(files.folder.path());
  const auto used = reader.read(one, 100);
  ASSERT_TRUE(used.has_value());
  EXPECT_EQ(used->cpu_ns, 5'000'000);
  EXPECT_EQ(used->memory_bytes, std::nullopt);
  EXPECT_EQ(used->pids, std::nullopt);
  EXPECT_EQ(used->block_read_bytes, std::nullopt);
}

TEST_P(container_reader_on, the_network_of_the_host_is_not_the_containers) {
  files.start(one, 100);
  std::filesystem::remove(files.folder.file("proc/100/net/dev"));
  std::filesystem::create_hard_link(files.folder.file("proc/self/net/dev"),
                                    files.folder.file("proc/100/net/dev"));
  container_reader reader(files.folder.path());
  const auto used = reader.read(one, 100);
  ASSERT_TRUE(used.has_value());
  EXPECT_EQ(used->net_rx_bytes, std::nullopt);
  EXPECT_EQ(used->pids, 4);
  files.end_process(100);
  EXPECT_FALSE(reader.read(one, 100).has_value());
}

TEST_P(container_reader_on, only_what_is_asked_for_is_kept) {
  files.start(one, 100);
  files.start(two, 200);
  container_reader reader(files.folder.path());
  (void)reader.read(one, 100);
  (void)reader.read(two, 200);
  EXPECT_EQ(reader.kept(), 2U);
  reader.keep_only({two});
  EXPECT_EQ(reader.kept(), 1U);
  EXPECT_TRUE(reader.read(one, 100).has_value());
  reader.keep_only({});
  EXPECT_EQ(reader.kept(), 0U);
}

TEST_P(container_reader_on, long_files_are_read_whole) {
  files.start(one, 100);
  std::string text = "head 1\n";
  for (int i = 0; i < 3'000; ++i)
    text += "some_long_name_of_a_counter_" + std::to_string(i) + " 1\n";
  text += GetParam() ? "inactive_file 999\n" : "total_inactive_file 999\n";
  files.use(one, "memory.stat", text, "memory");
  container_reader reader(files.folder.path());
  EXPECT_EQ(reader.read(one, 100)->memory_bytes, 1);
}

INSTANTIATE_TEST_SUITE_P(cgroups, container_reader_on, ::testing::Values(false, true),
                         [](const auto& version) { return version.param ? "v2" : "v1"; });

TEST(container_reader, a_machine_without_such_files_shows_nothing) {
  const test::temp_folder empty;
  container_reader reader(empty.path());
  EXPECT_FALSE(reader.read(one, 1).has_value());
}

} // namespace
} // namespace dockhost::platform
