// SPDX-License-Identifier: MIT
// What a node tells without being asked (PROTOCOL.md, parts 1, 1c and 2): itself, its containers,
// their changes.
#pragma once

#include "core/container_view.hpp"
#include "json/json.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace dockhost::protocol {

struct bound_port {
  std::uint16_t host = 0;
  std::uint16_t container = 0;
  std::string protocol = "tcp";

  friend bool operator==(const bound_port&, const bound_port&) = default;
};

/// Any container of the engine, ours or not.
struct container_report {
  std::string container_id; ///< 64 hex
  std::string name;
  std::string image;
  std::string status;                               ///< the engine's State.Status
  container_state state = container_state::unknown; ///< absent: it was removed
  std::vector<bound_port> ports;                    ///< really bound now
  std::string compose_project;                      ///< empty: of none
  std::string compose_service;
  std::string created;                 ///< ISO 8601
  std::optional<std::string> username; ///< one of ours
  std::optional<port_block> block;
  start_time started; ///< told while it runs
};

/// One of our own; its ports count as bound while it is running or paused.
[[nodiscard]] container_report report_of(const container_view& container);

/// When it began to run, as it is told: seconds since 1970; 0: it does not run, or nobody knows.
[[nodiscard]] std::int64_t told_start(const container_report& container);

/// The `Container` object, which `container_state_change` sends as it is.
[[nodiscard]] json::value encode_container(const container_report& container);

/// `initial_state` as a whole, for browsers.
[[nodiscard]] json::value encode_initial_state(const std::vector<container_report>& containers);

/// `initial_state` for a main server that drops the link over a packet longer than `max_payload`
/// bytes: one payload where it fits into half of that, else several of `{containers, part, parts}`,
/// `part` counted from 1. At least one, also without containers; a container that is too long by
/// itself has a part of its own.
[[nodiscard]] std::vector<json::value>
encode_initial_state_parts(const std::vector<container_report>& containers,
                           std::size_t max_payload);

struct node_hello {
  std::string node_id;
  std::string version;
  std::int64_t containers = 0;
  std::int64_t max_containers = 0;
};

/// `{nodeId, version, dialects, capacity:{containers, maxContainers}}`
[[nodiscard]] json::value encode_node_hello(const node_hello& hello);

} // namespace dockhost::protocol
