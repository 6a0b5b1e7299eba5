// SPDX-License-Identifier: MIT
#include "core/log_time.hpp"

#include <chrono>
#include <cstddef>
#include <cstring>
#include <limits>
#include <optional>

namespace dockhost {
namespace {

constexpr std::size_t minute_size = 17; // "2026-01-02T03:04:"
constexpr std::size_t shortest = 21;    // "2026-01-02T03:04:05Z "
constexpr std::int64_t second_nanos = 1'000'000'000;
constexpr std::int64_t most_seconds = std::numeric_limits<std::int64_t>::max() / second_nanos - 1;

constexpr bool digit(char c) {
  return c >= '0' && c <= '9';
}

/// Two digits; -1 where they are none.
constexpr int two(const char* at) {
  return digit(at[0]) && digit(at[1]) ? (at[0] - '0') * 10 + (at[1] - '0') : -1;
}

/// Seconds since 1970 of "2026-01-02T03:04:".
std::optional<std::int64_t> seconds_of_minute(const char* at) {
  const int century = two(at), year = two(at + 2), month = two(at + 5), day = two(at + 8),
            hour = two(at + 11), minute = two(at + 14);
  const bool shaped =
      at[4] == '-' && at[7] == '-' && at[10] == 'T' && at[13] == ':' && at[16] == ':';
  if (!shaped || century < 0 || year < 0 || month < 0 || day < 0 || hour < 0 || hour > 23 ||
      minute < 0 || minute > 59)
    return std::nullopt;
  const auto date = std::chrono::year(century * 100 + year) /
                    std::chrono::month(static_cast<unsigned>(month)) /
                    std::chrono::day(static_cast<unsigned>(day));
  if (!date.ok()) return std::nullopt;
  const auto days = std::chrono::sys_days(date).time_since_epoch().count();
  return std::int64_t{days} * 86'400 + hour * 3'600 + minute * 60;
}

} // namespace

log_time log_time_reader::take(std::string_view& bytes) {
  if (bytes.size() < shortest || !digit(bytes.front())) return {};
  const char* const at = bytes.data();
  if (std::memcmp(at, minute_, minute_size) != 0) {
    const auto seconds = seconds_of_minute(at);
    if (!seconds) return {};
    std::memcpy(minute_, at, minute_size);
    minute_seconds_ = *seconds;
  }
  const int second = two(at + minute_size);
  if (second < 0 || second > 60) return {};
  std::size_t next = minute_size + 2;
  std::int64_t nanos = 0;
  if (at[next] == '.') {
    std::int64_t unit = second_nanos / 10;
    const auto first = ++next;
    for (; next < bytes.size() && next < first + 9 && digit(at[next]); ++next, unit /= 10)
      nanos += unit * (at[next] - '0');
    if (next == first) return {};
  }
  std::int64_t offset = 0;
  if (next < bytes.size() && at[next] == 'Z') {
    ++next;
  } else if (next + 6 <= bytes.size() && (at[next] == '+' || at[next] == '-') &&
             at[next + 3] == ':') {
    const int hours = two(at + next + 1), minutes = two(at + next + 4);
    if (hours < 0 || minutes < 0) return {};
    offset = (hours * 60 + minutes) * (at[next] == '-' ? -60 : 60);
    next += 6;
  } else {
    return {};
  }
  if (next >= bytes.size() || at[next] != ' ') return {};
  const auto seconds = minute_seconds_ + second - offset;
  if (seconds < -most_seconds || seconds > most_seconds) return {};
  log_time out;
  out.text = bytes.substr(0, next);
  out.unix_nano = seconds * second_nanos + nanos;
  bytes.remove_prefix(next + 1);
  return out;
}

} // namespace dockhost
