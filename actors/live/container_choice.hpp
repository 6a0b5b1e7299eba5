// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <set>
#include <string>
#include <utility>

namespace dockhost::actors {

/// Which containers a client wants to hear of: these, or all but these. By full id.
class container_choice {
public:
  /// All of them, also those that are still to come.
  container_choice() = default;
  [[nodiscard]] static container_choice only(std::set<std::string> ids) {
    container_choice out;
    out.open_ = false;
    out.named_ = std::move(ids);
    return out;
  }

  [[nodiscard]] bool contains(const std::string& id) const { return open_ != named_.contains(id); }
  /// Whether those that are still to come are among them.
  [[nodiscard]] bool open() const { return open_; }
  [[nodiscard]] bool everything() const { return open_ && named_.empty(); }
  [[nodiscard]] bool nothing() const { return !open_ && named_.empty(); }
  /// Whether each of these is one of `other`, too.
  [[nodiscard]] bool within(const container_choice& other) const {
    if (open_) return other.open_ && std::ranges::includes(named_, other.named_);
    return std::ranges::all_of(named_, [&](const auto& id) { return other.contains(id); });
  }

  /// `gone(id)`: there is no such container any more; of those nothing need be remembered.
  template <class Gone>
  void leave(const std::set<std::string>& ids, const Gone& gone) {
    if (open_) {
      named_.insert(ids.begin(), ids.end());
      std::erase_if(named_, gone);
    } else {
      std::erase_if(named_, [&](const auto& id) { return ids.contains(id); });
    }
  }

private:
  bool open_ = true;
  std::set<std::string> named_; ///< of an open one: those that it is without
};

} // namespace dockhost::actors
