// SPDX-License-Identifier: MIT
// Parsing and writing JSON, in documents per second and bytes per second.
#include "bench/measure.hpp"
#include "json/json.hpp"

namespace {

namespace json = dockhost::json;
using dockhost::bench::prove;

/// Of the engine's list: what the node parses most of.
std::string listing(std::int64_t containers) {
  json::array list;
  for (std::int64_t i = 0; i < containers; ++i) {
    const auto number = std::to_string(i);
    json::array ports;
    for (const int inside : {22, 80, 443})
      ports.push_back(json::object{
          {"IP", "0.0.0.0"}, {"PrivatePort", inside}, {"PublicPort", i + inside}, {"Type", "tcp"}});
    list.push_back(json::object{
        {"Id", std::string(64, 'c')},
        {"Names", json::array{"/dockhost-user" + number}},
        {"Image", "sohampirale/instance:latest"},
        {"Created", std::int64_t{1'700'000'000} + i},
        {"Ports", std::move(ports)},
        {"Labels", json::object{{"dockhost.managed", "true"}, {"dockhost.user", "user" + number}}},
        {"State", "running"},
        {"Status", "Up 3 hours \xc2\xb7 \"healthy\""}});
  }
  return json::dump(list);
}

void parse(benchmark::State& state) {
  const auto text = listing(state.range(0));
  const auto once = json::parse(text);
  prove(once.ok() && json::dump(*once) == text, "the text survives parsing and writing");
  std::int64_t elements = 0;
  for (auto _ : state) {
    auto tree = json::parse(text);
    benchmark::DoNotOptimize(tree);
    elements += static_cast<std::int64_t>(tree->as_array()->size());
  }
  prove(elements == state.iterations() * state.range(0), "every element was parsed");
  state.SetItemsProcessed(state.iterations());
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}

void dump(benchmark::State& state) {
  const auto text = listing(state.range(0));
  const auto tree = json::parse(text);
  prove(tree.ok(), "the text can be parsed");
  std::size_t written = 0;
  for (auto _ : state) {
    auto out = json::dump(*tree);
    benchmark::DoNotOptimize(out);
    written += out.size();
  }
  prove(written == text.size() * static_cast<std::size_t>(state.iterations()),
        "every byte was written");
  state.SetItemsProcessed(state.iterations());
  state.SetBytesProcessed(static_cast<std::int64_t>(written));
}

/// The guard against nesting must cost no more than what it reads.
void refuse_deep(benchmark::State& state) {
  const std::string text(1'000'000, '[');
  std::int64_t refused = 0;
  for (auto _ : state) {
    auto tree = json::parse(text);
    benchmark::DoNotOptimize(tree);
    if (!tree.ok()) ++refused;
  }
  prove(refused == state.iterations(), "every document was refused");
  state.SetItemsProcessed(refused);
}

BENCHMARK(parse)->Arg(1)->Arg(200);
BENCHMARK(dump)->Arg(1)->Arg(200);
BENCHMARK(refuse_deep);

} // namespace
