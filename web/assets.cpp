// SPDX-License-Identifier: MIT
#include "web/assets.hpp"

#include <algorithm>

namespace dockhost::web {

const asset* find(std::string_view path) noexcept {
  if (path.starts_with('/')) path.remove_prefix(1);
  if (path.empty()) path = "index.html";
  const auto files = all();
  const auto found = std::ranges::lower_bound(files, path, {}, &asset::path);
  return found != files.end() && found->path == path ? &*found : nullptr;
}

} // namespace dockhost::web
