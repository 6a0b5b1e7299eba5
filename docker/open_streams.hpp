// SPDX-License-Identifier: MIT
#pragma once

#include "docker/engine_error.hpp"

#include <memory>
#include <mutex>
#include <vector>

namespace dockhost::docker {

/// The streams of one kind that an engine has handed out and that are still in use. From any
/// thread. `Sink` has end(engine_error), which may be called more than once.
template <class Sink>
class open_streams {
public:
  void add(const std::shared_ptr<Sink>& sink) {
    const std::lock_guard lock(mutex_);
    std::erase_if(sinks_, [](const auto& other) { return other.expired(); });
    sinks_.push_back(sink);
  }

  /// For the engine's own end.
  void end_all(const engine_error& why) {
    std::vector<std::weak_ptr<Sink>> all;
    {
      const std::lock_guard lock(mutex_);
      all.swap(sinks_);
    }
    for (const auto& each : all)
      if (const auto alive = each.lock()) alive->end(why);
  }

private:
  std::mutex mutex_;
  std::vector<std::weak_ptr<Sink>> sinks_;
};

} // namespace dockhost::docker
