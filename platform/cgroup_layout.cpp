// SPDX-License-Identifier: MIT
#include "platform/cgroup_layout.hpp"

#include "platform/text_fields.hpp"

#include <algorithm>

namespace dockhost::platform {

namespace {

std::vector<std::string> comma_separated(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const auto end = std::min(text.find(','), text.size());
    if (end > 0) out.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

/// Undoes mountinfo's octal escapes: "\040" is a blank.
std::string unescaped(std::string_view text) {
  const auto octal = [](char c) { return c >= '0' && c <= '7'; };
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 3 < text.size() && octal(text[i + 1]) && octal(text[i + 2]) &&
        octal(text[i + 3])) {
      out += static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 +
                               (text[i + 3] - '0'));
      i += 3;
    } else {
      out += text[i];
    }
  }
  return out;
}

bool has(const std::vector<std::string>& all, std::string_view wanted) {
  return std::find(all.begin(), all.end(), wanted) != all.end();
}

/// `path` up to the end of the component that names the container.
std::optional<std::string_view> container_part(std::string_view path, std::string_view id) {
  if (id.empty()) return std::nullopt;
  const auto at = path.find(id);
  if (at == std::string_view::npos) return std::nullopt;
  return path.substr(0, std::min(path.find('/', at), path.size()));
}

/// Where `path` of a hierarchy is below the mount; nothing where the mount does not show it.
std::optional<std::string> below(const cgroup_mount& mount, std::string_view path) {
  if (mount.root != "/") {
    if (!path.starts_with(mount.root)) return std::nullopt;
    path.remove_prefix(mount.root.size());
    if (!path.empty() && path.front() != '/') return std::nullopt;
  }
  // A group outside of our cgroup namespace: the mount does not reach there.
  if (path.starts_with("/..")) return std::nullopt;
  return mount.mount_point + (path == "/" ? std::string() : std::string(path));
}

} // namespace

std::vector<cgroup_mount> parse_cgroup_mounts(std::string_view mountinfo) {
  std::vector<cgroup_mount> out;
  std::string_view line;
  while (next_line(mountinfo, line)) {
    // ID PARENT DEVICE ROOT MOUNT_POINT OPTIONS [FIELDS...] - TYPE SOURCE SUPER_OPTIONS
    for (int skipped = 0; skipped < 3; ++skipped)
      (void)next_word(line);
    const auto root = next_word(line);
    const auto mount_point = next_word(line);
    auto word = next_word(line);
    while (!word.empty() && word != "-")
      word = next_word(line);
    const auto type = next_word(line);
    (void)next_word(line);
    const auto options = next_word(line);
    if (type != "cgroup" && type != "cgroup2") continue;
    cgroup_mount mount;
    mount.unified = type == "cgroup2";
    if (!mount.unified) mount.controllers = comma_separated(options);
    mount.root = unescaped(root);
    mount.mount_point = unescaped(mount_point);
    out.push_back(std::move(mount));
  }
  return out;
}

std::vector<cgroup_membership> parse_cgroup_memberships(std::string_view text) {
  std::vector<cgroup_membership> out;
  std::string_view line;
  while (next_line(text, line)) {
    // HIERARCHY:CONTROLLERS:PATH; the path may hold colons.
    const auto first = line.find(':');
    const auto second = first == line.npos ? line.npos : line.find(':', first + 1);
    if (second == line.npos || second + 1 >= line.size() || line[second + 1] != '/') continue;
    cgroup_membership member;
    const auto controllers = line.substr(first + 1, second - first - 1);
    member.unified = line.substr(0, first) == "0" && controllers.empty();
    if (!member.unified) member.controllers = comma_separated(controllers);
    member.path = line.substr(second + 1);
    out.push_back(std::move(member));
  }
  return out;
}

std::optional<cgroup_folder> container_cgroup(const std::vector<cgroup_membership>& memberships,
                                              const std::vector<cgroup_mount>& mounts,
                                              std::string_view controller,
                                              std::string_view container_id) {
  const auto look = [&](bool unified) -> std::optional<cgroup_folder> {
    for (const auto& member : memberships) {
      if (member.unified != unified || (!unified && !has(member.controllers, controller))) continue;
      const auto path = container_part(member.path, container_id);
      if (!path) continue;
      for (const auto& mount : mounts) {
        if (mount.unified != unified || (!unified && !has(mount.controllers, controller))) continue;
        if (auto found = below(mount, *path)) return cgroup_folder{*std::move(found), unified};
      }
    }
    return std::nullopt;
  };
  if (auto own = look(false)) return own;
  return look(true);
}

} // namespace dockhost::platform
