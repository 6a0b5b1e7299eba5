// SPDX-License-Identifier: MIT
#include "platform/log.hpp"

#include "platform/log_text.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <mutex>
#include <utility>

namespace dockhost::platform {

namespace {

using steady = std::chrono::steady_clock;

constexpr std::size_t longest_text = 2048; // bytes of a message or a field
constexpr std::size_t remembered = 16;     // different lines watched for repetition

struct seen_line {
  log_record record;
  steady::time_point first; ///< when it was last written
  std::uint64_t more = 0;   ///< how often it came since
};

struct log_state {
  // One lock for all of it: lines come out whole and in order. What it guards is short of I/O that
  // could stall, save the sink's own write.
  std::mutex mutex;
  log_sink sink;
  secret_list secrets;
  std::string debug;
  std::vector<seen_line> seen;
  std::chrono::milliseconds window{5'000};
  std::function<steady::time_point()> clock = [] { return steady::now(); };
  std::atomic<log_level> level{log_level::info};
  std::atomic<bool> has_sink{false};
  std::atomic<bool> has_debug{false};
};

log_state& state() {
  // Never destroyed: threads may log while the process ends.
  static log_state& instance = *new log_state; // NOLINT(cppcoreguidelines-owning-memory)
  return instance;
}

bool debug_on(log_state& s, log_level level, std::string_view component) {
  if (level < log_level::debug || !s.has_debug.load(std::memory_order_relaxed)) return false;
  const std::scoped_lock lock(s.mutex);
  return debug_matches(s.debug, component);
}

bool same(const log_record& a, const log_record& b) {
  return a.level == b.level && a.component == b.component && a.event_id == b.event_id &&
         a.message == b.message && a.fields == b.fields;
}

void write_count(log_state& s, seen_line& line) {
  if (line.more == 0) return;
  line.record.time = std::chrono::system_clock::now();
  line.record.repeated = std::exchange(line.more, 0);
  if (s.sink) s.sink(line.record);
  line.record.repeated = 0;
}

/// Ends the watch over lines whose time is over, or over all.
void settle(log_state& s, bool all) {
  const auto now = s.clock();
  for (auto& line : s.seen) {
    if (all || now - line.first >= s.window) write_count(s, line);
  }
  std::erase_if(s.seen, [&](const auto& l) { return all || now - l.first >= s.window; });
}

} // namespace

std::string_view to_string(log_level level) {
  switch (level) {
  case log_level::trace: return "trace";
  case log_level::debug: return "debug";
  case log_level::info: return "info";
  case log_level::warn: return "warn";
  case log_level::error: return "error";
  case log_level::off: return "off";
  }
  return "off";
}

bool parse_log_level(std::string_view word, log_level& out) {
  for (const auto level : {log_level::trace, log_level::debug, log_level::info, log_level::warn,
                           log_level::error, log_level::off}) {
    if (to_string(level) == word) {
      out = level;
      return true;
    }
  }
  return false;
}

bool log_enabled(log_level level, std::string_view component) {
  auto& s = state();
  if (level == log_level::off || !s.has_sink.load(std::memory_order_relaxed)) return false;
  return level >= s.level.load(std::memory_order_relaxed) || debug_on(s, level, component);
}

void log(log_level level, std::string_view component, std::string_view event_id,
         std::string_view message, std::initializer_list<log_field> fields) {
  if (!log_enabled(level, component)) return;
  auto& s = state();
  const std::scoped_lock lock(s.mutex);
  if (!s.sink) return;
  // Secrets first: an escape or a cut inside one would hide it from the search.
  const auto clean = [&](std::string_view text) {
    return printable(s.secrets.redact(text), longest_text);
  };
  log_record record{std::chrono::system_clock::now(),
                    level,
                    clean(component),
                    clean(event_id),
                    clean(message),
                    {},
                    0};
  record.fields.reserve(fields.size());
  for (const auto& field : fields) {
    record.fields.emplace_back(clean(field.key), clean(field.value));
  }
  settle(s, false);
  const auto known = std::find_if(s.seen.begin(), s.seen.end(),
                                  [&](const auto& line) { return same(line.record, record); });
  if (known != s.seen.end()) {
    ++known->more;
    return;
  }
  s.sink(record);
  if (s.seen.size() >= remembered) { // the oldest makes room
    write_count(s, s.seen.front());
    s.seen.erase(s.seen.begin());
  }
  s.seen.push_back({std::move(record), s.clock(), 0});
}

void set_log_sink(log_sink sink) {
  auto& s = state();
  const std::scoped_lock lock(s.mutex);
  settle(s, true);
  s.sink = std::move(sink);
  s.has_sink = static_cast<bool>(s.sink);
}

void set_log_level(log_level level) {
  state().level = level;
}

void set_log_debug(std::string_view pattern) {
  auto& s = state();
  const std::scoped_lock lock(s.mutex);
  s.debug = pattern;
  s.has_debug = !s.debug.empty();
}

void add_secret(std::string_view secret) {
  auto& s = state();
  const std::scoped_lock lock(s.mutex);
  s.secrets.add(secret);
}

std::string redact(std::string_view text) {
  auto& s = state();
  const std::scoped_lock lock(s.mutex);
  return s.secrets.redact(text);
}

void flush_log(log_counts which) {
  auto& s = state();
  const std::scoped_lock lock(s.mutex);
  settle(s, which == log_counts::all);
}

void set_log_folding(std::chrono::milliseconds window, std::function<steady::time_point()> clock) {
  auto& s = state();
  const std::scoped_lock lock(s.mutex);
  settle(s, true);
  s.window = window;
  s.clock = std::move(clock);
}

} // namespace dockhost::platform
