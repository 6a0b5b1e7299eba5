// SPDX-License-Identifier: MIT
#include "json/json.hpp"

#include <cmath>

namespace dockhost::json {

value::value(const value& other) = default;
value::value(value&& other) noexcept = default;
value& value::operator=(const value& other) = default;
value& value::operator=(value&& other) noexcept = default;
value::~value() = default;

bool value::is_number() const {
  return std::holds_alternative<std::int64_t>(v_) || std::holds_alternative<std::uint64_t>(v_) ||
         std::holds_alternative<double>(v_);
}

bool value::get_int(std::int64_t& out) const {
  if (const auto* n = std::get_if<std::int64_t>(&v_)) {
    out = *n;
    return true;
  }
  if (const auto* n = std::get_if<std::uint64_t>(&v_)) {
    if (*n > static_cast<std::uint64_t>(INT64_MAX)) return false;
    out = static_cast<std::int64_t>(*n);
    return true;
  }
  if (const auto* n = std::get_if<double>(&v_)) {
    // 2^63 is a double, INT64_MAX is not: the upper end is open.
    constexpr double end = 9223372036854775808.0;
    if (!(*n >= -end && *n < end) || std::trunc(*n) != *n) return false;
    out = static_cast<std::int64_t>(*n);
    return true;
  }
  return false;
}

bool value::get_double(double& out) const {
  if (const auto* n = std::get_if<std::int64_t>(&v_)) {
    out = static_cast<double>(*n);
  } else if (const auto* u = std::get_if<std::uint64_t>(&v_)) {
    out = static_cast<double>(*u);
  } else if (const auto* d = std::get_if<double>(&v_)) {
    out = *d;
  } else {
    return false;
  }
  return true;
}

const value* value::find(std::string_view key) const {
  const auto* members = as_object();
  if (members == nullptr) return nullptr;
  for (const auto& [name, member] : *members) {
    if (name == key) return &member;
  }
  return nullptr;
}

} // namespace dockhost::json
