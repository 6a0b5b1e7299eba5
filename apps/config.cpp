// SPDX-License-Identifier: MIT
#include "apps/config.hpp"

#include "apps/api_key.hpp"
#include "apps/config_env.hpp"
#include "apps/config_layers.hpp"

#include <algorithm>
#include <iterator>

#include <unistd.h>

namespace dockhost::apps {

namespace {

layer layer_of(const loaded_config& config, std::string_view name) {
  const auto found = config.origins.find(name);
  return found == config.origins.end() ? layer::defaults : found->second.from;
}

/// Of a key and a key file the one from the higher layer counts; in the same layer, the key.
void resolve_api_key(loaded_config& config, const std::string& credentials) {
  auto& server = config.values.server;
  if (!server.api_key.empty() && !server.api_key_file.empty()) {
    if (layer_of(config, "server.api_key_file") > layer_of(config, "server.api_key")) {
      server.api_key.clear();
    } else {
      server.api_key_file.clear();
    }
  }
  if (auto found = find_api_key(server.api_key, server.api_key_file, credentials); !found) {
    const auto named = config.origins.find("server.api_key_file");
    config.problems.push_back({severity::error,
                               named == config.origins.end() ? "" : named->second.where,
                               found.err().message});
  }
}

/// A problem's message begins with the option's name: says where that was set.
void locate(loaded_config& config, problem& p) {
  const auto name = std::string_view(p.message).substr(0, p.message.find(' '));
  const auto found = config.origins.find(name);
  if (found != config.origins.end()) p.where = found->second.where;
}

} // namespace

std::string to_string(const problem& p) {
  std::string out = p.level == severity::error ? "error: " : "warning: ";
  if (!p.where.empty()) out += p.where + ": ";
  return out + p.message;
}

bool loaded_config::ok() const {
  return std::none_of(problems.begin(), problems.end(),
                      [](const problem& p) { return p.level == severity::error; });
}

void note_assignment(loaded_config& config, const option& which, layer from, std::string where,
                     const std::optional<std::string>& problem_text) {
  if (problem_text) {
    config.problems.push_back(
        {severity::error, std::move(where), std::string(which.name) + ": " + *problem_text});
    return;
  }
  config.origins[std::string(which.name)] = {from, std::move(where)};
}

void set_from_text(loaded_config& config, const option& which, std::string_view text, layer from,
                   std::string where) {
  const auto wrong = assign_text(which.where, which.bytes, text, config.values);
  note_assignment(config, which, from, std::move(where), wrong);
}

loaded_config load_config(const config_sources& sources, const address_checks& checks) {
  loaded_config config;
  if (!sources.file.empty()) apply_file(config, sources.file);
  if (!sources.env_file.empty()) apply_env_file(config, sources.env_file);
  variables environment;
  for (const auto& [name, value] : sources.environment) {
    environment[name] = {value, "environment variable " + name};
  }
  apply_variables(config, environment, layer::environment);
  for (const auto& [name, text] : sources.flags) {
    set_from_text(config, *find_option(name), text, layer::flags, "command line");
  }
  const auto credentials = sources.environment.find("CREDENTIALS_DIRECTORY");
  resolve_api_key(config, credentials == sources.environment.end() ? "" : credentials->second);
  for (auto& each : validate(config.values, checks)) {
    locate(config, each);
    config.problems.push_back(std::move(each));
  }
  return config;
}

std::string default_config_file(const std::string& executable, const std::string& root) {
  constexpr std::string_view name = "/etc/dockhost/dockhost.toml";
  const auto up = [](const std::string& path) { return path.substr(0, path.find_last_of('/')); };
  for (const auto& candidate : {root + std::string(name), up(up(executable)) + std::string(name)}) {
    if (::access(candidate.c_str(), F_OK) == 0) return candidate;
  }
  return {};
}

} // namespace dockhost::apps
