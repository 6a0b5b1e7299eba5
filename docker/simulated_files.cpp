// SPDX-License-Identifier: MIT
#include "docker/simulated_files.hpp"

#include "core/tar.hpp"

namespace dockhost::docker {
namespace {

std::string_view trimmed(std::string_view path) {
  while (path.starts_with('/'))
    path.remove_prefix(1);
  while (path.ends_with('/'))
    path.remove_suffix(1);
  return path;
}

std::string_view last_part(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == path.npos ? path : path.substr(slash + 1);
}

} // namespace

const simulated_files::node* simulated_files::find(std::string_view path) const {
  if (const auto it = own_.find(path); it != own_.end()) return &it->second;
  if (!image_) return nullptr;
  const auto it = image_->find(path);
  return it != image_->end() ? &it->second : nullptr;
}

void simulated_files::add_folders_above(std::string_view path) {
  for (auto slash = path.find('/'); slash != path.npos; slash = path.find('/', slash + 1)) {
    const auto folder = path.substr(0, slash);
    if (!find(folder)) own_[std::string(folder)] = {true, 0755, {}};
  }
}

bool simulated_files::put(std::string_view tar) {
  tar_reader reader(tar);
  bool any = false;
  while (const auto entry = reader.next()) {
    any = true;
    // The root itself, and what can't be kept here (links, devices), is passed over.
    if (entry->name.empty() || entry->name == ".") continue;
    if (entry->type != tar_type::file && entry->type != tar_type::directory) continue;
    add_folders_above(entry->name);
    own_[entry->name] = {entry->type == tar_type::directory, entry->mode,
                         std::string(entry->content)};
  }
  // An archive without entries is nothing but zeros.
  return any || (tar.size() >= 1024 && tar.find_first_not_of('\0') == tar.npos);
}

std::optional<std::string> simulated_files::get(std::string_view path) const {
  const auto wanted = trimmed(path);
  const auto* top = find(wanted);
  if (!top) return std::nullopt;
  tar_writer writer(0);
  const std::string name(last_part(wanted));
  if (!top->directory) {
    writer.add_file(name, top->mode, top->content);
    return writer.finish();
  }
  tree merged;
  const auto add_below = [&](const tree& from) {
    const auto prefix = std::string(wanted) + "/";
    for (auto it = from.lower_bound(prefix); it != from.end() && it->first.starts_with(prefix);
         ++it)
      merged[it->first.substr(prefix.size())] = it->second;
  };
  if (image_) add_below(*image_);
  add_below(own_);
  writer.add_directory(name, top->mode);
  for (const auto& [below, entry] : merged) {
    if (entry.directory)
      writer.add_directory(name + "/" + below, entry.mode);
    else
      writer.add_file(name + "/" + below, entry.mode, entry.content);
  }
  return writer.finish();
}

std::shared_ptr<const simulated_files::tree> openssh_image_files() {
  static const auto files = std::make_shared<const simulated_files::tree>(simulated_files::tree{
      {"etc", {true, 0755, {}}},
      {"etc/hostname", {false, 0644, "simulated\n"}},
      {"etc/ssh", {true, 0755, {}}},
      {"etc/ssh/sshd_config", {false, 0644, "Include /etc/ssh/sshd_config.d/*.conf\nUsePAM yes\n"}},
      {"etc/ssh/sshd_config.d", {true, 0755, {}}},
      {"root", {true, 0700, {}}},
  });
  return files;
}

} // namespace dockhost::docker
