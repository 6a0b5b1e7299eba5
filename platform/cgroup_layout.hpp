// SPDX-License-Identifier: MIT
// Where a process's cgroups are: v1 (a hierarchy per controller), v2 (one for all), or both side by
// side. Pure: text of /proc files in, paths out. Lines that are no such thing are passed over.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dockhost::platform {

/// One hierarchy as this process sees it mounted (proc(5), /proc/PID/mountinfo).
struct cgroup_mount {
  bool unified = false;                 ///< v2
  std::vector<std::string> controllers; ///< v1: "cpu", "memory", ...
  std::string root;                     ///< the group that the mount point shows
  std::string mount_point;

  friend bool operator==(const cgroup_mount&, const cgroup_mount&) = default;
};
[[nodiscard]] std::vector<cgroup_mount> parse_cgroup_mounts(std::string_view mountinfo);

/// A process's group in one hierarchy (cgroups(7), /proc/PID/cgroup).
struct cgroup_membership {
  bool unified = false;
  std::vector<std::string> controllers; ///< v1
  std::string path;                     ///< from the hierarchy's root

  friend bool operator==(const cgroup_membership&, const cgroup_membership&) = default;
};
[[nodiscard]] std::vector<cgroup_membership> parse_cgroup_memberships(std::string_view text);

struct cgroup_folder {
  std::string path;
  bool unified = false;

  friend bool operator==(const cgroup_folder&, const cgroup_folder&) = default;
};

/// The folder of a container's group for one controller: v1's where that controller has a hierarchy
/// of its own, else v2's. The process may be in a group below the container's, which an init inside
/// it has made; and where its path does not name the container at all, it is not the container's,
/// and there is none.
[[nodiscard]] std::optional<cgroup_folder>
container_cgroup(const std::vector<cgroup_membership>& memberships,
                 const std::vector<cgroup_mount>& mounts, std::string_view controller,
                 std::string_view container_id);

} // namespace dockhost::platform
