// SPDX-License-Identifier: MIT
// Reading the members of a request's payload, each with its own error.
#pragma once

#include "core/error.hpp"
#include "core/user_command.hpp"
#include "json/json.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace dockhost::protocol {

/// A payload that is an object, or null for one that is not: then every field is missing.
class payload_fields {
public:
  explicit payload_fields(const json::value& payload) : payload_(payload) {}

  /// The member under the first of its names that is there; nullptr where none is.
  [[nodiscard]] const json::value* find(std::string_view name, std::string_view other = {}) const;

  /// A valid username. invalid_request where it is missing, else invalid_username.
  [[nodiscard]] result<std::string> username(std::string_view name,
                                             std::string_view other = {}) const;
  /// One normalised line. invalid_request where it is missing, else invalid_key.
  [[nodiscard]] result<std::string> public_key(std::string_view name,
                                               std::string_view other = {}) const;
  /// 1 to 128 characters; empty where it is missing or null.
  [[nodiscard]] result<std::string> request_id() const;
  /// Empty where it is missing or null.
  [[nodiscard]] result<std::string> image() const;
  /// No hint where it can't be one; never an error.
  [[nodiscard]] std::optional<std::uint16_t> starting_port(std::string_view name,
                                                           std::string_view other = {}) const;
  /// Fills in memory, CPUs and pids from `limits`, where given.
  [[nodiscard]] result<unit> limits(create_arguments& out) const;
  /// What may be an id, a prefix of one or a name. invalid_request where it is not a string,
  /// not_found where no container can be called so.
  [[nodiscard]] static result<std::string> container_id(const json::value& field);

private:
  const json::value& payload_;
};

} // namespace dockhost::protocol
