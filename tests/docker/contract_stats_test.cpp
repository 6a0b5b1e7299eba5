// SPDX-License-Identifier: MIT
// The seam's promises about what a container uses.
#include "tests/docker/contract.hpp"

namespace dockhost::test {
namespace {

engine_result<container_usage> stats_of(docker::engine& engine, const std::string& id,
                                        std::chrono::milliseconds timeout = 25s) {
  return await<engine_result<container_usage>>(
      [&](auto done) { engine.stats(id, timeout, std::move(done)); });
}

TEST_P(engine_contract, a_running_container_uses_something) {
  auto s = spec("stats");
  s.memory_bytes = 256 * 1024 * 1024;
  const auto id = created(s);
  ASSERT_EQ(effect_of(start(id)), "changed");
  const auto used = stats_of(engine(), s.name);
  ASSERT_TRUE(used.ok()) << used.err().message;
  EXPECT_TRUE(used->cpu_ns.has_value() != used->cpu_percent.has_value());
  if (used->cpu_ns) {
    EXPECT_GT(used->clock_ns, 0);
    EXPECT_GE(*used->cpu_ns, 0);
  }
  EXPECT_GT(used->memory_bytes.value_or(0), 0);
  EXPECT_LT(used->memory_bytes.value_or(0), s.memory_bytes);
  EXPECT_EQ(used->memory_limit_bytes, s.memory_bytes);
  EXPECT_GE(used->pids.value_or(0), 1);
  EXPECT_GE(used->net_rx_bytes.value_or(-1), 0);
  EXPECT_GE(used->net_tx_bytes.value_or(-1), 0);
  EXPECT_GE(used->block_read_bytes.value_or(-1), 0);
  EXPECT_GE(used->block_write_bytes.value_or(-1), 0);
}

TEST_P(engine_contract, one_that_does_not_run_is_a_conflict_and_none_is_not_found) {
  const auto id = created(spec("idle"));
  EXPECT_EQ(code_of(stats_of(engine(), id)), "conflict");
  EXPECT_EQ(code_of(stats_of(engine(), "contract-no-such-container")), "not_found");
  EXPECT_EQ(code_of(stats_of(engine(), "../odd")), "not_found");
}

TEST_P(engine_contract, the_deadline_and_a_lost_engine) {
  const auto id = created(spec("stats-trouble"));
  world->hang();
  EXPECT_EQ(code_of(stats_of(engine(), id, 300ms)), "timeout");
  world->restore();
  world->lose();
  EXPECT_EQ(code_of(stats_of(engine(), id)), "unreachable");
}

} // namespace
} // namespace dockhost::test
