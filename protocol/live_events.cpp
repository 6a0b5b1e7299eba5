// SPDX-License-Identifier: MIT
#include "protocol/live_events.hpp"

#include "core/access_token.hpp"

namespace dockhost::protocol {

json::value encode_connection_established(std::string_view message, std::string_view request_id,
                                          const std::vector<std::string>& features) {
  json::array list;
  for (const auto& each : features)
    list.emplace_back(each);
  return json::object{
      {"message", message}, {"requestId", request_id}, {"features", std::move(list)}};
}

json::value encode_node_state(const node_report& node) {
  json::object engine{{"reachable", node.engine_reachable}, {"version", node.engine_version}};
  if (!node.engine_host.empty()) engine.emplace_back("host", node.engine_host);
  return json::object{
      {"node", node.node_id},
      {"version", node.version},
      {"engine", std::move(engine)},
      {"main_server", json::object{{"state", node.main_server}, {"url", node.main_server_url}}},
      {"counts", json::object{{"containers", node.containers},
                              {"running", node.running},
                              {"clients", node.clients}}}};
}

json::value encode_heartbeat(std::int64_t unix_ms, std::uint64_t seq) {
  return json::object{{"at", unix_ms}, {"seq", seq}};
}

json::value encode_token_expiring(std::int64_t expires_unix) {
  return json::object{{"at", utc_time(expires_unix)}};
}

json::value encode_live_refusal(std::string_view message, std::string_view code) {
  return json::object{{"error", message}, {"code", code}};
}

json::value encode_live_error(std::string_view message, std::string_view code,
                              std::string_view event) {
  return json::object{{"error", message}, {"code", code}, {"event", event}};
}

} // namespace dockhost::protocol
