// SPDX-License-Identifier: MIT
// Regular expressions of strangers: linear in time, bounded in memory (RE2).
#pragma once

#include "core/result.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace dockhost::platform {

/// Safe from any thread; copies share what was compiled.
class pattern {
public:
  static constexpr std::size_t max_length = 1'024;
  /// Of a text: linear in time is still slow where RE2 has to do without its automaton's cache
  /// (four hostile expressions together took 22 s for a mebibyte).
  static constexpr std::size_t max_searched = 16 * 1024;

  /// RE2's syntax, UTF-8. Refused, with a reason for a person: what is no expression, is longer
  /// than max_length bytes, or makes a program of more than 500 steps.
  [[nodiscard]] static basic_result<pattern, std::string> compile(std::string_view expression);

  /// Whether it occurs in the first max_searched bytes of `text`, which may be any.
  [[nodiscard]] bool occurs_in(std::string_view text) const;

private:
  struct compiled;
  explicit pattern(std::shared_ptr<const compiled> what) : compiled_(std::move(what)) {}
  std::shared_ptr<const compiled> compiled_;
};

} // namespace dockhost::platform
