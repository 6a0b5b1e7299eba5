// SPDX-License-Identifier: MIT
// What browsers ask of the live view (PROTOCOL part 2, client -> server). Whatever arrives is
// looked at here, once; what is passed on is whole.
#pragma once

#include "core/log_options.hpp"
#include "core/result.hpp"
#include "json/json.hpp"

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace dockhost::protocol {

struct live_topics {
  bool state = false;
  bool stats = false;
  bool node = false;
  bool heartbeat = false;

  friend bool operator==(const live_topics&, const live_topics&) = default;
};

struct subscribe_request {
  live_topics topics;
  bool all = false;                                   ///< "*" for the containers
  std::optional<std::vector<std::string>> containers; ///< as they were spelt; not with `all`
  std::optional<std::chrono::milliseconds> interval;  ///< of stats and heartbeats
  std::optional<std::chrono::milliseconds> batch;     ///< of states
};
struct unsubscribe_request {
  live_topics topics;
  std::optional<std::vector<std::string>> containers; ///< of state and stats; nothing: all
};
struct list_containers_request {};
enum class container_action { start, stop, restart, remove };
struct container_action_request {
  std::string container;
  container_action action = container_action::start;
};
struct start_log_request {
  std::string container;
  log_watch_options options;
};
struct stop_log_request {
  std::string container;
};
struct heartbeat_ack {};

using live_request =
    std::variant<subscribe_request, unsubscribe_request, list_containers_request,
                 container_action_request, start_log_request, stop_log_request, heartbeat_ack>;

/// The events that browsers may send.
inline constexpr std::array<std::string_view, 7> live_request_events = {
    "subscribe",        "unsubscribe",     "list_containers", "container_action",
    "start_log_stream", "stop_log_stream", "heartbeat_ack"};

/// One of live_request_events with its first argument; or what is wrong with that, for a person.
[[nodiscard]] basic_result<live_request, std::string>
decode_live_request(std::string_view event, const json::value& payload);

/// "start", "stop", "restart", "delete".
[[nodiscard]] std::string_view to_string(container_action action);

} // namespace dockhost::protocol
