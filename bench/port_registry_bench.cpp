// SPDX-License-Identifier: MIT
// Time of one allocation while 95 % of the blocks are given out. Aim: p99 <= 50 us.
#include "bench/measure.hpp"
#include "core/port_registry.hpp"
#include "platform/bind_probe.hpp"

#include <random>

namespace {

using dockhost::port_block;
using dockhost::port_registry;
using dockhost::bench::prove;

constexpr std::uint16_t first_port = 1024;
constexpr std::uint16_t last_port = 32767; // Linux' ephemeral range begins above
constexpr double fullness = 0.95;
constexpr std::int64_t allocations = 200'000;
constexpr std::int64_t probed_allocations = 20'000; // a bind probe is six system calls and more

enum class hint_kind { none, same, random };

bool bindable(port_block block) {
  using dockhost::platform::can_bind;
  return can_bind(block.ssh()) && can_bind(block.http()) && can_bind(block.https());
}

/// One allocation after the other; after each, a random owner leaves, so that the registry stays as
/// full as it is and its holes get scattered as they do in life.
void allocate(benchmark::State& state, hint_kind kind, const port_registry::probe_fn& probe) {
  const auto now = port_registry::time_point::clock::now();
  port_registry registry(first_port, last_port);
  const auto total = registry.blocks_free();
  const auto held = static_cast<std::size_t>(static_cast<double>(total) * fullness);
  std::mt19937 random(1);
  std::uniform_int_distribution<int> any_port(first_port, last_port);

  std::vector<std::string> owners;
  for (std::size_t i = 0; i < total; ++i) {
    owners.push_back("user" + std::to_string(i));
    const auto block = registry.reserve(
        owners.back(), std::nullopt, [](port_block) { return true; }, now);
    prove(block.ok(), "the registry could not be filled");
  }
  std::shuffle(owners.begin(), owners.end(), random);
  while (owners.size() > held) {
    registry.release(owners.back());
    owners.pop_back();
  }
  const auto not_held = registry.blocks_free();
  prove(owners.size() == held && registry.reservations().size() == held, "95 % full");

  dockhost::bench::latencies times(static_cast<std::size_t>(state.max_iterations));
  std::size_t next_user = total;
  std::size_t refused = 0;
  for (auto _ : state) {
    const auto owner = "user" + std::to_string(next_user++);
    std::optional<std::uint16_t> hint;
    if (kind == hint_kind::same) hint = first_port;
    if (kind == hint_kind::random) hint = static_cast<std::uint16_t>(any_port(random));
    const auto block = times.time([&] {
      return registry.reserve(owner, hint, probe, port_registry::time_point::clock::now());
    });
    state.SetIterationTime(times.last_seconds());
    if (!block.ok()) {
      ++refused;
      continue;
    }
    if (registry.block_of(owner) != block.value()) prove(false, "the block is the new owner's");
    auto& leaver = owners[random() % owners.size()];
    registry.release(leaver);
    leaver = owner;
  }
  prove(refused == 0, "every allocation succeeded");
  prove(times.count() == static_cast<std::size_t>(state.iterations()),
        "every allocation was timed");
  prove(registry.reservations().size() == held, "as many blocks are held as at the start");
  prove(registry.blocks_free() <= not_held, "no block came from nowhere");
  // Blocks neighbour each other in steps of three, so distinct bases mean distinct ports.
  for (const auto& [block, owner] : registry.reservations())
    prove((block.base - first_port) % 3 == 0 && registry.block_of(owner) == block,
          "no block is held twice");
  times.report(state);
  state.counters["blocks"] = static_cast<double>(total);
  state.counters["held"] = static_cast<double>(held);
  state.SetItemsProcessed(state.iterations());
}

bool always(port_block) {
  return true;
}

BENCHMARK_CAPTURE(allocate, registry_no_hint, hint_kind::none, always)
    ->Iterations(allocations)
    ->UseManualTime()
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(allocate, registry_same_hint, hint_kind::same, always)
    ->Iterations(allocations)
    ->UseManualTime()
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(allocate, registry_random_hint, hint_kind::random, always)
    ->Iterations(allocations)
    ->UseManualTime()
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(allocate, with_bind_probes_same_hint, hint_kind::same, bindable)
    ->Iterations(probed_allocations)
    ->UseManualTime()
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(allocate, with_bind_probes_random_hint, hint_kind::random, bindable)
    ->Iterations(probed_allocations)
    ->UseManualTime()
    ->Unit(benchmark::kMicrosecond);

} // namespace
