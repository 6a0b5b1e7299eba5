// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace dockhost::docker {

/// Cuts a stream of bytes, split anywhere, into lines (ended by \n, \r\n or \r; empty ones and the
/// record separators of application/json-seq are dropped). Bounded: a line over `max_line` breaks
/// the stream for good.
class line_splitter {
public:
  explicit line_splitter(std::size_t max_line = 1024 * 1024) : max_line_(max_line) {}

  /// Calls `on_line` for each line that `bytes` completes. False once a line was too long.
  bool feed(std::string_view bytes, const std::function<void(std::string_view)>& on_line);

  /// What stands after the last line end, as a line of its own (a stream that ended without one).
  void finish(const std::function<void(std::string_view)>& on_line);

private:
  std::size_t max_line_;
  std::string rest_;
  bool broken_ = false;
};

} // namespace dockhost::docker
