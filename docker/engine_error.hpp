// SPDX-License-Identifier: MIT
// What can go wrong at an engine.
#pragma once

#include "core/result.hpp"

#include <functional>
#include <string>
#include <string_view>

namespace dockhost::docker {

enum class engine_errc {
  unreachable,   ///< no connection, connection lost in mid-call, or the docker program is missing
  timeout,       ///< the call's own deadline passed
  not_found,     ///< no such container (404)
  no_such_image, ///< create: the image is not on this engine; pull: the image does not exist or may
                 ///< not be read
  name_taken,    ///< create: 409, the name is in use
  port_taken,    ///< start: a host port is allocated by the engine or bound by another process
  conflict,      ///< 409 otherwise: paused, not running, removal in progress
  bad_request,   ///< 400: what we sent was wrong
  failed,        ///< everything else the engine complains of (500)
};

[[nodiscard]] std::string_view to_string(engine_errc code);

struct engine_error {
  engine_errc code = engine_errc::failed;
  std::string message;

  friend bool operator==(const engine_error&, const engine_error&) = default;
};

template <class T>
using engine_result = basic_result<T, engine_error>;

template <class T>
using done = std::function<void(engine_result<T>)>;

} // namespace dockhost::docker
