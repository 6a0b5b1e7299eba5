// SPDX-License-Identifier: MIT
// What a client of a live view was sent of a flood.
#pragma once

#include <cstdint>
#include <string_view>

namespace dockhost::bench {

/// The lines of a flood say "line 1 ...", "line 2 ..." and so on; others are not counted.
struct flood_count {
  std::uint64_t lines = 0;    ///< received
  std::uint64_t marked = 0;   ///< told to be missing, by log_gap
  std::uint64_t unknown = 0;  ///< log_gap events that don't say how many
  std::uint64_t gone = 0;     ///< how many that were, as the numbers behind them tell
  std::uint64_t gaps = 0;     ///< log_gap events
  std::uint64_t disorder = 0; ///< packets that do not go on where the last one, or a gap, ended
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;       ///< of packets
  std::uint64_t after_stop = 0;  ///< packets with lines after log_stream_stopped
  std::uint64_t next_number = 1; ///< of the line that should come
  std::int64_t first_at = 0;     ///< ns
  std::int64_t last_at = 0;      ///< ns
  std::int64_t stopped_at = 0;   ///< ns; 0: not yet

  /// A packet of Socket.IO, and when it came; of other events than a log's nothing is counted.
  void take(std::string_view packet, std::int64_t at_ns);

private:
  void take_lines(std::string_view packet, std::int64_t at_ns);
  void take_gap(std::string_view packet, std::int64_t at_ns);

  bool may_leap_ = false; ///< behind such a gap
};

} // namespace dockhost::bench
