// SPDX-License-Identifier: MIT
#include "apps/config_env.hpp"

#include "apps/config_layers.hpp"
#include "apps/env_file.hpp"
#include "platform/file.hpp"

#include <utility>

namespace dockhost::apps {

namespace {

const variable* filled(const variables& all, std::string_view name) {
  const auto found = all.find(name);
  return found == all.end() || found->second.value.empty() ? nullptr : &found->second;
}

void set(loaded_config& config, std::string_view name, std::string_view text, layer from,
         const std::string& where) {
  set_from_text(config, *find_option(name), text, from, where);
}

/// The docker program's: a certificate folder stands for its three files, and asking for
/// verification without one means ~/.docker.
void apply_docker(loaded_config& config, const variables& all, layer from) {
  if (const auto* host = filled(all, "DOCKER_HOST")) {
    set(config, "engine.host", host->value, from, host->where);
  }
  const auto* verify = filled(all, "DOCKER_TLS_VERIFY");
  const auto* folder = filled(all, "DOCKER_CERT_PATH");
  const auto* home = filled(all, "HOME");
  std::string certificates = folder != nullptr ? folder->value : "";
  if (verify != nullptr) {
    set(config, "engine.tls_verify", "true", from, verify->where);
    if (folder == nullptr && home != nullptr) certificates = home->value + "/.docker";
  }
  if (certificates.empty()) return;
  const auto& where = folder != nullptr ? folder->where : verify->where;
  set(config, "engine.ca_file", certificates + "/ca.pem", from, where);
  set(config, "engine.client_cert", certificates + "/cert.pem", from, where);
  set(config, "engine.client_key", certificates + "/key.pem", from, where);
}

void warn_of_unknown(loaded_config& config, const variables& all) {
  for (const auto& [name, value] : all) {
    if (!name.starts_with("DOCKHOST_") || name.find("__") == std::string::npos) continue;
    bool known = false;
    for (const auto& each : options()) {
      known = known || variable_name(each) == name;
    }
    if (known) continue;
    config.problems.push_back({severity::warning, value.where, "names no option"});
  }
}

} // namespace

void apply_variables(loaded_config& config, const variables& all, layer from) {
  apply_docker(config, all, from);
  constexpr std::pair<std::string_view, std::string_view> plain[] = {
      {"MAIN_SERVER", "server.url"},
      {"MAIN_SERVER_BACKEND_URL", "server.url"},
      {"DOCKHOST_API_KEY_FILE", "server.api_key_file"},
      {"DOCKHOST_API_KEY", "server.api_key"},
  };
  for (const auto& [name, option_name] : plain) {
    if (const auto* found = filled(all, name)) {
      set(config, option_name, found->value, from, found->where);
    }
  }
  for (const auto& each : options()) {
    if (const auto found = all.find(variable_name(each)); found != all.end()) {
      set_from_text(config, each, found->second.value, from, found->second.where);
    }
  }
  warn_of_unknown(config, all);
}

void apply_env_file(loaded_config& config, const std::string& path) {
  const auto text = platform::read_file(path);
  if (!text) {
    config.problems.push_back({severity::error, "", text.err().message});
    return;
  }
  auto content = parse_env_file(*text);
  for (auto& [line, message] : content.errors) {
    config.problems.push_back(
        {severity::error, path + ":" + std::to_string(line), std::move(message)});
  }
  variables all;
  for (auto& each : content.lines) { // of a name given twice the last counts, as in a shell
    all[each.name] = {std::move(each.value), path + ":" + std::to_string(each.line)};
  }
  apply_variables(config, all, layer::env_file);
}

} // namespace dockhost::apps
