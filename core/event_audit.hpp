// SPDX-License-Identifier: MIT
// Whether the engine's events told everything: what a listing shows and no event had announced was
// missed. An event may come a little after the listing that already shows what it tells, so a
// difference counts at the listing after that, unless an event has come meanwhile.
#pragma once

#include "core/container_state.hpp"

#include <cstddef>
#include <map>
#include <set>
#include <string>

namespace dockhost {

class event_audit {
public:
  /// An event of that container that tells its state.
  void heard(const std::string& id, container_state state);
  /// A listing was asked for: what is heard from now on may or may not be in it.
  void asked();
  /// It has come, with all containers and their states. Gives how many differences that the one
  /// before it had shown have turned out to be missed. The first listing shows none.
  [[nodiscard]] std::size_t listed(const std::map<std::string, container_state>& all);

private:
  std::map<std::string, container_state> known_; ///< by id, as events can tell it
  std::set<std::string> heard_;                  ///< since the listing was asked for
  std::set<std::string> doubted_;                ///< differences of the last listing
  bool first_ = true;
};

} // namespace dockhost
