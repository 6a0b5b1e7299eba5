// SPDX-License-Identifier: MIT
#include "actors/node/reply_outbox.hpp"

#include <algorithm>
#include <utility>

namespace dockhost::actors {

reply_outbox::reply_outbox(std::size_t bound) : bound_(bound) {}

std::optional<reply_ready> reply_outbox::keep(reply_ready r) {
  waiting_.push_back(std::move(r));
  if (waiting_.size() <= bound_) return std::nullopt;
  std::optional<reply_ready> oldest(std::move(waiting_.front()));
  waiting_.pop_front();
  return oldest;
}

std::deque<reply_ready> reply_outbox::take_waiting() {
  return std::exchange(waiting_, {});
}

std::uint64_t reply_outbox::on_its_way(reply_ready r) {
  under_way_.push_back({++last_number_, std::move(r), {}});
  // So many were handed over since: the oldest is taken for delivered, as it was before heartbeats
  // were looked at.
  if (under_way_.size() > bound_) under_way_.pop_front();
  return last_number_;
}

std::deque<reply_outbox::sending>::iterator reply_outbox::find(std::uint64_t number) {
  return std::find_if(under_way_.begin(), under_way_.end(),
                      [number](const sending& s) { return s.number == number; });
}

std::string reply_outbox::sent(std::uint64_t number) {
  const auto at = find(number);
  if (at == under_way_.end()) return {};
  at->sent_at = heartbeats_;
  return at->reply.op_id;
}

std::optional<reply_ready> reply_outbox::unsent(std::uint64_t number) {
  auto r = refused(number);
  if (!r) return std::nullopt;
  return keep(std::move(*r));
}

std::optional<reply_ready> reply_outbox::refused(std::uint64_t number) {
  const auto at = find(number);
  if (at == under_way_.end()) return std::nullopt;
  std::optional<reply_ready> r(std::move(at->reply));
  under_way_.erase(at);
  return r;
}

void reply_outbox::heartbeat() {
  ++heartbeats_;
  // It was followed by the answer to one ping, and another ping came.
  std::erase_if(under_way_,
                [this](const sending& s) { return s.sent_at && heartbeats_ >= *s.sent_at + 2; });
}

std::size_t reply_outbox::link_ended(bool in_order) {
  std::deque<reply_ready> again;
  std::size_t sent_already = 0;
  for (auto& s : std::exchange(under_way_, {})) {
    if (in_order && s.sent_at) continue;
    sent_already += s.sent_at ? 1 : 0;
    again.push_back(std::move(s.reply));
  }
  // Mostly older than what waited meanwhile. Replies to different commands need no order.
  again.insert(again.end(), std::make_move_iterator(waiting_.begin()),
               std::make_move_iterator(waiting_.end()));
  waiting_ = std::move(again);
  while (waiting_.size() > bound_)
    waiting_.pop_front();
  return sent_already;
}

} // namespace dockhost::actors
