// SPDX-License-Identifier: MIT
#pragma once

#include "core/log_rotation.hpp"
#include "docker/log_stream.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>

namespace dockhost::actors {

/// A second, short read of a log whose follow may have left lines out: core/log_mend with what it
/// needs of the engine. What the follow gives meanwhile is held.
class log_mending {
public:
  using time_point = std::chrono::steady_clock::time_point;

  using sink = log_mend::sink;

  /// Begins not before `start`. The rest as log_mend and mend_tail() say.
  log_mending(const log_cursor& place, const log_jumps& jumps, bool may_be_gone,
              log_rotation rotation, time_point start);

  /// Of the follow.
  void hold(const log_line& line) { mend_.hold(line); }
  void hold_cut(log_channel channel, std::size_t bytes) { mend_.hold_cut(channel, bytes); }
  void follow_ended() { follow_ended_ = true; }
  [[nodiscard]] bool has_follow_ended() const { return follow_ended_; }
  [[nodiscard]] std::deque<kept_log_line> take_held() { return mend_.take_held(); }
  [[nodiscard]] bool has_read_to(std::int64_t unix_nano) const {
    return mend_.has_read_to(unix_nano);
  }
  [[nodiscard]] const log_cursor& place() const { return place_; }

  /// Whether a read is to be opened now.
  [[nodiscard]] bool wants_read(time_point now) const { return serial_ == 0 && now >= at_; }
  /// The next try, under this number; which container is the caller's to fill in.
  [[nodiscard]] docker::log_request begin(std::uint64_t serial, time_point now);
  [[nodiscard]] std::uint64_t serial() const { return serial_; } ///< 0: none
  void opened(std::shared_ptr<docker::log_stream> stream) { stream_ = std::move(stream); }

  /// Of the read. True: over.
  bool arrived(const log_batch& batch, sink& to, time_point now);
  /// The read has come to the log's end. True: over.
  bool ended(sink& to, time_point now);
  /// Those whom it is for want more.
  void read_on(time_point now);
  [[nodiscard]] time_point due(time_point now) const;
  /// The engine has been silent for too long.
  [[nodiscard]] bool given_up(time_point now) const;

private:
  class passing_sink;
  class read_sink;

  bool decide(time_point now);
  [[nodiscard]] std::chrono::seconds patience() const;

  log_mend mend_;
  const log_cursor place_;
  const log_rotation rotation_;
  const std::int64_t line_bytes_;
  int tries_ = 0;
  bool all_ = false; ///< this try reads all that the engine has
  std::uint64_t serial_ = 0;
  std::shared_ptr<docker::log_stream> stream_;
  log_line_assembler lines_;
  std::array<bool, 2> passed_{}; ///< by channel: the read's last line was let pass
  log_mend::state state_ = log_mend::state::reading;
  std::size_t owed_ = 0;
  time_point at_; ///< when it begins, or when the read last went on
  bool follow_ended_ = false;
};

} // namespace dockhost::actors
