// SPDX-License-Identifier: MIT
#include "actors/link/socketio_bulk.hpp"

#include <algorithm>

namespace dockhost::actors {

bool socketio_bulk::emit(packet what, std::size_t budget) const {
  if (!what || !state_->open) return false;
  auto largest = what->text.size();
  for (const auto& each : what->attachments)
    largest = std::max(largest, each.size() * 4 / 3 + 4); // polling writes them as base64
  if (largest > state_->max_packet) return false;
  const auto bytes = what->bytes();
  if (state_->queued.fetch_add(bytes) + bytes > budget) {
    state_->queued.fetch_sub(bytes);
    return false;
  }
  send_(std::move(what));
  return true;
}

} // namespace dockhost::actors
