// SPDX-License-Identifier: MIT
#include "docker/engine_json.hpp"

#include "json/json.hpp"

#include <cstdio>
#include <map>
#include <utility>

namespace dockhost::docker {
namespace {

json::value strings(const std::vector<std::string>& list) {
  return json::array(list.begin(), list.end());
}

json::value labels_of(const std::map<std::string, std::string>& labels) {
  json::object out;
  for (const auto& [name, text] : labels)
    out.emplace_back(name, text);
  return out;
}

/// One container port may be bound several times.
json::object bindings_of(const std::vector<port_binding>& ports) {
  std::map<std::pair<std::uint16_t, std::string>, json::array> by_port;
  for (const auto& port : ports)
    by_port[{port.container_port, port.protocol}].push_back(
        json::object{{"HostIp", port.host_ip}, {"HostPort", std::to_string(port.host_port)}});
  json::object out;
  for (auto& [port, list] : by_port)
    out.emplace_back(std::to_string(port.first) + "/" + port.second, std::move(list));
  return out;
}

json::object host_config(const container_spec& spec) {
  json::object out{
      {"PortBindings", bindings_of(spec.ports)},
      {"RestartPolicy", json::object{{"Name", spec.restart_policy}}},
      {"LogConfig",
       json::object{{"Type", "json-file"},
                    {"Config", json::object{{"max-size", spec.log_max_size},
                                            {"max-file", std::to_string(spec.log_max_files)}}}}},
  };
  if (!spec.network.empty()) out.emplace_back("NetworkMode", spec.network);
  if (spec.memory_bytes > 0) {
    out.emplace_back("Memory", spec.memory_bytes);
    out.emplace_back("MemorySwap", spec.memory_bytes);
  }
  if (spec.nano_cpus > 0) out.emplace_back("NanoCpus", spec.nano_cpus);
  if (spec.pids_limit > 0) out.emplace_back("PidsLimit", spec.pids_limit);
  if (spec.no_new_privileges) out.emplace_back("SecurityOpt", json::array{"no-new-privileges"});
  if (!spec.storage_size.empty())
    out.emplace_back("StorageOpt", json::object{{"size", spec.storage_size}});
  return out;
}

} // namespace

std::string encode_create(const container_spec& spec) {
  json::object exposed;
  for (const auto& [port, list] : bindings_of(spec.ports))
    exposed.emplace_back(port, json::object{});
  json::object out{
      {"Image", spec.image},
      {"Env", strings(spec.env)},
      {"Labels", labels_of(spec.labels)},
      {"ExposedPorts", std::move(exposed)},
      {"HostConfig", host_config(spec)},
  };
  if (!spec.hostname.empty()) out.emplace_back("Hostname", spec.hostname);
  return json::dump(out);
}

std::string encode_network(const network_spec& spec) {
  return json::dump(json::object{
      {"Name", spec.name},
      {"CheckDuplicate", true}, // engines before API 1.44 allow two networks of one name without it
      {"Driver", "bridge"},
      {"Options", json::object{{"com.docker.network.bridge.enable_icc",
                                spec.inter_container ? "true" : "false"}}},
      {"Labels", labels_of(spec.labels)},
  });
}

std::string encode_list_filters(const list_filter& filter) {
  json::object out;
  if (!filter.labels.empty()) out.emplace_back("label", strings(filter.labels));
  return json::dump(out);
}

std::string encode_since(std::int64_t unix_nano) {
  constexpr std::int64_t nano = 1'000'000'000;
  char text[48];
  std::snprintf(text, sizeof text, "%lld.%09lld", static_cast<long long>(unix_nano / nano),
                static_cast<long long>(unix_nano % nano));
  return text;
}

} // namespace dockhost::docker
