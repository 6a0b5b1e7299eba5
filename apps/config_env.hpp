// SPDX-License-Identifier: MIT
// The environment and the .env file.
#pragma once

#include "apps/config.hpp"

#include <map>
#include <string>

namespace dockhost::apps {

/// Variable -> its value, and where it stands for messages.
struct variable {
  std::string value;
  std::string where;
};
using variables = std::map<std::string, variable, std::less<>>;

/// Applies, lowest first:
///  - DOCKER_HOST, DOCKER_TLS_VERIFY, DOCKER_CERT_PATH, as the docker program reads them
///  - MAIN_SERVER, then MAIN_SERVER_BACKEND_URL
///  - DOCKHOST_API_KEY_FILE, DOCKHOST_API_KEY
///  - DOCKHOST_SECTION__KEY for every option
/// An empty value counts as unset, save in the last form. A DOCKHOST_A__B that is no option is a
/// warning.
void apply_variables(loaded_config& config, const variables& all, layer from);

/// Reads a .env file, and applies it.
void apply_env_file(loaded_config& config, const std::string& path);

} // namespace dockhost::apps
