// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string_view>

namespace dockhost::apps {

/// Insertions, deletions and replacements between two short words.
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b);

/// Finds the candidate that a misspelt word was most likely meant to be: at most a third of its
/// letters, and at least one, may differ.
class nearest {
public:
  explicit nearest(std::string_view wrong) : wrong_(wrong), distance_(wrong.size() / 3 + 2) {}

  /// `candidate` must outlive the search.
  void consider(std::string_view candidate);
  /// Empty when none is near.
  [[nodiscard]] std::string_view best() const { return best_; }

private:
  std::string_view wrong_;
  std::string_view best_;
  std::size_t distance_;
};

} // namespace dockhost::apps
