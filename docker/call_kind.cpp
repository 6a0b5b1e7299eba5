// SPDX-License-Identifier: MIT
#include "docker/call_kind.hpp"

namespace dockhost::docker {

std::string_view to_string(call_kind kind) {
  switch (kind) {
  case call_kind::info: return "info";
  case call_kind::list: return "list";
  case call_kind::inspect: return "inspect";
  case call_kind::stats: return "stats";
  case call_kind::create: return "create";
  case call_kind::put_archive: return "put_archive";
  case call_kind::get_archive: return "get_archive";
  case call_kind::start: return "start";
  case call_kind::stop: return "stop";
  case call_kind::unpause: return "unpause";
  case call_kind::pause: return "pause";
  case call_kind::remove: return "remove";
  case call_kind::has_image: return "has_image";
  case call_kind::pull: return "pull";
  case call_kind::ensure_network: return "ensure_network";
  case call_kind::events: return "events";
  case call_kind::logs: return "logs";
  }
  return "info";
}

} // namespace dockhost::docker
