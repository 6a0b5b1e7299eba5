// SPDX-License-Identifier: MIT
// Where log lines go in: a narrow seam, so that whoever logs knows no logging library. Without a
// sink (the default) nothing is written. Safe from any thread.
//
// What happens to a line on its way: dropped when its level is off for its component; secrets
// become "***"; control characters and invalid UTF-8 are escaped, long texts cut; a line that
// repeats within a few seconds in component, event, message and fields is counted instead of
// written, and the count follows.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dockhost::platform {

enum class log_level { trace, debug, info, warn, error, off };

[[nodiscard]] std::string_view to_string(log_level level);
/// False for anything but one of the words above.
[[nodiscard]] bool parse_log_level(std::string_view word, log_level& out);

struct log_field {
  std::string_view key; ///< a constant: lower_snake
  std::string value;
};

/// `component`: who speaks, as in DESIGN.md's tree ("connection"). `event_id`: stable, for machines
/// ("connection.refused"). `message`: for people.
void log(log_level level, std::string_view component, std::string_view event_id,
         std::string_view message, std::initializer_list<log_field> fields = {});

/// Whether such a line would go anywhere: asks before costly fields are made.
[[nodiscard]] bool log_enabled(log_level level, std::string_view component);

/// A line as a sink gets it: clean, printable UTF-8 without secrets.
struct log_record {
  std::chrono::system_clock::time_point time;
  log_level level = log_level::info;
  std::string component;
  std::string event_id;
  std::string message;
  std::vector<std::pair<std::string, std::string>> fields;
  std::uint64_t repeated = 0; ///< not 0: the line came so many times more since it was written
};

/// Called one at a time; must not log. An empty function turns logging off.
using log_sink = std::function<void(const log_record&)>;
void set_log_sink(log_sink sink);

/// The level for all components; `info` at first.
void set_log_level(log_level level);

/// The variable DEBUG as the original program reads it: names by comma or space, "*" at the end
/// matches the rest, a "-" in front takes out: "dockhost:*,-dockhost:net". What matches
/// "dockhost:COMPONENT" logs from `debug` on, whatever the level.
void set_log_debug(std::string_view pattern);

/// From now on `secret` (and its percent-encoded form) is written as "***". Shorter than 8
/// characters is ignored: it would blank out ordinary words.
void add_secret(std::string_view secret);

/// `text` without the known secrets. For what goes out by another way than the log.
[[nodiscard]] std::string redact(std::string_view text);

/// Which counts of repeated lines flush_log() writes.
enum class log_counts {
  due, ///< those whose few seconds are over
  all, ///< before a last line
};

/// Writes counts of repeated lines; due now and then, as no later line may come to do it. Taking
/// the sink away writes all of them.
void flush_log(log_counts which = log_counts::due);

/// For tests: how long a line is remembered for folding, and the clock that says so.
void set_log_folding(std::chrono::milliseconds window,
                     std::function<std::chrono::steady_clock::time_point()> clock);

} // namespace dockhost::platform
