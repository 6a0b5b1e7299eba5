// SPDX-License-Identifier: MIT
#include "core/v2_batch.hpp"

#include <algorithm>
#include <utility>

namespace dockhost {

v2_arrived v2_batch::arrived(v2_request request, bool room) {
  for (auto it = queue_.rbegin(); it != queue_.rend(); ++it) {
    const auto& other = it->request;
    if (other.event == request.event && other.payload_digest == request.payload_digest) {
      it->batch = open_batch_;
      return {v2_arrival::joined, false, std::nullopt};
    }
    if (!other.is_check) break;
  }
  if (!room || queue_.size() >= max_) {
    const bool reply_to_come = std::any_of(
        queue_.begin(), queue_.end(), [this](const entry& e) { return e.batch == open_batch_; });
    return {v2_arrival::refused, !reply_to_come, std::nullopt};
  }
  const auto id = request.id;
  queue_.push_back({std::move(request), open_batch_});
  return {v2_arrival::queued, false, queue_.size() == 1 ? std::optional(id) : std::nullopt};
}

v2_finished v2_batch::finished(std::uint64_t id) {
  if (queue_.empty() || queue_.front().request.id != id) return {};
  const auto done = std::move(queue_.front());
  queue_.pop_front();
  v2_finished out;
  if (!queue_.empty()) out.execute = queue_.front().request.id;
  if (done.batch < open_batch_) return out;
  // A command of an open batch is still in the queue: a finished one would have closed the batch.
  const bool command_to_come = std::any_of(queue_.begin(), queue_.end(), [&](const entry& e) {
    return e.batch == open_batch_ && !e.request.is_check;
  });
  out.send = !done.request.is_check || !command_to_come;
  if (out.send) ++open_batch_;
  return out;
}

} // namespace dockhost
