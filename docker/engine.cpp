// SPDX-License-Identifier: MIT
#include "docker/engine.hpp"

namespace dockhost::docker {

std::string_view to_string(engine_errc code) {
  switch (code) {
  case engine_errc::unreachable: return "unreachable";
  case engine_errc::timeout: return "timeout";
  case engine_errc::not_found: return "not_found";
  case engine_errc::no_such_image: return "no_such_image";
  case engine_errc::name_taken: return "name_taken";
  case engine_errc::port_taken: return "port_taken";
  case engine_errc::conflict: return "conflict";
  case engine_errc::bad_request: return "bad_request";
  case engine_errc::failed: return "failed";
  }
  return "failed";
}

} // namespace dockhost::docker
