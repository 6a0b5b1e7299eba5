// SPDX-License-Identifier: MIT
#include "docker/rfc3339.hpp"

#include <chrono>
#include <cstdio>

namespace dockhost::docker {
namespace {

/// The digits at [offset, offset + size); -1 where there is anything else.
int digits(std::string_view text, std::size_t offset, std::size_t size) {
  if (text.size() < offset + size) return -1;
  int out = 0;
  for (const char c : text.substr(offset, size)) {
    if (c < '0' || c > '9') return -1;
    out = out * 10 + (c - '0');
  }
  return out;
}

} // namespace

std::int64_t unix_seconds(std::string_view text) {
  namespace chrono = std::chrono;
  const int year = digits(text, 0, 4), month = digits(text, 5, 2), day = digits(text, 8, 2),
            hour = digits(text, 11, 2), minute = digits(text, 14, 2), second = digits(text, 17, 2);
  if (year < 0 || month < 0 || day < 0 || hour < 0 || minute < 0 || second < 0) return 0;
  const auto date = chrono::year(year) / chrono::month(static_cast<unsigned>(month)) /
                    chrono::day(static_cast<unsigned>(day));
  if (!date.ok()) return 0;
  auto time = chrono::sys_days(date).time_since_epoch() + chrono::hours(hour) +
              chrono::minutes(minute) + chrono::seconds(second);
  // "Z", or an offset such as "+02:00" (an engine whose zone isn't UTC).
  auto zone = text.substr(19);
  if (const auto at = zone.find_first_of("+-"); at != zone.npos) {
    const int off_hour = digits(zone, at + 1, 2), off_minute = digits(zone, at + 4, 2);
    if (off_hour < 0 || off_minute < 0) return 0;
    const auto offset = chrono::hours(off_hour) + chrono::minutes(off_minute);
    time -= zone[at] == '-' ? -offset : offset;
  }
  return chrono::duration_cast<chrono::seconds>(time).count();
}

std::string rfc3339(std::int64_t unix_nano) {
  if (unix_nano <= 0) return "0001-01-01T00:00:00Z";
  namespace chrono = std::chrono;
  const chrono::nanoseconds since(unix_nano);
  const auto day = chrono::floor<chrono::days>(since);
  const chrono::year_month_day date{chrono::sys_days(day)};
  const chrono::hh_mm_ss time(since - day);
  char out[64];
  std::snprintf(out, sizeof out, "%04d-%02u-%02uT%02d:%02d:%02d.%09lldZ",
                static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()), static_cast<int>(time.hours().count()),
                static_cast<int>(time.minutes().count()), static_cast<int>(time.seconds().count()),
                static_cast<long long>(time.subseconds().count()));
  return out;
}

} // namespace dockhost::docker
