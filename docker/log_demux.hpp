// SPDX-License-Identifier: MIT
// The body of an engine's log answer, cut anywhere, as pieces of a batch.
#pragma once

#include "core/log_batch.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace dockhost::docker {

/// Without a TTY the engine puts a header of eight bytes before each message: its channel, three
/// zeros, and its size, big-endian. With one the bytes come as they are. A channel of its own is
/// for what the engine has to say itself: why it can't read the log any further.
class log_demux {
public:
  /// The engine's own are of 16 KiB and a timestamp.
  static constexpr std::uint32_t max_frame = 16 * 1024 * 1024;

  explicit log_demux(bool framed) : framed_(framed) {}

  /// False where these are no frames (for good): a header that breaks the rule, or a size above the
  /// maximum. What came before it is in `into`.
  bool feed(std::string_view bytes, log_batch& into);
  [[nodiscard]] bool framed() const { return framed_; }
  /// What the engine said of its own; empty: nothing. Its beginning, at most.
  [[nodiscard]] const std::string& complaint() const { return complaint_; }
  /// Whether the last frame is whole.
  [[nodiscard]] bool between_frames() const { return have_ == 0 && left_ == 0; }

private:
  bool begin_frame();

  bool framed_;
  bool broken_ = false;
  bool message_start_ = false;
  std::array<unsigned char, 8> header_{};
  std::size_t have_ = 0;   ///< bytes of the header
  std::uint32_t left_ = 0; ///< bytes of the frame still to come
  log_channel channel_ = log_channel::out;
  bool complains_ = false; ///< the frame is the engine's own
  std::string complaint_;
};

} // namespace dockhost::docker
