// SPDX-License-Identifier: MIT
// One open event stream, between whoever reads it and whoever asked for it.
#pragma once

#include "docker/engine.hpp"

#include <mutex>

namespace dockhost::docker {

/// Keeps the seam's promises: `on_end` once and last, nothing after `detach`. Safe from any thread;
/// a callback may destroy its own subscription.
class event_sink {
public:
  event_sink(std::function<void(container_event)> on_event,
             std::function<void(engine_error)> on_end);

  void deliver(container_event event);
  void end(engine_error reason);

  /// What has to live as long as somebody listens; dropped by `detach`. False, and dropped at once,
  /// when nobody does any more.
  bool hold(std::shared_ptr<void> upstream);

  /// Waits for a callback that is running on another thread; none runs afterwards.
  void detach();

private:
  std::recursive_mutex mutex_; // recursive: a callback may detach
  std::function<void(container_event)> on_event_;
  std::function<void(engine_error)> on_end_;
  std::shared_ptr<void> upstream_;
  bool over_ = false; ///< on_end has run, or nobody listens
  bool detached_ = false;
};

/// The caller's end of a sink.
[[nodiscard]] std::unique_ptr<subscription> subscribe(std::shared_ptr<event_sink> sink);

} // namespace dockhost::docker
