// SPDX-License-Identifier: MIT
#include "apps/check_config_command.hpp"
#include "apps/command_line.hpp"
#include "apps/doctor_command.hpp"
#include "apps/load.hpp"
#include "apps/log.hpp"
#include "apps/node_command.hpp"
#include "apps/token_command.hpp"
#include "platform/log.hpp"
#include "platform/signals.hpp"

#include <cstdlib>
#include <exception>
#include <iostream>

namespace {

using namespace dockhost;

/// The node's story up to the point where the actors take over.
int node(const apps::command_line& line) {
  // 1. Signals wait for the one thread that asks for them, so they are blocked before any other.
  platform::block_signals();
  // 2. Settings, with everything that is wrong with them at once.
  const auto load = [flags = line.config] {
    return apps::load_config(apps::find_sources(flags), apps::make_address_checks());
  };
  const auto config = load();
  platform::add_secret(config.values.server.api_key);
  if (!config.ok()) {
    apps::print_problems(config.problems);
    return apps::exit_usage;
  }
  // 3. The log, and in it what is doubtful about the settings.
  const char* debug = std::getenv("DEBUG");
  apps::start_log(config.values, debug == nullptr ? "" : debug);
  for (const auto& each : config.problems) {
    platform::log(platform::log_level::warn, "config", "config.warning", each.message,
                  {{"where", each.where}});
  }
  // 4. The node, until it is told to stop.
  const int code = apps::run_node(config.values, {line.print_tree, load});
  apps::stop_log();
  return code;
}

int run(int argc, char** argv) {
  int exit_code = apps::exit_ok;
  const auto line = apps::parse_command_line(argc, argv, exit_code);
  if (!line) return exit_code;
  switch (line->what) {
  case apps::command::node: return node(*line);
  case apps::command::check_config: return apps::run_check_config(*line);
  case apps::command::doctor: return apps::run_doctor(*line);
  case apps::command::token_new: return apps::run_token_new(*line);
  case apps::command::version: std::cout << "dockhost " DOCKHOST_VERSION "\n"; return apps::exit_ok;
  }
  return apps::exit_usage;
}

} // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& e) { // out of memory, at most: errors are values everywhere else
    std::cerr << "dockhost: " << e.what() << "\n";
    return apps::exit_failure;
  }
}
