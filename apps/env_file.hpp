// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace dockhost::apps {

struct env_line {
  std::string name;
  std::string value;
  int line = 0;
};

struct env_file_content {
  std::vector<env_line> lines;
  std::vector<std::pair<int, std::string>> errors; ///< line, what is wrong with it
};

/// A `.env` file: NAME=value lines, optionally after `export`; comments from # on (in a value only
/// after a blank). 'single quotes' are literal; in "double quotes" \n \t \r \" \\ \$ are escapes.
/// Nothing is expanded: $HOME stays $HOME.
[[nodiscard]] env_file_content parse_env_file(std::string_view text);

} // namespace dockhost::apps
