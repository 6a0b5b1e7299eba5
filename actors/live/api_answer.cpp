// SPDX-License-Identifier: MIT
#include "actors/live/api_answer.hpp"

#include "core/error.hpp"
#include "protocol/live_events.hpp"

namespace dockhost::actors {

net::server_response api_refusal(int status, std::string_view code, std::string_view message,
                                 net::header_list headers) {
  auto out =
      net::make_response(status, json::dump(protocol::encode_live_refusal(message, code)) + "\n",
                         "application/json; charset=utf-8");
  for (auto& each : headers)
    out.headers.push_back(std::move(each));
  return out;
}

std::pair<int, std::string_view> api_status_of(docker::engine_errc code) {
  using docker::engine_errc;
  switch (code) {
  case engine_errc::unreachable: return {503, to_string(errc::engine_unavailable)};
  case engine_errc::timeout: return {504, to_string(errc::timeout)};
  case engine_errc::not_found: return {404, to_string(errc::not_found)};
  case engine_errc::bad_request: return {400, to_string(errc::invalid_request)};
  case engine_errc::no_such_image:
  case engine_errc::name_taken:
  case engine_errc::port_taken:
  case engine_errc::conflict:
  case engine_errc::failed: break;
  }
  return {500, to_string(errc::internal)};
}

} // namespace dockhost::actors
