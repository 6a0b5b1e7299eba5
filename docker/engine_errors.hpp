// SPDX-License-Identifier: MIT
// What an engine's complaint means. By its status where there is one; by its words only where the
// engine offers nothing else, and all such words stand in the .cpp file.
#pragma once

#include "docker/call_kind.hpp"
#include "docker/engine.hpp"

namespace dockhost::docker {

/// An answer of the Engine API that is no success. `message` is the body's.
[[nodiscard]] engine_error error_from_status(call_kind kind, int status, std::string message);

/// An error inside the 200 stream of a pull.
[[nodiscard]] engine_error error_from_pull_stream(std::string message);

/// What the docker program wrote to its stderr before it exited with a failure.
[[nodiscard]] engine_error error_from_cli(call_kind kind, std::string_view stderr_text);

} // namespace dockhost::docker
