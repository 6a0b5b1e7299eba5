// SPDX-License-Identifier: MIT
#pragma once

#include "core/lifecycle.hpp"
#include "docker/engine.hpp"

namespace dockhost::actors {

/// The engine seam's error as the class that lifecycle decisions depend on.
[[nodiscard]] lifecycle::call_failure to_call_failure(const docker::engine_error& e);

} // namespace dockhost::actors
