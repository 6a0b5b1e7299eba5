// SPDX-License-Identifier: MIT
#include "core/error.hpp"

namespace dockhost {

std::string_view to_string(errc code) {
  switch (code) {
  case errc::invalid_request: return "invalid_request";
  case errc::invalid_username: return "invalid_username";
  case errc::invalid_key: return "invalid_key";
  case errc::conflict: return "conflict";
  case errc::not_found: return "not_found";
  case errc::capacity: return "capacity";
  case errc::ports_exhausted: return "ports_exhausted";
  case errc::image_unavailable: return "image_unavailable";
  case errc::engine_unavailable: return "engine_unavailable";
  case errc::timeout: return "timeout";
  case errc::shutting_down: return "shutting_down";
  case errc::internal: return "internal";
  }
  return "internal";
}

bool retryable(errc code) {
  switch (code) {
  case errc::capacity:
  case errc::ports_exhausted:
  case errc::image_unavailable:
  case errc::engine_unavailable:
  case errc::timeout:
  case errc::shutting_down: return true;
  case errc::invalid_request:
  case errc::invalid_username:
  case errc::invalid_key:
  case errc::conflict:
  case errc::not_found:
  case errc::internal: return false;
  }
  return false;
}

} // namespace dockhost
