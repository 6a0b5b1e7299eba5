// SPDX-License-Identifier: MIT
#include "actors/live/log_group.hpp"

#include "core/log_severity.hpp"

#include <algorithm>
#include <limits>

namespace dockhost::actors {
namespace {

/// How soon a watcher that is behind is looked at again.
constexpr std::chrono::milliseconds catch_up_pause{20};
constexpr auto no_budget = std::numeric_limits<std::size_t>::max() / 2;

} // namespace

log_group::log_group(log_group_key key, std::optional<platform::pattern> pattern,
                     std::shared_ptr<log_tally> tally)
    : key_(std::move(key)), pattern_(std::move(pattern)), tally_(std::move(tally)),
      update_(key_.spelling, key_.encoding, key_.timestamps) {}

bool log_group::passes(const log_line& line) {
  const auto& filter = key_.filter;
  if (filter.channel && line.channel != *filter.channel) return false;
  if (filter.level) {
    // A line that does not say goes with the one before it: a stack trace with its error.
    auto& last = last_[static_cast<std::size_t>(line.channel)];
    last = severity_of(line.text).value_or(last);
    if (last < *filter.level) return false;
  }
  return !pattern_ || pattern_->occurs_in(line.text);
}

void log_group::add(const log_line& line, time_point now) {
  if (!passes(line)) return;
  const auto before = update_.size();
  update_.add(line.time, line.text);
  batch_.add(update_.size() - before, now);
  if (batch_.full()) flush(now);
}

void log_group::send_if_ready(time_point now) {
  if (batch_.ready(now)) flush(now);
}

void log_group::flush(time_point now) {
  if (update_.empty()) return;
  const auto lines = update_.lines(), bytes = update_.bytes();
  batch_.flushed(now);
  if (const auto packet = update_.take()) send(packet, lines, bytes);
}

void log_group::send(const log_packet& packet, std::size_t lines, std::size_t bytes) {
  for (auto& watcher : watchers) {
    if (!tell_loss(watcher) || !watcher.to->emit(packet, watcher.allowance.budget()))
      watcher.allowance.missed(lines, bytes);
  }
}

/// False where it is still behind.
bool log_group::tell_loss(log_watcher& watcher) {
  auto& allowance = watcher.allowance;
  if (!allowance.behind()) return true;
  if (!allowance.recovered(watcher.to->queued_bytes())) return false;
  const auto loss = allowance.take();
  tally_->gap(log_gap_reason::slow_client, loss);
  watcher.to->emit(encode_log_gap(key_.spelling, loss, log_gap_reason::slow_client), no_budget);
  return true;
}

void log_group::gap(const std::optional<log_loss>& loss, log_gap_reason reason, time_point now) {
  flush(now);
  const auto packet = encode_log_gap(key_.spelling, loss, reason);
  for (auto& watcher : watchers) {
    (void)tell_loss(watcher);
    tally_->gap(reason, loss);
    watcher.to->emit(packet, no_budget);
  }
}

void log_group::catch_up() {
  for (auto& watcher : watchers)
    (void)tell_loss(watcher);
}

void log_group::leave(const log_watcher& watcher) {
  auto allowance = watcher.allowance;
  if (!allowance.behind()) return;
  const auto loss = allowance.take();
  tally_->gap(log_gap_reason::slow_client, loss);
  watcher.to->emit(encode_log_gap(key_.spelling, loss, log_gap_reason::slow_client), no_budget);
}

void log_group::stop(const log_watcher& watcher, std::string_view message,
                     std::string_view reason) {
  leave(watcher);
  watcher.to->emit(encode_log_stopped(key_.spelling, message, reason), no_budget);
}

std::optional<log_group::time_point> log_group::due(time_point now) const {
  auto out = batch_.due();
  const bool behind = std::any_of(watchers.begin(), watchers.end(),
                                  [](const auto& w) { return w.allowance.behind(); });
  if (behind && (!out || *out > now + catch_up_pause)) out = now + catch_up_pause;
  return out;
}

bool log_group::wants_more() const {
  return std::any_of(watchers.begin(), watchers.end(), [](const auto& w) {
    return w.to->connected() && w.allowance.wants_more(w.to->queued_bytes());
  });
}

} // namespace dockhost::actors
