// SPDX-License-Identifier: MIT
#include "core/log_cursor.hpp"

#include <algorithm>
#include <functional>
#include <utility>

namespace dockhost {
namespace {

constexpr std::size_t most_hashes = 256;
constexpr std::size_t most_held = 1024 * 1024; // bytes

} // namespace

std::size_t log_cursor::hash_of(const log_line& line) {
  const auto hash = std::hash<std::string_view>()(line.text);
  return line.channel == log_channel::err ? ~hash : hash;
}

void log_cursor::passed(const log_line& line) {
  if (line.unix_nano != unix_nano_) hashes_.clear();
  if (hashes_.size() >= most_hashes) hashes_.erase(hashes_.begin());
  unix_nano_ = line.unix_nano;
  hashes_.push_back(hash_of(line));
}

std::int64_t log_cursor::since() const {
  return empty() ? 0 : std::max<std::int64_t>(1, unix_nano_ - disorder.count());
}

bool log_cursor::at(const log_line& line) const {
  return !empty() && line.unix_nano == unix_nano_ && hash_of(line) == hashes_.back();
}

std::size_t log_cursor::alike() const {
  if (empty()) return 0;
  return static_cast<std::size_t>(std::count(hashes_.begin(), hashes_.end(), hashes_.back()));
}

log_overlap::log_overlap(log_cursor cursor)
    : cursor_(std::move(cursor)), to_find_(cursor_.alike()), over_(cursor_.empty()) {}

void log_overlap::feed(const log_line& line, sink& to) {
  if (over_) return to.line(line);
  if (cursor_.at(line)) {
    if (--to_find_ > 0) return;
    over_ = true;
    held_.clear(); // they stand before the cursor's line
    return;
  }
  if (line.unix_nano <= cursor_.unix_nano()) return; // of the past: it passes in no case
  const auto newest = cursor_.unix_nano() + log_cursor::disorder.count();
  if (line.unix_nano <= newest && held_bytes_ < most_held) {
    // Out of order, or one that follows a cursor's line which is no more.
    held_.emplace_back(line);
    held_bytes_ += held_.back().bytes();
    return;
  }
  release(to);
  to.line(line);
}

void log_overlap::give_up(sink& to) {
  if (!over_ && !held_.empty()) release(to);
}

void log_overlap::release(sink& to) {
  over_ = true;
  to.lost();
  for (const auto& line : std::exchange(held_, {}))
    to.line(line.view());
}

} // namespace dockhost
