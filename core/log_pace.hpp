// SPDX-License-Identifier: MIT
// When log lines are sent and read on: batches, what a watcher misses, and whose pace counts.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

namespace dockhost {

/// Lines wait in a batch for at most 20 ms and 64 KiB. The first line after a silence does not wait
/// at all.
class log_batcher {
public:
  using time_point = std::chrono::steady_clock::time_point;
  static constexpr std::chrono::milliseconds max_age{20};
  static constexpr std::size_t max_bytes = 64 * 1024;

  void add(std::size_t bytes, time_point now) {
    if (bytes_ == 0) due_ = sent_ && *sent_ + max_age > now ? *sent_ + max_age : now;
    bytes_ += bytes;
  }
  void flushed(time_point now) {
    bytes_ = 0;
    sent_ = now;
  }
  [[nodiscard]] bool full() const { return bytes_ >= max_bytes; }
  [[nodiscard]] bool ready(time_point now) const { return bytes_ > 0 && (full() || now >= due_); }
  /// When it is ready at the latest; nothing where it is empty.
  [[nodiscard]] std::optional<time_point> due() const {
    if (bytes_ == 0) return std::nullopt;
    return due_;
  }

private:
  std::size_t bytes_ = 0;
  time_point due_{};
  std::optional<time_point> sent_;
};

struct log_loss {
  std::uint64_t lines = 0;
  std::uint64_t bytes = 0;
  [[nodiscard]] explicit operator bool() const { return lines > 0 || bytes > 0; }
};

/// One watcher's budget of bytes under way to it. Over it, it misses batches until half of it is
/// free again; then it is told what it missed.
class log_allowance {
public:
  static constexpr std::size_t default_budget = 4 * 1024 * 1024;

  explicit log_allowance(std::size_t budget = default_budget) : budget_(budget) {}

  [[nodiscard]] std::size_t budget() const { return budget_; }
  [[nodiscard]] bool behind() const { return static_cast<bool>(missed_); }
  void missed(std::uint64_t lines, std::uint64_t bytes) {
    missed_.lines += lines;
    missed_.bytes += bytes;
  }
  /// Whether one that is behind may be served again.
  [[nodiscard]] bool recovered(std::size_t queued) const { return queued <= budget_ / 2; }
  /// What was missed, told once.
  [[nodiscard]] log_loss take() { return std::exchange(missed_, {}); }
  /// Whether it is worth reading on for this watcher alone: well before its budget is used up, so
  /// that a lone one loses nothing.
  [[nodiscard]] bool wants_more(std::size_t queued) const { return queued < budget_ / 4; }

private:
  std::size_t budget_;
  log_loss missed_;
};

} // namespace dockhost
