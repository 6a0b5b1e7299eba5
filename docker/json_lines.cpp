// SPDX-License-Identifier: MIT
#include "docker/json_lines.hpp"

namespace dockhost::docker {

bool line_splitter::feed(std::string_view bytes,
                         const std::function<void(std::string_view)>& on_line) {
  while (!bytes.empty() && !broken_) {
    const auto end = bytes.find_first_of("\r\n\x1e");
    const auto part = bytes.substr(0, end);
    if (rest_.size() + part.size() > max_line_) {
      broken_ = true;
      rest_ = {};
      break;
    }
    if (end == bytes.npos) {
      rest_.append(part);
      break;
    }
    if (!rest_.empty()) {
      rest_.append(part);
      on_line(rest_);
      rest_.clear();
    } else if (!part.empty()) {
      on_line(part);
    }
    bytes.remove_prefix(end + 1);
  }
  return !broken_;
}

void line_splitter::finish(const std::function<void(std::string_view)>& on_line) {
  if (!rest_.empty()) on_line(rest_);
  rest_.clear();
}

} // namespace dockhost::docker
