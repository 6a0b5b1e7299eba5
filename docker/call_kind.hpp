// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace dockhost::docker {

/// One per call of docker/engine.hpp.
enum class call_kind {
  info,
  list,
  inspect,
  stats,
  create,
  put_archive,
  get_archive,
  start,
  stop,
  unpause,
  pause,
  remove,
  has_image,
  pull,
  ensure_network,
  events,
  logs,
};

inline constexpr int call_kind_count = 17;

[[nodiscard]] std::string_view to_string(call_kind kind);

} // namespace dockhost::docker
