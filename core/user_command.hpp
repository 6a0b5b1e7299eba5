// SPDX-License-Identifier: MIT
// A validated command for one user's container, free of any dialect, and how it ended.
#pragma once

#include "core/container_view.hpp"
#include "core/error.hpp"
#include "core/lifecycle.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace dockhost {

struct create_arguments {
  std::string public_key; ///< one normalised line
  std::string image;      ///< empty: the configured one
  std::optional<std::uint16_t> port_hint;
  std::optional<std::int64_t> memory_mb;
  std::optional<double> cpus;
  std::optional<std::int64_t> pids;
};

struct user_command {
  std::string op_id; ///< one per command, also a label of the container that a create makes
  lifecycle::command_kind kind = lifecycle::command_kind::start;
  std::string username;     ///< empty where the container is named by id
  std::string container_id; ///< full id, prefix of at least 12 characters, or name; only where
                            ///< username is empty
  create_arguments create;
  std::chrono::milliseconds budget{0}; ///< the answer comes within it, waiting included
};

/// Exactly one per command.
struct command_outcome {
  std::string op_id;
  std::optional<error> failure;            ///< nothing: success
  std::string message;                     ///< of a success, for a person
  std::optional<container_view> container; ///< where there is data to tell
};

} // namespace dockhost
