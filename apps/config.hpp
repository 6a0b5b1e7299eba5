// SPDX-License-Identifier: MIT
// Settings from all their sources: defaults < file < .env < environment < flags.
#pragma once

#include "core/settings.hpp"

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace dockhost::apps {

enum class severity { warning, error };

struct problem {
  severity level = severity::error;
  std::string where; ///< "conf/dockhost.toml:12", "environment variable X", "flag --y", or empty
  std::string message;

  friend bool operator==(const problem&, const problem&) = default;
};

/// "error: FILE:12: ..." on one line.
[[nodiscard]] std::string to_string(const problem& p);

/// Judges an address: empty when it is good, else why not. Given from outside, because the forms
/// belong to other layers.
using address_check = std::function<std::string(const std::string&)>;

struct address_checks {
  address_check server_url;
  address_check engine_host;
};

/// Which layer an option's value came from; later ones stand above earlier ones.
enum class layer { defaults, file, env_file, environment, flags };

struct origin {
  layer from = layer::defaults;
  std::string where; ///< as in `problem`
};

struct config_sources {
  std::string file;                                       ///< empty: none
  std::string env_file;                                   ///< empty: none
  std::map<std::string, std::string> environment;         ///< of the process
  std::vector<std::pair<std::string, std::string>> flags; ///< option name, text
};

struct loaded_config {
  settings values;
  std::map<std::string, origin, std::less<>> origins; ///< of options that are not at their default
  std::vector<problem> problems;

  [[nodiscard]] bool ok() const; ///< no errors; warnings don't count
};

/// Reads all sources, then the API key where a file names it, then validates. Goes on after an
/// error, so that all are reported together. The key itself is in no message.
[[nodiscard]] loaded_config load_config(const config_sources& sources,
                                        const address_checks& checks = {});

/// What is wrong with settings as they stand: ranges, relations, addresses, files. `where` is
/// empty.
[[nodiscard]] std::vector<problem> validate(const settings& values,
                                            const address_checks& checks = {});

/// The configuration file of a program at `executable` (an absolute path) that was given none:
/// /etc/dockhost/dockhost.toml, then PREFIX/etc/dockhost/dockhost.toml of an installation below
/// PREFIX, then none (empty). `root` stands before the first, for tests.
[[nodiscard]] std::string default_config_file(const std::string& executable,
                                              const std::string& root = {});

} // namespace dockhost::apps
