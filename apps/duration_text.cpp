// SPDX-License-Identifier: MIT
// Durations and sizes as people write them.
#include "apps/option_value.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <utility>

namespace dockhost::apps {

namespace {

using std::chrono::milliseconds;

constexpr std::array<std::pair<std::string_view, std::int64_t>, 5> duration_units{
    {{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}}};
constexpr std::array<std::pair<std::string_view, std::int64_t>, 3> size_units{
    {{"GiB", 1LL << 30}, {"MiB", 1LL << 20}, {"KiB", 1LL << 10}}};

/// The number at the start of `text`, which is then what follows it.
std::optional<double> take_number(std::string_view& text) {
  if (text.empty() || (text.front() != '.' && (text.front() < '0' || text.front() > '9'))) {
    return std::nullopt; // no sign, no "inf", no "nan"
  }
  double value = 0;
  const auto [end, status] =
      std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  if (status != std::errc{}) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

/// `value` times `unit`, if that is a whole number that fits.
std::optional<std::int64_t> whole(double value, std::int64_t unit) {
  const double product = value * static_cast<double>(unit);
  const double nearest = std::round(product);
  constexpr double limit = 9e15; // doubles are exact up to here
  if (nearest > limit || std::abs(product - nearest) > 1e-6) return std::nullopt;
  return static_cast<std::int64_t>(nearest);
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

} // namespace

std::optional<milliseconds> parse_duration(std::string_view text) {
  const auto value = take_number(text);
  if (!value) return std::nullopt;
  if (text.empty()) text = "s";
  for (const auto& [name, unit] : duration_units) {
    if (text != name) continue;
    const auto count = whole(*value, unit);
    return count ? std::optional(milliseconds(*count)) : std::nullopt;
  }
  return std::nullopt;
}

std::string format_duration(milliseconds duration) {
  const auto count = duration.count();
  if (count == 0) return "0s";
  for (const auto& [name, unit] : duration_units) {
    // "120s" reads better than "2m" does beside "90s": minutes only from ten on.
    if (count % unit == 0 && (unit <= 1'000 || count >= 10 * unit)) {
      return std::to_string(count / unit) + std::string(name);
    }
  }
  return std::to_string(count) + "ms";
}

std::optional<std::int64_t> parse_size(std::string_view text) {
  const auto value = take_number(text);
  if (!value) return std::nullopt;
  if (text.empty() || text == "B" || text == "b") return whole(*value, 1);
  for (const auto& [name, unit] : size_units) {
    const std::string_view rest = text.substr(1);
    if (lower(text.front()) != lower(name.front())) continue;
    if (rest.empty() || rest == "b" || rest == "B" || rest == "iB" || rest == "ib") {
      return whole(*value, unit);
    }
  }
  return std::nullopt;
}

std::string format_size(std::int64_t bytes) {
  for (const auto& [name, unit] : size_units) {
    if (bytes != 0 && bytes % unit == 0) return std::to_string(bytes / unit) + std::string(name);
  }
  return std::to_string(bytes);
}

} // namespace dockhost::apps
