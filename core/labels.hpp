// SPDX-License-Identifier: MIT
// The labels that all state can be rebuilt from (ENGINE_NOTES, "Labels"), written at create and
// read at every look.
#pragma once

#include "core/container_view.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace dockhost {

using label_map = std::map<std::string, std::string>;

struct container_identity {
  std::string node_id;
  std::string username;
  std::string op_id;
  std::string fingerprint;
  port_block block;
};

[[nodiscard]] label_map make_labels(const container_identity& identity);

/// The username on a container that this node owns; nothing when it isn't ours: no or another
/// node's id, or no user.
[[nodiscard]] std::optional<std::string> owner_of(const label_map& labels,
                                                  std::string_view node_id);

/// What labels tell of one of our containers; id, name, image, state and created are the caller's
/// to fill.
[[nodiscard]] container_view view_from_labels(const label_map& labels);

/// Seconds since 1970 as ISO 8601 with microseconds and offset: "2024-01-02T03:04:05.000000+00:00".
[[nodiscard]] std::string iso_time(std::int64_t unix_seconds);

} // namespace dockhost
