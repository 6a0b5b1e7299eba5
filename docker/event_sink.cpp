// SPDX-License-Identifier: MIT
#include "docker/event_sink.hpp"

#include <utility>

namespace dockhost::docker {
namespace {

class sink_subscription final : public subscription {
public:
  explicit sink_subscription(std::shared_ptr<event_sink> sink) : sink_(std::move(sink)) {}
  ~sink_subscription() override { sink_->detach(); }
  sink_subscription(const sink_subscription&) = delete;
  sink_subscription& operator=(const sink_subscription&) = delete;

private:
  std::shared_ptr<event_sink> sink_;
};

} // namespace

event_sink::event_sink(std::function<void(container_event)> on_event,
                       std::function<void(engine_error)> on_end)
    : on_event_(std::move(on_event)), on_end_(std::move(on_end)) {}

void event_sink::deliver(container_event event) {
  const std::lock_guard lock(mutex_);
  if (!over_ && on_event_) on_event_(std::move(event));
}

void event_sink::end(engine_error reason) {
  const std::lock_guard lock(mutex_);
  if (std::exchange(over_, true)) return;
  if (on_end_) on_end_(std::move(reason));
}

bool event_sink::hold(std::shared_ptr<void> upstream) {
  const std::lock_guard lock(mutex_);
  if (detached_) return false;
  upstream_ = std::move(upstream);
  return true;
}

void event_sink::detach() {
  std::shared_ptr<void> upstream; // destroyed after the lock: it may wait for its own callbacks
  const std::lock_guard lock(mutex_);
  over_ = true;
  detached_ = true;
  upstream = std::move(upstream_);
}

std::unique_ptr<subscription> subscribe(std::shared_ptr<event_sink> sink) {
  return std::make_unique<sink_subscription>(std::move(sink));
}

} // namespace dockhost::docker
