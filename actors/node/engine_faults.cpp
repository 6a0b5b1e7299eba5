// SPDX-License-Identifier: MIT
#include "actors/node/engine_faults.hpp"

namespace dockhost::actors {

namespace {

lifecycle::fault classify(docker::engine_errc code) {
  switch (code) {
  case docker::engine_errc::unreachable: return lifecycle::fault::unreachable;
  case docker::engine_errc::timeout: return lifecycle::fault::timeout;
  case docker::engine_errc::not_found: return lifecycle::fault::not_found;
  case docker::engine_errc::no_such_image: return lifecycle::fault::no_such_image;
  case docker::engine_errc::name_taken: return lifecycle::fault::name_taken;
  case docker::engine_errc::port_taken: return lifecycle::fault::port_taken;
  case docker::engine_errc::conflict: return lifecycle::fault::conflict;
  case docker::engine_errc::bad_request:
  case docker::engine_errc::failed: return lifecycle::fault::failed;
  }
  return lifecycle::fault::failed;
}

} // namespace

lifecycle::call_failure to_call_failure(const docker::engine_error& e) {
  return {classify(e.code), e.message};
}

} // namespace dockhost::actors
