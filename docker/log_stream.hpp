// SPDX-License-Identifier: MIT
// An engine's log of one container as a stream of batches, read no faster than they are consumed.
#pragma once

#include "core/log_batch.hpp"
#include "docker/engine_error.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace dockhost::docker {

/// Each line comes with the engine's timestamp in front; who doesn't want it takes it off.
struct log_request {
  std::string id;                  ///< full id, unique prefix, or name
  bool tty = false;                ///< as inspect tells; without one the engine frames its messages
  bool follow = false;             ///< goes on with what is written, until the container ends
  std::optional<std::size_t> tail; ///< only the last so many lines of what is there; none: all
  std::int64_t since_unix_nano = 0; ///< only lines of this moment or later; 0: all
  /// So many bytes may be given and not yet consumed; then nothing more is read.
  std::size_t window = 256 * 1024;
};

/// Called one at a time, on a thread of the engine's choosing or within consumed(); must not block.
struct log_handlers {
  std::function<void(shared_log_batch)> on_data; ///< never an empty one
  /// Once, as the last: the log's end (the container does not run, or no `follow`), or why it broke
  /// off.
  std::function<void(std::optional<engine_error>)> on_end;
};

/// An open log. Destroying it ends it at once, with its connection or process; no handler runs once
/// the destructor has returned, save the one that destroys it. Safe from any thread.
class log_stream {
public:
  virtual ~log_stream() = default;
  /// Of the bytes that on_data gave, so many are dealt with.
  virtual void consumed(std::size_t bytes) = 0;
};

} // namespace dockhost::docker
