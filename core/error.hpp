// SPDX-License-Identifier: MIT
// The closed list of error codes that reach the wire, each with its meaning and whether a retry may
// help.
#pragma once

#include "core/result.hpp"

#include <string>
#include <string_view>

namespace dockhost {

enum class errc {
  invalid_request,    ///< a field is missing, of another type, or out of its range
  invalid_username,   ///< the username breaks the rule of core/username.hpp
  invalid_key,        ///< the SSH public key is not one well-formed line of a known type
  conflict,           ///< the user already has a container
  not_found,          ///< no container of this node answers to that name or id
  capacity,           ///< the node is at its cap, or disk or memory would run out
  ports_exhausted,    ///< no free block of three ports was found
  image_unavailable,  ///< the image is missing and could not be pulled
  engine_unavailable, ///< the container engine did not answer
  timeout,       ///< the deadline passed; the work is followed to its end and reported as a state
  shutting_down, ///< the node is stopping, or stopped in the middle of this command
  internal,      ///< a defect of the node, or an engine error that fits nothing else
};

/// The code's spelling on the wire, e.g. "invalid_key".
[[nodiscard]] std::string_view to_string(errc code);

/// Whether the same request may succeed later without being changed.
[[nodiscard]] bool retryable(errc code);

struct error {
  errc code = errc::internal;
  std::string message; ///< for a person; never holds a secret

  friend bool operator==(const error&, const error&) = default;
};

template <class T>
using result = basic_result<T, error>;

} // namespace dockhost
