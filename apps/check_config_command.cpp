// SPDX-License-Identifier: MIT
#include "apps/check_config_command.hpp"

#include "apps/load.hpp"
#include "apps/options.hpp"
#include "platform/log.hpp"

#include <algorithm>
#include <iostream>

namespace dockhost::apps {

namespace {

/// Options that are not at their default, or all, with their origins.
void print_effective(const loaded_config& config) {
  for (const auto& each : options()) {
    auto value = toml_text(each.where, each.bytes, config.values);
    if (each.secret && value != "\"\"") value = "\"***\"";
    const auto found = config.origins.find(each.name);
    std::cout << each.name << " = " << value;
    if (found != config.origins.end()) std::cout << "    # " << found->second.where;
    std::cout << "\n";
  }
}

} // namespace

int run_check_config(const command_line& line) {
  if (line.print_defaults) {
    std::cout << example_file(settings{});
    return exit_ok;
  }
  const auto sources = find_sources(line.config);
  const auto config = load_config(sources, make_address_checks());
  platform::add_secret(config.values.server.api_key);
  if (line.print_effective) print_effective(config);
  print_problems(config.problems);
  const auto errors = std::count_if(config.problems.begin(), config.problems.end(),
                                    [](const problem& p) { return p.level == severity::error; });
  const std::string file = sources.file.empty() ? "no configuration file" : sources.file;
  if (errors > 0) {
    std::cerr << file << ": " << errors << (errors == 1 ? " error" : " errors") << "\n";
    return exit_usage;
  }
  std::cout << file << ": all is well\n";
  return exit_ok;
}

} // namespace dockhost::apps
