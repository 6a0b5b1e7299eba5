// SPDX-License-Identifier: MIT
// One container's life through the decision function: create, stop, start, delete.
#include "bench/measure.hpp"
#include "core/lifecycle.hpp"

namespace {

namespace life = dockhost::lifecycle;
using dockhost::bench::prove;

struct counted {
  std::int64_t steps = 0;
  std::int64_t answers = 0;
  std::int64_t failures = 0;
};

void feed(life::model& now, const life::event& what, const life::policy& rules, counted& count) {
  auto step = life::advance(std::move(now), what, rules);
  now = std::move(step.next);
  ++count.steps;
  for (const auto& each : step.actions) {
    if (const auto* answer = std::get_if<life::answer>(&each)) {
      ++count.answers;
      if (answer->failure) ++count.failures;
    }
  }
}

void whole_life(benchmark::State& state) {
  life::policy rules;
  rules.wait_for_ssh = false;
  const std::vector<life::event> events{
      life::create_wanted{"op-1", "sohampirale/instance:latest", 1024},
      life::ports_reserved{dockhost::port_block{1024}},
      life::container_created{std::string(64, 'c'), "2024-01-02T03:04:05.000000+00:00",
                              "SHA256:abcdefghijklmnopqrstuvwxyz"},
      life::files_installed{},
      life::container_started{},
      life::stop_wanted{},
      life::container_stopped{},
      life::start_wanted{},
      life::container_started{},
      life::delete_wanted{},
      life::container_removed{}};
  counted count;
  for (auto _ : state) {
    life::model now;
    for (const auto& each : events)
      feed(now, each, rules, count);
    if (now.busy() || now.state != dockhost::container_state::absent)
      prove(false, "the life ended where it began");
  }
  prove(count.answers == state.iterations() * 4 && count.failures == 0,
        "each of the four commands was answered, with success");
  prove(count.steps == state.iterations() * static_cast<std::int64_t>(events.size()),
        "every step was taken");
  state.SetItemsProcessed(count.steps);
}

BENCHMARK(whole_life)->Unit(benchmark::kMicrosecond);

} // namespace
