// SPDX-License-Identifier: MIT
// The docker program's command lines. Pure. Each is an argument vector; words from outside stand
// after
// "--" or behind the "=" of an option, where they can't be taken for one.
#pragma once

#include "docker/engine.hpp"

namespace dockhost::docker {

using arguments = std::vector<std::string>;

/// Never pulls. `spec.env` entries must hold a "=" (the program would look up its own environment).
[[nodiscard]] arguments cli_create(const container_spec& spec);
[[nodiscard]] arguments cli_list(const list_filter& filter); ///< prints full ids, one per line
[[nodiscard]] arguments cli_inspect(const std::vector<std::string>& ids); ///< one JSON per line
[[nodiscard]] arguments cli_stats(const std::string& id); ///< one look; prints one JSON
[[nodiscard]] arguments cli_stop(const std::string& id, std::chrono::seconds grace);
[[nodiscard]] arguments cli_remove(const std::string& id);
/// start, pause, unpause
[[nodiscard]] arguments cli_change(std::string verb, const std::string& id);
[[nodiscard]] arguments cli_put_archive(const std::string& id); ///< the archive is its stdin
[[nodiscard]] arguments cli_get_archive(const std::string& id, const std::string& path);
[[nodiscard]] arguments cli_image_inspect(const std::string& image);
[[nodiscard]] arguments cli_pull(const std::string& image);
[[nodiscard]] arguments cli_network_inspect(const std::string& name);
[[nodiscard]] arguments cli_network_create(const network_spec& spec);
[[nodiscard]] arguments cli_events(std::int64_t since_unix_nano);
[[nodiscard]] arguments cli_logs(const log_request& request);
[[nodiscard]] arguments cli_version();
[[nodiscard]] arguments cli_info();

} // namespace dockhost::docker
