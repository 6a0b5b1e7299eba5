// SPDX-License-Identifier: MIT
// Every container of the engine as browsers are shown it, ours and others', and what changes.
//
// Ours are what the fleet says. Of others the engine's events tell at once, and listings tell what
// the events did not; where the two contradict each other, a look decides.
#pragma once

#include "core/container_view.hpp"
#include "docker/engine.hpp"
#include "protocol/reports.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace dockhost::actors {

/// Changes in their order; a removed container has the state `absent`, and its last fields.
using container_changes = std::vector<protocol::container_report>;

class container_directory {
public:
  using time_point = std::chrono::steady_clock::time_point;

  struct entry {
    protocol::container_report report;
    bool own = false;
    std::vector<protocol::bound_port> bound; ///< when it was last seen running
    bool fixed = false;                      ///< it binds these, and no others, at each start
    std::int64_t told_nano = 0;              ///< the engine's time of the last event
    std::int64_t as_of_nano = 0; ///< our clock when the last listing or look was asked for
    time_point heard{};          ///< when an event was last applied
  };

  /// All of ours; those that are not named are gone.
  void own_listed(const inventory& all, container_changes& out);
  void own_changed(const container_view& view, container_changes& out);

  /// Gives the ids of those that somebody should look at: of which the listing contradicts what is
  /// known. The engine tells of a change a little before its listings show it.
  [[nodiscard]] std::vector<std::string>
  foreign_listed(const std::vector<docker::container_summary>& all, time_point taken,
                 std::int64_t taken_unix_nano, container_changes& out);
  /// An event of a container that is not ours. True: somebody should look at it (inspect).
  [[nodiscard]] bool heard(const docker::container_event& e, time_point now,
                           container_changes& out);
  /// What a look found that was asked for at `asked`. True: it was overtaken, look again.
  [[nodiscard]] bool looked(const docker::container_details& details, time_point asked,
                            std::int64_t asked_unix_nano, container_changes& out);
  /// The states of others are unknown from now on. (The fleet says so of ours.)
  void engine_lost(container_changes& out);

  enum class found { one, none, several };
  struct lookup {
    found how = found::none;
    const entry* what = nullptr;
  };
  /// By full id, unique prefix of at least 12 characters, or name.
  [[nodiscard]] lookup find(std::string_view wanted) const;

  [[nodiscard]] const std::map<std::string, entry>& all() const { return entries_; }

private:
  void put(entry& e, protocol::container_report next, container_changes& out);
  void remove(const std::string& id, container_changes& out);
  void note_gone(const std::string& id, time_point when, std::int64_t nano);

  struct tombstone {
    time_point when;
    std::int64_t nano = 0;
  };
  std::map<std::string, entry> entries_;   ///< by id
  std::map<std::string, std::string> own_; ///< username -> id
  std::map<std::string, tombstone> gone_;  ///< until a later listing
};

/// Whether browsers would be told the same of both.
[[nodiscard]] bool same_on_the_wire(const protocol::container_report& a,
                                    const protocol::container_report& b);

} // namespace dockhost::actors
