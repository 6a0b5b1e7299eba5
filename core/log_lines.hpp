// SPDX-License-Identifier: MIT
// From pieces of log to whole lines. Frames may split lines, lines may span frames, and the engine
// writes its timestamp anew in each message of 16 KiB that a long line is made of.
#pragma once

#include "core/log_batch.hpp"
#include "core/log_time.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace dockhost {

struct log_line {
  log_channel channel = log_channel::out;
  std::int64_t unix_nano = 0; ///< that of the line before, where it has none of its own
  std::string_view time;      ///< as the engine writes it; empty: it has none
  std::string_view text;      ///< without its end; any bytes
  /// How many bytes at the front of the text came in earlier messages than its end: only with a
  /// line that is longer than one message.
  std::size_t earlier = 0;

  [[nodiscard]] std::string_view last_message() const { return text.substr(earlier); }
};

/// A line that is kept.
struct kept_log_line {
  explicit kept_log_line(const log_line& line)
      : channel(line.channel), unix_nano(line.unix_nano), time(line.time), text(line.text),
        earlier(line.earlier) {}
  [[nodiscard]] log_line view() const { return {channel, unix_nano, time, text, earlier}; }
  [[nodiscard]] std::size_t bytes() const { return sizeof *this + time.size() + text.size(); }

  log_channel channel;
  std::int64_t unix_nano;
  std::string time;
  std::string text;
  std::size_t earlier;
  std::size_t cut = 0; ///< so many bytes of its end were left out
};

/// Takes lines; what they point to lasts as long as the call.
class log_line_sink {
public:
  virtual ~log_line_sink() = default;
  virtual void line(const log_line& line) = 0;
  /// After a line that was too long: so many bytes of its end are left out.
  virtual void cut(log_channel channel, std::size_t bytes) = 0;
};

class log_line_assembler {
public:
  static constexpr std::size_t max_line = 1024 * 1024;
  /// What the engine puts at most into one message.
  static constexpr std::size_t message_size = 16 * 1024;

  void feed(const log_batch& batch, log_line_sink& sink);
  /// The log has ended: what stands there without a line end is a line.
  void finish(log_line_sink& sink);
  /// The log was read as far as it is written. The same, but for a line of which the engine is to
  /// write more, as its last message is full: that is left out.
  void finish_so_far(log_line_sink& sink);

private:
  struct open_line {
    std::string raw;                   ///< with timestamps
    std::vector<std::size_t> messages; ///< where in raw further messages begin
    bool swallowing = false; ///< it was given out at its full length; the rest is only counted
    std::size_t swallowed = 0;
  };

  void feed(std::string_view bytes, log_channel channel, bool message_start, log_line_sink& sink);
  /// Adds to an open line; gives it out where it is full.
  void extend(open_line& open, log_channel channel, std::string_view bytes, log_line_sink& sink);
  void complete(open_line& open, log_channel channel, log_line_sink& sink);
  void give(log_channel channel, const log_time& time, std::string_view text, std::size_t earlier,
            log_line_sink& sink);
  /// The text of a line of several messages, without the timestamps in between.
  struct long_text {
    std::string text;
    std::size_t earlier = 0; ///< see log_line
  };
  [[nodiscard]] long_text joined(const open_line& open, std::string_view text);
  [[nodiscard]] bool last_message_is_full(const open_line& open);

  std::array<open_line, 2> open_;
  log_time_reader times_;
  std::int64_t last_nano_ = 0;
  bool framed_ = false;
};

} // namespace dockhost
