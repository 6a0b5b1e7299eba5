// SPDX-License-Identifier: MIT
// Numbers that somebody watches, and the text that Prometheus reads (its exposition format 0.0.4).
// A number is changed by one thread and read by another, with no more than a relaxed atomic between
// them.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace dockhost {

/// Only ever grows.
class metric_counter {
public:
  void add(std::uint64_t n = 1) noexcept { value_.fetch_add(n, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t value() const noexcept {
    return value_.load(std::memory_order_relaxed);
  }

private:
  std::atomic<std::uint64_t> value_{0};
};

/// Goes up and down.
class metric_gauge {
public:
  void add(std::int64_t n) noexcept { value_.fetch_add(n, std::memory_order_relaxed); }
  [[nodiscard]] std::int64_t value() const noexcept {
    return value_.load(std::memory_order_relaxed);
  }

private:
  std::atomic<std::int64_t> value_{0};
};

/// How long something took, sorted into fixed classes.
class duration_histogram {
public:
  /// Upper bounds in seconds, inclusive; what is longer is in a last class of its own. From an
  /// engine's quickest answer to the longest deadline of a command.
  static constexpr std::array bounds{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,  0.25,
                                     0.5,   1.0,    2.5,   5.0,  10.0,  30.0, 60.0, 300.0};

  struct snapshot {
    std::array<std::uint64_t, bounds.size() + 1> classes{}; ///< not cumulative
    double sum = 0;                                         ///< seconds
  };

  /// A negative one counts as none at all.
  void observe(std::chrono::nanoseconds took) noexcept;
  [[nodiscard]] snapshot read() const noexcept;

private:
  std::array<std::atomic<std::uint64_t>, bounds.size() + 1> classes_{};
  std::atomic<std::uint64_t> nanoseconds_{0};
};

enum class metric_kind { counter, gauge, histogram };

/// Makes the text: each family once, then its values. Names and labels' names are the caller's to
/// get right; labels' values and help may be any UTF-8.
class metrics_text {
public:
  using labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

  void family(std::string_view name, metric_kind kind, std::string_view help);
  /// Of the family begun last.
  void value(labels of, std::uint64_t value);
  void value(labels of, std::int64_t value);
  void value(labels of, double value);
  void value(labels of, const duration_histogram::snapshot& value);
  /// A family of one value.
  template <class Value>
  void single(std::string_view name, metric_kind kind, std::string_view help, Value v) {
    family(name, kind, help);
    value({}, v);
  }

  [[nodiscard]] std::string take() { return std::move(text_); }

private:
  void line(std::string_view suffix, labels of, std::string_view bound, std::string_view value);

  std::string name_;
  std::string text_;
};

} // namespace dockhost
