// SPDX-License-Identifier: MIT
// One tick of the stats sampler: 200 containers' files read, parsed, and told to a client. The
// files are copies in a folder, so what the kernel does to make them up is not in it; that is
// measured with real containers (tests/docker/real_stats_test.cpp).
#include "actors/live/stats_update.hpp"
#include "bench/measure.hpp"
#include "core/stats.hpp"
#include "platform/container_reader.hpp"

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace dockhost::bench {
namespace {

class machine {
public:
  explicit machine(int count) {
    auto pattern = (std::filesystem::temp_directory_path() / "dockhost-stats-XXXXXX").string();
    root = ::mkdtemp(pattern.data());
    write("/proc/self/net/dev", net(0));
    write("/proc/self/mountinfo", "31 23 0:28 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
    for (int i = 0; i < count; ++i)
      add(i);
  }
  machine(const machine&) = delete;
  machine& operator=(const machine&) = delete;
  ~machine() {
    std::error_code ignored;
    std::filesystem::remove_all(root, ignored);
  }

  std::string root;
  std::vector<std::pair<std::string, std::int64_t>> containers; ///< id, pid

private:
  static std::string net(int n) {
    const auto line = [](const std::string& name, int bytes) {
      return name + ": " + std::to_string(bytes) + " 10 0 0 0 0 0 0 " + std::to_string(bytes) +
             " 10 0 0 0 0 0 0\n";
    };
    return "Inter-|   Receive\n face |bytes\n" + line("    lo", n) + line("  eth0", n);
  }
  void write(const std::string& path, const std::string& text) const {
    std::filesystem::create_directories(std::filesystem::path(root + path).parent_path());
    std::ofstream(root + path) << text;
  }
  void add(int i) {
    const auto pid = 1'000 + i;
    auto id = std::to_string(i);
    id.insert(0, 64 - id.size(), 'a');
    const auto process = "/proc/" + std::to_string(pid);
    const auto group = "/sys/fs/cgroup/system.slice/docker-" + id + ".scope";
    write(process + "/net/dev", net(pid));
    write(process + "/cgroup", "0::/system.slice/docker-" + id + ".scope\n");
    write(group + "/cpu.stat", "usage_usec 123456\nuser_usec 100000\nsystem_usec 23456\n");
    write(group + "/memory.current", "12345678\n");
    write(group + "/memory.max", "536870912\n");
    std::string stat;
    for (int line = 0; line < 24; ++line)
      stat += "counter_" + std::to_string(line) + " 123456\n";
    stat += "inactive_file 4096\n";
    for (int line = 0; line < 25; ++line)
      stat += "counter_of_more_" + std::to_string(line) + " 123456\n";
    write(group + "/memory.stat", stat);
    write(group + "/pids.current", "7\n");
    write(group + "/io.stat", "8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=0 dios=0\n");
    containers.emplace_back(std::move(id), pid);
  }
};

/// CPU percentage of a core is `cpu_time of one iteration in ms / 10` at one tick a second.
void one_tick(benchmark::State& state) {
  const machine files(static_cast<int>(state.range(0)));
  platform::container_reader reader(files.root);
  std::vector<cpu_meter> meters(files.containers.size());
  std::size_t bytes = 0;
  // As if each container had worked: of one that has not, some files are read every few seconds.
  auto now = std::chrono::steady_clock::now();
  for (auto _ : state) {
    now += platform::container_reader::whole_every;
    actors::stats_payload payload(1'700'000'000'000);
    for (std::size_t i = 0; i < files.containers.size(); ++i) {
      const auto& [id, pid] = files.containers[i];
      const auto used = reader.read(id, pid, now);
      prove(used && used->cpu_ns == 123'456'000 && used->memory_bytes == 12'341'582 &&
                used->net_rx_bytes == pid && used->block_write_bytes == 2 && used->pids == 7,
            "every figure of every container is read");
      payload.add(id, actors::stats_members(meters[i].update(*used), *used));
    }
    bytes = std::move(payload).finish().size();
  }
  prove(bytes > files.containers.size() * 150, "the update tells of every container");
  state.counters["us_per_container"] = benchmark::Counter(
      static_cast<double>(state.iterations()) * static_cast<double>(files.containers.size()) / 1e6,
      benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
  state.counters["bytes"] = static_cast<double>(bytes);
}
BENCHMARK(one_tick)->Arg(20)->Arg(200)->Unit(benchmark::kMillisecond);

} // namespace
} // namespace dockhost::bench
