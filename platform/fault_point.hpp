// SPDX-License-Identifier: MIT
// Places where the crash tests kill the process. Nothing at all in a normal build.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace dockhost::platform {

/// What a point stands before and after: every call of the engine that a node makes, and every
/// write to its journal. The crash test fails where it does not reach each of them.
enum class fault_call {
  engine_info,
  engine_list,
  engine_inspect,
  engine_stats,
  engine_ensure_network,
  engine_create,
  engine_get_archive,
  engine_put_archive,
  engine_start,
  engine_stop,
  engine_unpause,
  engine_remove,
  engine_pull,
  engine_events,
  engine_logs,
  journal_open,
  journal_begin,
  journal_answer,
  journal_delivered,
  journal_quarantine,
  journal_purge
};

/// Their names, in that order.
inline constexpr std::array<std::string_view, 21> fault_call_names = {
    "engine.info",           "engine.list",    "engine.inspect",     "engine.stats",
    "engine.ensure_network", "engine.create",  "engine.get_archive", "engine.put_archive",
    "engine.start",          "engine.stop",    "engine.unpause",     "engine.remove",
    "engine.pull",           "engine.events",  "engine.logs",        "journal.open",
    "journal.begin",         "journal.answer", "journal.delivered",  "journal.quarantine",
    "journal.purge"};
static_assert(fault_call_names.size() == static_cast<std::size_t>(fault_call::journal_purge) + 1);

/// The call with the name `group`.`what`; nothing where there is none.
constexpr std::optional<fault_call> fault_call_named(std::string_view group,
                                                     std::string_view what) {
  for (std::size_t i = 0; i < fault_call_names.size(); ++i) {
    const auto name = fault_call_names[i];
    if (name.size() == group.size() + 1 + what.size() && name.starts_with(group) &&
        name[group.size()] == '.' && name.ends_with(what))
      return static_cast<fault_call>(i);
  }
  return std::nullopt;
}

/// `after`: the call has answered; of a stream: it has been asked for.
enum class fault_side { before, after };

#ifdef DOCKHOST_FAULT_POINTS
/// Counts this pass. It is named "engine.create.before:2", the number counting the passes of that
/// point, on all threads, from 1. DOCKHOST_FAULT_TRACE=FILE appends the name of each pass, a line
/// each, before anything else; DOCKHOST_FAULT_KILL=PASS ends the process there with SIGKILL;
/// DOCKHOST_FAULT_STOP=PASS halts it there (SIGSTOP) until it gets SIGCONT.
void fault_point(fault_call call, fault_side side);
#else
inline void fault_point(fault_call, fault_side) {}
#endif

} // namespace dockhost::platform
