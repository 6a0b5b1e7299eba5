// SPDX-License-Identifier: MIT
#include "docker/status_text.hpp"

#include <charconv>

namespace dockhost::docker {
namespace {

struct unit {
  std::string_view word; ///< without its "s"
  std::int64_t seconds;
};
constexpr std::int64_t day = 86'400;
constexpr unit units[] = {{"second", 1},     {"minute", 60},      {"hour", 3'600},    {"day", day},
                          {"week", 7 * day}, {"month", 30 * day}, {"year", 365 * day}};

} // namespace

start_time start_from_status(std::string_view status, std::int64_t now_unix) {
  constexpr std::string_view up = "Up ";
  if (!status.starts_with(up)) return {};
  auto text = status.substr(up.size());
  text = text.substr(0, text.find(" ("));
  if (text == "Less than a second") return {now_unix, 1};
  if (text == "About a minute") return {now_unix - 60, 60};
  if (text == "About an hour") return {now_unix - 3'600, 3'600};
  std::int64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  constexpr std::int64_t most = 100'000;
  if (error != std::errc{} || count < 0 || count > most) return {};
  auto word = text.substr(static_cast<std::size_t>(end - text.data()));
  if (!word.starts_with(' ')) return {};
  word.remove_prefix(1);
  if (word.ends_with('s')) word.remove_suffix(1);
  for (const auto& each : units)
    if (word == each.word) return {now_unix - count * each.seconds, each.seconds};
  return {};
}

} // namespace dockhost::docker
