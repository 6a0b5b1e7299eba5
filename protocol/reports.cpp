// SPDX-License-Identifier: MIT
#include "protocol/reports.hpp"

#include "core/labels.hpp"

namespace dockhost::protocol {
namespace {

constexpr const char* no_project = "Standalone Containers";

/// What stands around the list: `42["initial_state",{"containers":[],"part":...,"parts":...}]`.
constexpr std::size_t envelope_bytes = 128;

/// As the engine would call it; where it is being changed, as it was before.
std::string engine_status(container_state state) {
  switch (state) {
  case container_state::absent: return "removed";
  case container_state::creating:
  case container_state::created: return "created";
  case container_state::running:
  case container_state::stopping: return "running";
  case container_state::paused: return "paused";
  case container_state::restarting: return "restarting";
  case container_state::starting:
  case container_state::stopped: return "exited";
  case container_state::dead: return "dead";
  case container_state::deleting: return "removing";
  case container_state::unknown: return "unknown";
  }
  return "unknown";
}

std::string ports_text(const std::vector<bound_port>& ports) {
  std::string out;
  for (const auto& p : ports) {
    if (!out.empty()) out += ", ";
    out += std::to_string(p.host) + "->" + std::to_string(p.container) + "/" + p.protocol;
  }
  return out;
}

json::value initial_state(json::array containers) {
  return json::object{{"containers", std::move(containers)}};
}

} // namespace

container_report report_of(const container_view& container) {
  container_report out;
  out.container_id = container.id;
  out.name = container.name;
  out.image = container.image;
  out.status = engine_status(container.state);
  out.state = container.state;
  out.created = container.created;
  out.username = container.username;
  out.block = container.block;
  out.started = container.started;
  const bool bound = container.state == container_state::running ||
                     container.state == container_state::paused ||
                     container.state == container_state::stopping;
  if (bound && container.block)
    out.ports = {{container.block->ssh(), 22, "tcp"},
                 {container.block->http(), 80, "tcp"},
                 {container.block->https(), 443, "tcp"}};
  return out;
}

std::int64_t told_start(const container_report& container) {
  return container.state == container_state::running ? container.started.unix : 0;
}

json::value encode_container(const container_report& container) {
  json::object out{{"container_id", container.container_id},
                   {"name", container.name},
                   {"image", container.image},
                   {"status", container.status},
                   {"state", wire_state(container.state)},
                   {"ports", ports_text(container.ports)},
                   {"compose_project", container.compose_project.empty()
                                           ? json::value(no_project)
                                           : json::value(container.compose_project)},
                   {"compose_service", container.compose_service.empty()
                                           ? json::value()
                                           : json::value(container.compose_service)},
                   {"created", container.created}};
  if (const auto started = told_start(container); started != 0)
    out.emplace_back("started_at", iso_time(started));
  if (container.username) out.emplace_back("username", *container.username);
  if (container.block)
    out.emplace_back("port_map", json::object{{"ssh", int{container.block->ssh()}},
                                              {"http", int{container.block->http()}},
                                              {"https", int{container.block->https()}}});
  return out;
}

json::value encode_initial_state(const std::vector<container_report>& containers) {
  json::array list;
  for (const auto& c : containers)
    list.push_back(encode_container(c));
  return initial_state(std::move(list));
}

std::vector<json::value> encode_initial_state_parts(const std::vector<container_report>& containers,
                                                    std::size_t max_payload) {
  const auto half = max_payload / 2;
  const auto budget = half > envelope_bytes ? half - envelope_bytes : 0;
  std::vector<json::array> parts(1);
  std::size_t used = 0;
  for (const auto& c : containers) {
    auto encoded = encode_container(c);
    const auto size = json::dump(encoded).size() + 1; // and a comma
    if (used + size > budget && !parts.back().empty()) {
      parts.emplace_back();
      used = 0;
    }
    used += size;
    parts.back().push_back(std::move(encoded));
  }
  std::vector<json::value> out;
  if (parts.size() == 1) {
    out.push_back(initial_state(std::move(parts.front())));
    return out;
  }
  const auto count = static_cast<std::int64_t>(parts.size());
  for (auto& part : parts)
    out.emplace_back(json::object{{"containers", std::move(part)},
                                  {"part", static_cast<std::int64_t>(out.size() + 1)},
                                  {"parts", count}});
  return out;
}

json::value encode_node_hello(const node_hello& hello) {
  return json::object{{"nodeId", hello.node_id},
                      {"version", hello.version},
                      {"dialects", json::array{"documented", "v2"}},
                      {"capacity", json::object{{"containers", hello.containers},
                                                {"maxContainers", hello.max_containers}}}};
}

} // namespace dockhost::protocol
