// SPDX-License-Identifier: MIT
#include "docker/cli_arguments.hpp"

#include "docker/engine_json.hpp"
#include "docker/names.hpp"

#include <cstdio>

namespace dockhost::docker {
namespace {

constexpr auto as_json = "--format={{json .}}";

std::string publish(const port_binding& port) {
  std::string out = "--publish=";
  if (port.host_ip.find(':') != port.host_ip.npos)
    out += "[" + port.host_ip + "]:";
  else if (!port.host_ip.empty())
    out += port.host_ip + ":";
  return out + std::to_string(port.host_port) + ":" + std::to_string(port.container_port) + "/" +
         port.protocol;
}

std::string cpus(std::int64_t nano) {
  char text[48];
  std::snprintf(text, sizeof text, "--cpus=%lld.%09lld",
                static_cast<long long>(nano / 1'000'000'000),
                static_cast<long long>(nano % 1'000'000'000));
  return text;
}

void add_limits(arguments& out, const container_spec& spec) {
  if (spec.memory_bytes > 0) {
    out.push_back("--memory=" + std::to_string(spec.memory_bytes));
    out.push_back("--memory-swap=" + std::to_string(spec.memory_bytes));
  }
  if (spec.nano_cpus > 0) out.push_back(cpus(spec.nano_cpus));
  if (spec.pids_limit > 0) out.push_back("--pids-limit=" + std::to_string(spec.pids_limit));
  if (!spec.storage_size.empty()) out.push_back("--storage-opt=size=" + spec.storage_size);
}

} // namespace

arguments cli_create(const container_spec& spec) {
  arguments out{"create",
                "--pull=never",
                "--name=" + spec.name,
                "--restart=" + spec.restart_policy,
                "--log-driver=json-file",
                "--log-opt=max-size=" + spec.log_max_size,
                "--log-opt=max-file=" + std::to_string(spec.log_max_files)};
  if (!spec.hostname.empty()) out.push_back("--hostname=" + spec.hostname);
  if (!spec.network.empty()) out.push_back("--network=" + spec.network);
  if (spec.no_new_privileges) out.push_back("--security-opt=no-new-privileges");
  add_limits(out, spec);
  for (const auto& variable : spec.env)
    out.push_back("--env=" + variable);
  for (const auto& [name, text] : spec.labels)
    out.push_back("--label=" + name + "=" + text);
  for (const auto& port : spec.ports)
    out.push_back(publish(port));
  out.push_back("--");
  out.push_back(spec.image);
  return out;
}

arguments cli_list(const list_filter& filter) {
  arguments out{"ps", "--all", "--quiet", "--no-trunc"};
  for (const auto& label : filter.labels)
    out.push_back("--filter=label=" + label);
  return out;
}

arguments cli_inspect(const std::vector<std::string>& ids) {
  arguments out{"inspect", "--type=container", as_json, "--"};
  out.insert(out.end(), ids.begin(), ids.end());
  return out;
}

arguments cli_stats(const std::string& id) {
  return {"stats", "--no-stream", "--no-trunc", as_json, "--", id};
}

arguments cli_stop(const std::string& id, std::chrono::seconds grace) {
  return {"stop", "-t", std::to_string(grace.count()), "--", id};
}

arguments cli_remove(const std::string& id) {
  return {"rm", "--force", "--volumes", "--", id};
}

arguments cli_change(std::string verb, const std::string& id) {
  return {std::move(verb), "--", id};
}

arguments cli_put_archive(const std::string& id) {
  return {"cp", "--", "-", id + ":/"};
}

arguments cli_get_archive(const std::string& id, const std::string& path) {
  return {"cp", "--", id + ":" + path, "-"};
}

arguments cli_image_inspect(const std::string& image) {
  return {"image", "inspect", "--format={{json .Id}}", "--", split_image(image).text()};
}

arguments cli_pull(const std::string& image) {
  return {"pull", "--", split_image(image).text()};
}

arguments cli_network_inspect(const std::string& name) {
  return {"network", "inspect", "--format={{json .}}", "--", name};
}

arguments cli_network_create(const network_spec& spec) {
  arguments out{"network", "create", "--driver=bridge",
                std::string("--opt=com.docker.network.bridge.enable_icc=") +
                    (spec.inter_container ? "true" : "false")};
  for (const auto& [name, text] : spec.labels)
    out.push_back("--label=" + name + "=" + text);
  out.push_back("--");
  out.push_back(spec.name);
  return out;
}

arguments cli_events(std::int64_t since_unix_nano) {
  arguments out{"events", "--filter=type=container", as_json};
  if (since_unix_nano > 0) out.push_back("--since=" + encode_since(since_unix_nano));
  return out;
}

arguments cli_logs(const log_request& request) {
  arguments out{"logs", "--timestamps"};
  if (request.follow) out.emplace_back("--follow");
  if (request.tail) out.push_back("--tail=" + std::to_string(*request.tail));
  if (request.since_unix_nano > 0)
    out.push_back("--since=" + encode_since(request.since_unix_nano));
  out.emplace_back("--");
  out.push_back(request.id);
  return out;
}

arguments cli_version() {
  return {"version", as_json};
}

arguments cli_info() {
  return {"info", as_json};
}

} // namespace dockhost::docker
