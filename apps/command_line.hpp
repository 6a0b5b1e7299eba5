// SPDX-License-Identifier: MIT
// What the user typed.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace dockhost::apps {

enum class command { node, check_config, doctor, token_new, version };

/// The flags that say where settings come from; every command that reads settings has them.
struct config_flags {
  std::string file;                                           ///< --config; empty: the default one
  std::string env_file;                                       ///< --env-file; empty: ./.env
  std::vector<std::pair<std::string, std::string>> overrides; ///< option name, text
};

struct command_line {
  command what = command::version;
  config_flags config;
  bool print_tree = false;     ///< node
  bool print_defaults = false; ///< check-config
  bool print_effective = false;
  bool json = false; ///< doctor
  struct {
    std::string name;
    std::string role = "viewer";
    std::string expires; ///< a duration; empty: never
  } token;               ///< token new
};

inline constexpr int exit_ok = 0;
inline constexpr int exit_failure = 1; ///< at run time
inline constexpr int exit_usage = 2;   ///< wrong flags or configuration

/// nullopt when there is nothing to do: help was printed (`exit_code` 0), or what is wrong with the
/// arguments (2).
[[nodiscard]] std::optional<command_line> parse_command_line(int argc, const char* const* argv,
                                                             int& exit_code);

} // namespace dockhost::apps
