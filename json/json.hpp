// SPDX-License-Identifier: MIT
// Text <-> value with one guard for every entrance: size, nesting depth and encoding are bounded
// before a tree is built (RapidJSON's default parser recurses, and a million brackets would end the
// process).
#pragma once

#include "core/result.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace dockhost::json {

class value;
using array = std::vector<value>;
/// Members in their order; of duplicate keys the last wins, as in JavaScript.
using object = std::vector<std::pair<std::string, value>>;

/// One JSON value. Integers beyond 64 bits become doubles, as in JavaScript.
class value {
public:
  value() = default; ///< null
  // Defined in the source: variant's moves are long, and g++ 12 warns falsely where it inlines
  // them.
  value(const value& other);
  value(value&& other) noexcept;
  value& operator=(const value& other);
  value& operator=(value&& other) noexcept;
  ~value();
  value(std::nullptr_t) {}
  value(bool b) : v_(b) {}
  value(int n) : v_(static_cast<std::int64_t>(n)) {}
  value(std::int64_t n) : v_(n) {}
  value(std::uint64_t n) : v_(n) {}
  value(double n) : v_(n) {}
  value(std::string s) : v_(std::move(s)) {}
  value(std::string_view s) : v_(std::string(s)) {}
  value(const char* s) : v_(std::string(s)) {}
  value(array a) : v_(std::move(a)) {}
  value(object o) : v_(std::move(o)) {}

  [[nodiscard]] bool is_null() const { return std::holds_alternative<std::monostate>(v_); }
  [[nodiscard]] const bool* as_bool() const { return std::get_if<bool>(&v_); }
  [[nodiscard]] const std::string* as_string() const { return std::get_if<std::string>(&v_); }
  [[nodiscard]] const array* as_array() const { return std::get_if<array>(&v_); }
  [[nodiscard]] const object* as_object() const { return std::get_if<object>(&v_); }
  [[nodiscard]] array* as_array() { return std::get_if<array>(&v_); }
  [[nodiscard]] object* as_object() { return std::get_if<object>(&v_); }
  [[nodiscard]] bool is_number() const;
  /// True and `out` set when this is a number with an integral value that fits (1.0 is 1).
  [[nodiscard]] bool get_int(std::int64_t& out) const;
  /// True and `out` set when this is any number.
  [[nodiscard]] bool get_double(double& out) const;

  /// The member of an object, else nullptr (also when this is no object).
  [[nodiscard]] const value* find(std::string_view key) const;

  [[nodiscard]] const auto& storage() const { return v_; }

  friend bool operator==(const value&, const value&) = default;

private:
  std::variant<std::monostate, bool, std::int64_t, std::uint64_t, double, std::string, array,
               object>
      v_;
};

struct limits {
  std::size_t max_bytes = 16 * 1024 * 1024;
  std::size_t max_depth = 64;
  std::size_t max_values = 1'000'000; ///< bounds the tree's memory
};

struct parse_error {
  std::string message;
  std::size_t offset = 0;
};

/// Parses one whole document; trailing bytes other than white space, invalid UTF-8 and lone
/// surrogates are errors.
[[nodiscard]] basic_result<value, parse_error> parse(std::string_view text,
                                                     const limits& bounds = {});

/// Compact text. Doubles that are not finite become null, as in JavaScript.
[[nodiscard]] std::string dump(const value& v);
/// Appends to `out` instead.
void dump_to(std::string& out, const value& v);
/// Appends `s` as a JSON string with its quotes.
void dump_string(std::string& out, std::string_view s);

} // namespace dockhost::json
