// SPDX-License-Identifier: MIT
// A browser of the live view that only counts: one WebSocket with Socket.IO on it.
#pragma once

#include "bench/peers/websocket.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace dockhost::bench {

/// The lines of a flood say "line 1 ...", "line 2 ..." and so on; others are not counted.
struct flood_count {
  std::uint64_t lines = 0;    ///< received
  std::uint64_t marked = 0;   ///< told to be missing, by log_gap
  std::uint64_t unknown = 0;  ///< log_gap events that don't say how many
  std::uint64_t gaps = 0;     ///< log_gap events
  std::uint64_t disorder = 0; ///< packets that do not go on where the last one, or a gap, ended
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;       ///< of packets
  std::uint64_t after_stop = 0;  ///< packets with lines after log_stream_stopped
  std::uint64_t next_number = 1; ///< of the line that should come
  std::int64_t first_at = 0;     ///< ns
  std::int64_t last_at = 0;      ///< ns
  std::int64_t stopped_at = 0;   ///< ns; 0: not yet
};

class log_client {
public:
  using clock_ns = std::int64_t;

  /// Connects to 127.0.0.1 and joins "/"; throws std::runtime_error where that fails.
  explicit log_client(std::uint16_t port);
  ~log_client();
  log_client(const log_client&) = delete;
  log_client& operator=(const log_client&) = delete;

  /// Starts to read, in a thread of its own. `on_state`: the container_id of a
  /// container_state_change, and when it came.
  void begin(std::function<void(std::string_view, clock_ns)> on_state = {});
  /// Sends start_log_stream with no history, or stop_log_stream; when it was sent, ns.
  clock_ns start_log(const std::string& container);
  clock_ns stop_log(const std::string& container);
  /// How many requests have been answered well.
  [[nodiscard]] std::uint64_t answered() const { return answered_; }
  [[nodiscard]] bool ended() const { return ended_; }
  [[nodiscard]] flood_count count() const;

private:
  void read();
  void take(const websocket::message& m);
  void take_lines(const websocket::message& m);

  websocket socket_;
  std::function<void(std::string_view, clock_ns)> on_state_;
  std::atomic<std::uint64_t> answered_{0};
  std::atomic<bool> ended_{false};
  std::uint64_t next_ack_ = 0;
  mutable std::mutex mutex_; ///< of the count
  flood_count count_;
  std::thread thread_;
};

} // namespace dockhost::bench
