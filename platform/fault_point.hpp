// SPDX-License-Identifier: MIT
// Places where the crash tests kill the process. Nothing at all in a normal build.
#pragma once

#include <string_view>

namespace dockhost::platform {

#ifdef DOCKHOST_FAULT_POINTS
/// Counts this pass, over all names and threads, from 1. DOCKHOST_FAULT_TRACE=FILE appends a line
/// "N name" per pass; DOCKHOST_FAULT_KILL=N ends the process with SIGKILL at the N-th pass, its
/// line written already.
void fault_point(std::string_view name);
#else
inline void fault_point(std::string_view) {}
#endif

} // namespace dockhost::platform
