// SPDX-License-Identifier: MIT
// What the files of cgroup and /proc say of real containers, against what the engine says, and what
// looking at them costs.
#include "core/stats.hpp"
#include "docker/engine_factory.hpp"
#include "net/io_thread.hpp"
#include "platform/container_reader.hpp"
#include "tests/docker/contract.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/test_engine.hpp"

#include <algorithm>
#include <iostream>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace dockhost::test {
namespace {

using platform::container_reader;

struct running_container {
  std::string name;
  std::string id;
  std::int64_t pid = 0;
};

class real_stats : public ::testing::Test {
protected:
  real_stats() {
    docker::engine_options options;
    options.host = test_engine::host();
    auto made = docker::make_engine(options, io);
    if (!made) throw std::runtime_error(made.err());
    engine = std::move(made).value();
  }
  void TearDown() override {
    std::vector<std::string> command{"docker", "rm", "-f"};
    command.insert(command.end(), names.begin(), names.end());
    (void)run_program(command);
  }
  running_container run(const std::string& hint, const std::vector<std::string>& options,
                        const std::string& script) {
    running_container out;
    out.name = "stats-" + hint + "-" + std::to_string(::getpid());
    names.push_back(out.name);
    std::vector<std::string> command{"docker", "run", "-d", "--name", out.name};
    command.insert(command.end(), options.begin(), options.end());
    command.insert(command.end(), {test_engine::image(), "sh", "-c", script});
    const auto ran = run_program(command);
    if (ran.status != 0) throw std::runtime_error("docker run: " + ran.output);
    look(out);
    return out;
  }
  void look(running_container& c) {
    const auto details = await<engine_result<docker::container_details>>(
        [&](auto done) { engine->inspect(c.name, 20s, std::move(done)); });
    if (!details) throw std::runtime_error(details.err().message);
    c.id = details->id;
    c.pid = details->pid;
  }
  engine_result<container_usage> told(const std::string& id) {
    return await<engine_result<container_usage>>(
        [&](auto done) { engine->stats(id, 20s, std::move(done)); });
  }

  net::io_thread io;
  std::unique_ptr<docker::engine> engine;
  std::vector<std::string> names;
};

TEST_F(real_stats, a_container_that_uses_much_shows_what_the_engine_says_too) {
  // Half a core, 64 MiB of memory, and traffic from another container.
  const auto busy = run("busy", {"--cpus=0.5", "--memory=256m"},
                        "dd if=/dev/zero of=/dev/shm/held bs=1M count=48 2>/dev/null; "
                        "dd if=/dev/zero of=/file bs=1M count=16 conv=fsync 2>/dev/null; "
                        "while :; do :; done");
  const auto quiet = run("quiet", {}, "sleep 1000");
  ASSERT_TRUE(eventually([&] {
    const auto used = told(busy.id);
    return used.ok() && used->memory_bytes.value_or(0) > 45 * 1024 * 1024;
  }));
  const auto address =
      run_program({"docker", "inspect", "--format", "{{.NetworkSettings.IPAddress}}", busy.name})
          .output;
  ASSERT_GT(address.size(), 7U);
  (void)run_program({"docker", "exec", quiet.name, "bash", "-c",
                     "for i in $(seq 50); do printf %0500d $i >/dev/udp/" +
                         address.substr(0, address.size() - 1) + "/9; done"});

  container_reader reader;
  cpu_meter ours, theirs;
  const auto first = reader.read(busy.id, busy.pid);
  ASSERT_TRUE(first.has_value());
  (void)ours.update(*first);
  (void)theirs.update(*told(busy.id));
  // A span of time is what is measured here; nothing is waited for.
  ::usleep(2'000'000);
  const auto mine = reader.read(busy.id, busy.pid);
  const auto engines = told(busy.id);
  ASSERT_TRUE(mine.has_value());
  ASSERT_TRUE(engines.ok());
  const auto percent = ours.update(*mine), told_percent = theirs.update(*engines);
  ASSERT_TRUE(percent.has_value());
  ASSERT_TRUE(told_percent.has_value());
  EXPECT_NEAR(*percent, *told_percent, 10);
  EXPECT_GT(*percent, 20);
  EXPECT_LT(*percent, 60); // the quota is half a core
  EXPECT_NEAR(static_cast<double>(*mine->memory_bytes), static_cast<double>(*engines->memory_bytes),
              4.0 * 1024 * 1024);
  EXPECT_EQ(mine->memory_limit_bytes, 256 * 1024 * 1024);
  EXPECT_EQ(mine->pids, engines->pids);
  EXPECT_EQ(mine->net_rx_bytes, engines->net_rx_bytes);
  EXPECT_EQ(mine->net_tx_bytes, engines->net_tx_bytes);
  EXPECT_GT(mine->net_rx_bytes.value_or(0), 0);
  EXPECT_EQ(mine->block_read_bytes, engines->block_read_bytes);
  EXPECT_EQ(mine->block_write_bytes, engines->block_write_bytes);
  // What the docker program prints, for a person to compare.
  const auto printed = run_program({"docker", "stats", "--no-stream", busy.name}).output;
  std::cout << printed << "ours: " << *percent << " %, " << *mine->memory_bytes << " bytes, net "
            << *mine->net_rx_bytes << " / " << *mine->net_tx_bytes << ", block "
            << mine->block_read_bytes.value_or(-1) << " / " << mine->block_write_bytes.value_or(-1)
            << ", pids " << mine->pids.value_or(-1) << "\n";

  const auto idle = reader.read(quiet.id, quiet.pid);
  ASSERT_TRUE(idle.has_value());
  EXPECT_EQ(idle->memory_limit_bytes, 0);
}

TEST_F(real_stats, one_that_is_gone_is_absent_and_one_started_again_begins_anew) {
  auto c = run("gone", {}, "sleep 1000");
  container_reader reader;
  ASSERT_TRUE(reader.read(c.id, c.pid).has_value());
  EXPECT_EQ(reader.kept(), 1U);
  ASSERT_EQ(run_program({"docker", "kill", c.name}).status, 0);
  ASSERT_TRUE(eventually([&] { return !reader.read(c.id, c.pid); }));
  EXPECT_EQ(reader.kept(), 0U);
  ASSERT_EQ(run_program({"docker", "start", c.name}).status, 0);
  look(c);
  EXPECT_TRUE(reader.read(c.id, c.pid).has_value());
}

TEST_F(real_stats, another_processs_number_is_not_taken_for_the_container) {
  const auto c = run("other", {}, "sleep 1000");
  container_reader reader;
  EXPECT_FALSE(reader.read(c.id, ::getpid()).has_value());
  EXPECT_TRUE(reader.read(c.id, c.pid).has_value());
}

TEST_F(real_stats, the_hosts_network_is_not_taken_for_the_containers) {
  const auto c = run("hostnet", {"--network=host"}, "sleep 1000");
  container_reader reader;
  const auto used = reader.read(c.id, c.pid);
  ASSERT_TRUE(used.has_value());
  EXPECT_EQ(used->net_rx_bytes, std::nullopt);
  EXPECT_GE(used->pids.value_or(0), 1);
}

TEST_F(real_stats, without_any_privilege_it_reads_the_same) {
  const auto c = run("unprivileged", {}, "sleep 1000");
  const auto child = ::fork();
  if (child == 0) {
    if (::setgid(65534) != 0 || ::setuid(65534) != 0) ::_exit(3);
    container_reader reader;
    const auto used = reader.read(c.id, c.pid);
    ::_exit(used && used->cpu_ns && used->memory_bytes && used->net_rx_bytes && used->pids ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST_F(real_stats, twenty_containers_cost_next_to_nothing) {
  std::vector<running_container> all;
  for (int i = 0; i < 20; ++i)
    all.push_back(run("many" + std::to_string(i), {}, "sleep 1000"));
  container_reader reader;
  for (const auto& c : all)
    ASSERT_TRUE(reader.read(c.id, c.pid).has_value());
  const auto used_time = [] {
    ::rusage usage{};
    ::getrusage(RUSAGE_THREAD, &usage);
    const auto us = [](const ::timeval& t) { return t.tv_sec * 1'000'000 + t.tv_usec; };
    return us(usage.ru_utime) + us(usage.ru_stime);
  };
  constexpr int rounds = 100;
  const auto begin = used_time();
  for (int round = 0; round < rounds; ++round)
    for (const auto& c : all)
      ASSERT_TRUE(reader.read(c.id, c.pid).has_value());
  const auto each = static_cast<double>(used_time() - begin) / (rounds * 20.0);
  std::cout << "a look at one container: " << each
            << " us of CPU; 200 each second: " << each * 200 / 10'000 << " % of a core\n";
  RecordProperty("look_us", std::to_string(each));
  EXPECT_LT(each, 500); // ten times the aim: other work of this machine may come in between
}

} // namespace
} // namespace dockhost::test
