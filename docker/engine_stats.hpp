// SPDX-License-Identifier: MIT
// The engine's own account of what a container uses, in its two forms. Pure. `conflict` where the
// container does not run, `failed` where the text is none of this.
#pragma once

#include "core/stats.hpp"
#include "docker/engine.hpp"

#include <string_view>

namespace dockhost::docker {

/// GET /containers/{id}/stats, one document. The clock is the engine's time per core.
[[nodiscard]] engine_result<container_usage> decode_stats(std::string_view text);

/// What `docker stats` prints for one container: rounded to three or four digits, and the CPU
/// percentage instead of the time.
[[nodiscard]] engine_result<container_usage> decode_printed_stats(std::string_view text);

} // namespace dockhost::docker
