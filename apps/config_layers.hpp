// SPDX-License-Identifier: MIT
// What the readers of the single sources share.
#pragma once

#include "apps/config.hpp"
#include "apps/options.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace dockhost::apps {

/// Notes where an option's value came from, or what was wrong with it (`problem_text`).
void note_assignment(loaded_config& config, const option& which, layer from, std::string where,
                     const std::optional<std::string>& problem_text);

/// Sets `which` from a text.
void set_from_text(loaded_config& config, const option& which, std::string_view text, layer from,
                   std::string where);

/// Applies a TOML file. Unknown names, wrong types, bad syntax and unreadable files become errors
/// with their line.
void apply_file(loaded_config& config, const std::string& path);
/// The same from text; `name` is what messages call it.
void apply_toml(loaded_config& config, std::string_view text, const std::string& name);

} // namespace dockhost::apps
