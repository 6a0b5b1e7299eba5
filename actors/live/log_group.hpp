// SPDX-License-Identifier: MIT
// Watchers of one container that get the very same packets.
#pragma once

#include "actors/live/log_packets.hpp"
#include "actors/live/log_tally.hpp"
#include "actors/live/outlet.hpp"
#include "core/log_lines.hpp"
#include "core/log_pace.hpp"
#include "platform/pattern.hpp"

#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace dockhost::actors {

struct log_watcher {
  std::string client;
  std::uint64_t watch = 0;
  live_outlet_ptr to;
  log_allowance allowance;
};

/// What makes two watchers' packets the same.
struct log_group_key {
  std::string spelling;
  log_filter filter;
  log_encoding encoding = log_encoding::text;
  bool timestamps = true;

  friend bool operator==(const log_group_key&, const log_group_key&) = default;
};

class log_group {
public:
  using time_point = std::chrono::steady_clock::time_point;

  /// `pattern` is key.filter.pattern, compiled; empty where that is.
  log_group(log_group_key key, std::optional<platform::pattern> pattern,
            std::shared_ptr<log_tally> tally);

  [[nodiscard]] const log_group_key& key() const { return key_; }
  [[nodiscard]] const std::optional<platform::pattern>& pattern() const { return pattern_; }
  std::vector<log_watcher> watchers;

  void add(const log_line& line, time_point now);
  void send_if_ready(time_point now);
  void flush(time_point now);
  /// Tells everyone of a gap that is not their own doing, in its place among the lines.
  void gap(const std::optional<log_loss>& loss, log_gap_reason reason, time_point now);
  /// Tells those who missed lines and have room again.
  void catch_up();
  /// What this one missed is told at the latest now.
  void leave(const log_watcher& watcher);
  /// The same, and that this is the end.
  void stop(const log_watcher& watcher, std::string_view message, std::string_view reason);

  /// When send_if_ready() or catch_up() is due, if ever.
  [[nodiscard]] std::optional<time_point> due(time_point now) const;
  /// Whether there is a watcher for whom it is worth reading on.
  [[nodiscard]] bool wants_more() const;

private:
  [[nodiscard]] bool passes(const log_line& line);
  void send(const log_packet& packet, std::size_t lines, std::size_t bytes);
  bool tell_loss(log_watcher& watcher);

  const log_group_key key_;
  const std::optional<platform::pattern> pattern_;
  std::shared_ptr<log_tally> tally_;
  std::array<log_severity, 2> last_{log_severity::info, log_severity::info};
  log_update_builder update_;
  log_batcher batch_;
};

} // namespace dockhost::actors
