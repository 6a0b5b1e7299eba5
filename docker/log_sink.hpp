// SPDX-License-Identifier: MIT
// One open log, between the engine's connection and whoever asked for it: batches, and no more of
// them than the window allows.
#pragma once

#include "core/executor.hpp"
#include "docker/log_demux.hpp"
#include "docker/log_stream.hpp"

#include <chrono>
#include <mutex>

namespace dockhost::docker {

/// Keeps the seam's promises: one handler at a time, `on_end` once and last, nothing after
/// `detach`. Safe from any thread; a handler may destroy its own stream.
class log_sink : public std::enable_shared_from_this<log_sink> {
public:
  /// With `gather`, small pieces that come close upon each other wait up to a millisecond for more:
  /// a batch costs its reader much more than a line does. It outlives the sink's reading.
  log_sink(const log_request& request, log_handlers handlers, executor* gather);

  /// The engine's side.
  /// Raw bytes of the log's body. False: they break the rules of frames (see log_demux).
  bool feed(log_demux& demux, std::string_view bytes);
  /// A batch that is one already.
  void deliver(shared_log_batch batch);
  void end(std::optional<engine_error> why);
  /// What has to live as long as somebody listens; dropped by `detach`. `flow` is told to stop
  /// reading (true) and to go on (false), on any thread. False, and dropped at once, when nobody
  /// listens any more.
  bool hold(std::shared_ptr<void> upstream, std::function<void(bool)> flow);
  /// How many more bytes the window takes.
  [[nodiscard]] std::size_t room() const;

  /// The reader's side.
  void consumed(std::size_t bytes);
  void detach();

private:
  void flush();
  void give(shared_log_batch batch);
  void steer();

  mutable std::recursive_mutex mutex_; // recursive: a handler may consume and detach
  const std::size_t window_;
  log_handlers handlers_;
  executor* const gather_;
  std::shared_ptr<log_batch> gathered_;
  std::unique_ptr<timer_handle> timer_;
  std::chrono::steady_clock::time_point given_at_{};
  std::size_t outstanding_ = 0; ///< given and not consumed
  bool stopped_ = false;        ///< the upstream was told to stop
  std::shared_ptr<void> upstream_;
  std::function<void(bool)> flow_;
  bool over_ = false; ///< on_end has run, or nobody listens
  bool detached_ = false;
};

/// The caller's end of a sink.
[[nodiscard]] std::unique_ptr<log_stream> make_log_stream(std::shared_ptr<log_sink> sink);

} // namespace dockhost::docker
