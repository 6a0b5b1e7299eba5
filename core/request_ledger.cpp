// SPDX-License-Identifier: MIT
#include "core/request_ledger.hpp"

namespace dockhost {

ledger_decision request_ledger::begin(const std::string& request_id,
                                      const std::string& payload_digest, time_point now) {
  purge(now);
  if (const auto it = entries_.find(request_id); it != entries_.end()) {
    if (it->second.payload_digest != payload_digest) return {ledger_verdict::mismatch, {}};
    if (!it->second.answer) return {ledger_verdict::join, {}};
    return {ledger_verdict::replay, *it->second.answer};
  }
  if (!make_room()) return {ledger_verdict::full, {}};
  entries_.emplace(request_id, record{payload_digest, std::nullopt, now});
  return {ledger_verdict::fresh, {}};
}

void request_ledger::answer(const std::string& request_id, std::string text, time_point now) {
  const auto it = entries_.find(request_id);
  if (it == entries_.end() || it->second.answer) return;
  it->second.answer = std::move(text);
  it->second.at = now;
  answered_.emplace(now, request_id);
}

bool request_ledger::restore(entry saved) {
  if (entries_.contains(saved.request_id) || !make_room()) return false;
  if (saved.answer) answered_.emplace(saved.at, saved.request_id);
  entries_.emplace(std::move(saved.request_id),
                   record{std::move(saved.payload_digest), std::move(saved.answer), saved.at});
  return true;
}

void request_ledger::purge(time_point now) {
  while (!answered_.empty() && answered_.begin()->first + keep_ <= now)
    forget_oldest_answer();
}

bool request_ledger::make_room() {
  while (entries_.size() >= max_entries_ && !answered_.empty())
    forget_oldest_answer();
  return entries_.size() < max_entries_;
}

void request_ledger::forget_oldest_answer() {
  entries_.erase(answered_.begin()->second);
  answered_.erase(answered_.begin());
}

} // namespace dockhost
