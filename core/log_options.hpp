// SPDX-License-Identifier: MIT
// What a watcher of a container's log asks for (PROTOCOL part 2, start_log_stream).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace dockhost {

/// Which of a container's streams a piece of log came from; a TTY has only `out`.
enum class log_channel : std::uint8_t { out, err };

/// From harmless to grave, as coarse as the dashboard shows it.
enum class log_severity : std::uint8_t { debug, info, warn, error };

enum class log_encoding : std::uint8_t {
  text,   ///< `log` is a string
  binary, ///< `log` is a binary attachment with the same UTF-8 text
};

/// Only lines that pass all that is set are delivered. Lines that don't are no loss, and no gap.
struct log_filter {
  std::optional<log_severity> level; ///< this one and graver ones
  std::string pattern;               ///< an RE2 expression that is searched for; empty: none
  std::optional<log_channel> channel;

  friend bool operator==(const log_filter&, const log_filter&) = default;
  friend auto operator<=>(const log_filter&, const log_filter&) = default;
};

struct log_watch_options {
  std::size_t tail = 100;           ///< lines of history, before the filter
  std::int64_t since_unix_nano = 0; ///< nothing older than this; 0: as far as `tail` goes
  log_filter filter;
  bool timestamps = true; ///< the engine's time, RFC 3339, and a space before each line
  log_encoding encoding = log_encoding::text;

  friend bool operator==(const log_watch_options&, const log_watch_options&) = default;
};

/// Why lines could not be delivered.
enum class log_gap_reason : std::uint8_t {
  slow_client,    ///< the client's byte budget was full
  rotation,       ///< the engine no longer has them, or continuity can't be shown
  engine_restart, ///< continuity can't be shown after the engine was away
  line_too_long,  ///< the end of a line of more than 1 MiB
};

} // namespace dockhost
