// SPDX-License-Identifier: MIT
#include "actors/node/node_metrics.hpp"

#include <algorithm>
#include <utility>

namespace dockhost::actors {

counted_command counted_command_of(std::string_view event) {
  static constexpr std::pair<std::string_view, counted_command> events[] = {
      {"create-container", counted_command::create},
      {"start-container", counted_command::start},
      {"stop-container", counted_command::stop},
      {"delete-container", counted_command::remove},
      {"list-containers", counted_command::list},
      {"start_container", counted_command::create},
      {"resume_container", counted_command::start},
      {"stop_container", counted_command::stop},
      {"delete_container", counted_command::remove},
      {"check_if_container_exists", counted_command::check},
      {"check_if_container_running", counted_command::check},
  };
  for (const auto& [name, what] : events) {
    if (name == event) return what;
  }
  return counted_command::other;
}

void node_metrics::finished(counted_command what, const std::optional<error>& failure,
                            std::chrono::nanoseconds took) {
  auto& of = commands[static_cast<std::size_t>(what)];
  of.outcomes[failure ? 1 + static_cast<std::size_t>(failure->code) : 0].add();
  of.seconds.observe(took);
}

void node_metrics::refused(std::string_view code) {
  const auto found = std::find(refusal_labels.begin(), refusal_labels.end() - 1, code);
  live_refusals[static_cast<std::size_t>(found - refusal_labels.begin())].add();
}

} // namespace dockhost::actors
