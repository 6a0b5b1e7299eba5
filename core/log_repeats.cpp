// SPDX-License-Identifier: MIT
#include "core/log_repeats.hpp"

#include <algorithm>
#include <functional>
#include <string_view>

namespace dockhost {
namespace {

/// Clocks are read to the millisecond.
constexpr std::int64_t clock_tolerance = 10'000'000; // ns

} // namespace

/// Of a line of several messages only the last one counts: a file may begin with that.
std::uint32_t log_repeats::key_of(const log_line& line) {
  constexpr std::uint64_t odd = 0x9e3779b97f4a7c15U;
  std::uint64_t mixed = std::hash<std::string_view>()(line.last_message());
  mixed = (mixed ^ static_cast<std::uint64_t>(line.unix_nano)) * odd;
  if (line.channel == log_channel::err) mixed = ~mixed;
  return static_cast<std::uint32_t>(mixed >> 32U);
}

bool log_repeats::again(const log_line& line) {
  if (line.time.empty()) return false;
  fine_ = fine_ || line.unix_nano % 1'000 != 0;
  const auto key = key_of(line);
  auto& last = last_[static_cast<std::size_t>(line.channel)];
  const bool steps_back = line.unix_nano < last.unix_nano;
  const bool stays = fine_ && line.unix_nano == last.unix_nano && key == last.key;
  if ((steps_back || stays) && (is_forgotten(line) || find(key))) return true;
  last = {line.unix_nano, key};
  newest_ = std::max(newest_, line.unix_nano);
  remember(key);
  return false;
}

bool log_repeats::find(std::uint32_t key) {
  if (expected_ >= keys_.size() || keys_[expected_] != key) {
    const auto it = std::find(keys_.begin(), keys_.end(), key);
    if (it == keys_.end()) return false;
    expected_ = static_cast<std::size_t>(it - keys_.begin());
  }
  expected_ = (expected_ + 1) % keys_.size();
  return true;
}

/// Whether it is older than lines that are not remembered, and no clock that was set back can be
/// the reason.
bool log_repeats::is_forgotten(const log_line& line) const {
  return now_ != 0 && line.unix_nano <= forgotten_ && newest_ <= now_ + clock_tolerance;
}

void log_repeats::remember(std::uint32_t key) {
  constexpr auto part_size = remembered / ring_parts;
  const auto part = next_ / part_size;
  if (keys_.size() < remembered) {
    keys_.push_back(key);
  } else {
    if (next_ % part_size == 0) forgotten_ = std::max(forgotten_, newest_of_part_[part]);
    keys_[next_] = key;
  }
  newest_of_part_[part] = newest_;
  next_ = (next_ + 1) % remembered;
}

} // namespace dockhost
