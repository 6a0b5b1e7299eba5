// SPDX-License-Identifier: MIT
#include "actors/live/usage_route.hpp"

#include <utility>

namespace dockhost::actors {

void usage_route::process_named(std::int64_t pid, time_point now) {
  named_ = pid > 0;
  if (named_) return;
  by_engine_ = true;
  again_ = now + files_again;
}

bool usage_route::read(bool from_files) {
  if (from_files) by_engine_ = named_ = false;
  return std::exchange(last_from_files_, from_files) != from_files;
}

usage_route::miss usage_route::files_missed(time_point now) {
  if (!by_engine_ && !named_) return miss::ask_process;
  by_engine_ = true;
  named_ = false;
  again_ = now + files_again;
  return miss::ask_engine;
}

} // namespace dockhost::actors
