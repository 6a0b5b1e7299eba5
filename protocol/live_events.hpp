// SPDX-License-Identifier: MIT
// What the live view says to browsers (PROTOCOL part 2, server -> client), beside containers
// (reports.hpp), logs and stats.
#pragma once

#include "json/json.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace dockhost::protocol {

[[nodiscard]] json::value encode_connection_established(std::string_view message,
                                                        std::string_view request_id,
                                                        const std::vector<std::string>& features);

struct node_report {
  std::string node_id;
  std::string version;
  bool engine_reachable = false;
  std::string engine_version;
  std::string engine_host; ///< where containers' ports answer; empty: at the node, and not told
  std::string main_server; ///< none, connecting, connected, disconnected, refused
  std::string main_server_url;
  std::int64_t containers = 0;
  std::int64_t running = 0;
  std::int64_t clients = 0;

  friend bool operator==(const node_report&, const node_report&) = default;
};
/// `{node, version, engine:{reachable, version, host?}, main_server:{state, url},
/// counts:{containers, running, clients}}`
[[nodiscard]] json::value encode_node_state(const node_report& node);

[[nodiscard]] json::value encode_heartbeat(std::int64_t unix_ms, std::uint64_t seq);
[[nodiscard]] json::value encode_token_expiring(std::int64_t expires_unix);

/// The acknowledgement of a request that was refused or has failed: `{error, code}`.
[[nodiscard]] json::value encode_live_refusal(std::string_view message, std::string_view code);
/// The `error` event beside it: `{error, code, event}`.
[[nodiscard]] json::value encode_live_error(std::string_view message, std::string_view code,
                                            std::string_view event);

} // namespace dockhost::protocol
