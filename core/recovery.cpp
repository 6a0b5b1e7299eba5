// SPDX-License-Identifier: MIT
#include "core/recovery.hpp"

namespace dockhost {

namespace {

recovered_outcome interrupted(const char* left) {
  return {error{errc::shutting_down, std::string("the node ended in the middle of this command; ") +
                                         left + "; try again"},
          {},
          false};
}

recovered_outcome done(const char* message) {
  return {std::nullopt, message, true};
}

bool on_its_way(container_state state) {
  switch (state) {
  case container_state::creating:
  case container_state::created:
  case container_state::starting:
  case container_state::restarting:
  case container_state::stopping:
  case container_state::deleting:
  case container_state::unknown: return true;
  case container_state::absent:
  case container_state::running:
  case container_state::paused:
  case container_state::stopped:
  case container_state::dead: return false;
  }
  return false;
}

} // namespace

std::optional<recovered_outcome>
recover_outcome(lifecycle::command_kind kind, const std::string& op_id, const container_view* now) {
  const bool absent = now == nullptr || now->state == container_state::absent;
  if (!absent && on_its_way(now->state)) return std::nullopt;
  switch (kind) {
  case lifecycle::command_kind::create:
    if (absent) return interrupted("nothing was left behind");
    if (now->op_id == op_id) return done("container created");
    return recovered_outcome{error{errc::conflict, "the user already has a container"}, {}, true};
  case lifecycle::command_kind::start:
    if (absent)
      return recovered_outcome{error{errc::not_found, "the user has no container"}, {}, false};
    return now->state == container_state::running ? done("container started")
                                                  : interrupted("the container was not started");
  case lifecycle::command_kind::stop:
    if (absent)
      return recovered_outcome{error{errc::not_found, "the user has no container"}, {}, false};
    return now->state == container_state::stopped ? done("container stopped")
                                                  : interrupted("the container was not stopped");
  case lifecycle::command_kind::remove:
    return absent ? done("container deleted") : interrupted("the container was not deleted");
  }
  return interrupted("its effect is not known");
}

std::chrono::milliseconds time_left(std::chrono::milliseconds budget, std::int64_t begun_ms,
                                    std::int64_t now_ms) {
  if (now_ms <= begun_ms) return budget;
  const std::uint64_t gone =
      static_cast<std::uint64_t>(now_ms) - static_cast<std::uint64_t>(begun_ms);
  if (gone >= static_cast<std::uint64_t>(budget.count())) return std::chrono::milliseconds(0);
  return budget - std::chrono::milliseconds(static_cast<std::int64_t>(gone));
}

} // namespace dockhost
