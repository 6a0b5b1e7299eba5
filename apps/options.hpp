// SPDX-License-Identifier: MIT
// The one table of options: the configuration file, the environment, the flags, the printed
// defaults and conf/dockhost.toml all come from it.
#pragma once

#include "apps/option_value.hpp"

#include <span>
#include <string>
#include <string_view>

namespace dockhost::apps {

struct option {
  std::string_view name; ///< "server.url": the section, then the key
  option_member where;
  std::string_view help; ///< one line
  double min = 0;        ///< of numbers; durations in milliseconds
  double max = 0;        ///< not above `min`: no range
  bool secret = false;
  bool bytes = false;

  [[nodiscard]] std::string_view section() const { return name.substr(0, name.find('.')); }
  [[nodiscard]] std::string_view key() const { return name.substr(name.find('.') + 1); }
};

/// All of them, those of one section together.
[[nodiscard]] std::span<const option> options();

/// nullptr when there is none of that name.
[[nodiscard]] const option* find_option(std::string_view name);

/// The name most like a misspelt one, of options and sections; empty when none is near.
[[nodiscard]] std::string_view nearest_name(std::string_view wrong);

/// "DOCKHOST_SERVER__URL": the variable that sets this option.
[[nodiscard]] std::string variable_name(const option& which);

/// A configuration file with every option at `values`, and its help.
[[nodiscard]] std::string example_file(const settings& values);

} // namespace dockhost::apps
