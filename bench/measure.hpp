// SPDX-License-Identifier: MIT
// What every benchmark here needs beside Google Benchmark: quantiles, and a proof of the work done.
#pragma once

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

namespace dockhost::bench {

/// Ends the program when a benchmark did not do the work that it claims to have timed.
inline void prove(bool done, std::string_view what) {
  if (done) return;
  std::cerr << "benchmark proved nothing: " << what << "\n";
  std::exit(1);
}

/// The time of each single operation.
class latencies {
public:
  using clock = std::chrono::steady_clock;

  explicit latencies(std::size_t expected) { nanoseconds_.reserve(expected); }

  /// Runs `work` and keeps how long it took; its result comes back.
  template <class Work>
  auto time(Work work) {
    const auto begin = clock::now();
    auto result = work();
    const auto taken = clock::now() - begin;
    nanoseconds_.push_back(std::chrono::duration_cast<std::chrono::nanoseconds>(taken).count());
    return result;
  }

  [[nodiscard]] double last_seconds() const {
    return static_cast<double>(nanoseconds_.back()) * 1e-9;
  }
  [[nodiscard]] std::size_t count() const { return nanoseconds_.size(); }

  /// p50_us, p99_us, p999_us, max_us, as counters of the benchmark.
  void report(benchmark::State& state) {
    std::sort(nanoseconds_.begin(), nanoseconds_.end());
    state.counters["p50_us"] = microseconds(0.5);
    state.counters["p99_us"] = microseconds(0.99);
    state.counters["p999_us"] = microseconds(0.999);
    state.counters["max_us"] = microseconds(1);
  }

private:
  /// Nearest rank.
  [[nodiscard]] double microseconds(double quantile) const {
    const auto rank = std::ceil(quantile * static_cast<double>(nanoseconds_.size()));
    const auto index = static_cast<std::size_t>(std::max(1.0, rank)) - 1;
    return static_cast<double>(nanoseconds_[index]) / 1000;
  }

  std::vector<std::int64_t> nanoseconds_;
};

} // namespace dockhost::bench
