// SPDX-License-Identifier: MIT
#pragma once

#include "core/container_view.hpp"
#include "core/error.hpp"

#include <optional>
#include <string>
#include <vector>

namespace dockhost::protocol {

/// How a request ended, free of any dialect. Which of the data belongs to which command:
/// create, start, stop and delete tell `container` (a conflict tells the existing one), list tells
/// `containers`, the checks tell `holds`.
struct outcome {
  std::optional<error> failure; ///< nothing: success
  std::string message;          ///< of a success, for a person
  std::optional<container_view> container;
  std::optional<std::vector<container_view>> containers;
  std::optional<bool> holds;
};

} // namespace dockhost::protocol
