// SPDX-License-Identifier: MIT
#include "apps/node_hooks.hpp"

#ifdef DOCKHOST_FAULT_POINTS
#include "platform/file.hpp"

#include <cstdlib>
#include <string_view>
#include <unistd.h>
#endif

namespace dockhost::apps {

std::optional<actors::kill_actor> actor_to_kill() {
#ifdef DOCKHOST_FAULT_POINTS
  const char* path = std::getenv("DOCKHOST_KILL_ACTOR");
  if (path == nullptr || ::access(path, R_OK) != 0) return std::nullopt;
  auto text = platform::read_file(path, 4096);
  ::unlink(path);
  if (!text.ok()) return std::nullopt;
  auto name = std::move(text).value();
  while (!name.empty() && name.back() == '\n')
    name.pop_back();
  constexpr std::string_view container = "container ";
  if (name.starts_with(container))
    return actors::kill_actor{"container", name.substr(container.size())};
  return actors::kill_actor{name, {}};
#else
  return std::nullopt;
#endif
}

} // namespace dockhost::apps
