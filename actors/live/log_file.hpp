// SPDX-License-Identifier: MIT
// A container's log as a file to keep: text, a JSON array, or a JSON object per line.
#pragma once

#include "core/log_lines.hpp"

#include <string>
#include <string_view>
#include <utility>

namespace dockhost::actors {

enum class log_file_format {
  text,  ///< each line, with its time where that is wanted
  json,  ///< [{"time","stream","log"}, ...]
  ndjson ///< the same objects, one per line
};

[[nodiscard]] std::string_view content_type(log_file_format format);
/// Without the dot.
[[nodiscard]] std::string_view file_ending(log_file_format format);

class log_file_writer final : public log_line_sink {
public:
  log_file_writer(log_file_format format, bool timestamps);

  void line(const log_line& l) override;
  /// The loss stands behind the line that it was cut from.
  void cut(log_channel channel, std::size_t bytes) override;
  /// After the last line.
  void end();

  /// What was written since the last time.
  [[nodiscard]] std::string take() { return std::exchange(text_, {}); }

private:
  void begin_object();

  const log_file_format format_;
  const bool timestamps_;
  bool empty_ = true;
  std::string text_;
};

} // namespace dockhost::actors
