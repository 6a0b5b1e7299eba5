// SPDX-License-Identifier: MIT
#include "docker/engine_json.hpp"

#include "docker/log_files.hpp"
#include "docker/rfc3339.hpp"
#include "docker/status_text.hpp"
#include "json/json.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <tuple>

namespace dockhost::docker {
namespace {

// A member that is missing or of another type reads as empty: engines differ in what they send.
std::string text_at(const json::value& v, std::string_view key) {
  const auto* member = v.find(key);
  const auto* text = member ? member->as_string() : nullptr;
  return text ? *text : std::string();
}

std::int64_t int_at(const json::value& v, std::string_view key) {
  const auto* member = v.find(key);
  std::int64_t out = 0;
  return member && member->get_int(out) ? out : 0;
}

bool bool_at(const json::value& v, std::string_view key) {
  const auto* member = v.find(key);
  const auto* flag = member ? member->as_bool() : nullptr;
  return flag && *flag;
}

const json::value& at(const json::value& v, std::string_view key) {
  static const json::value none;
  const auto* member = v.find(key);
  return member ? *member : none;
}

std::map<std::string, std::string> strings_at(const json::value& v, std::string_view key) {
  std::map<std::string, std::string> out;
  if (const auto* members = at(v, key).as_object())
    for (const auto& [name, value] : *members)
      if (const auto* text = value.as_string()) out[name] = *text;
  return out;
}

std::uint16_t port_number(std::int64_t n) {
  return n > 0 && n <= std::numeric_limits<std::uint16_t>::max() ? static_cast<std::uint16_t>(n)
                                                                 : std::uint16_t{0};
}

/// 0 where it is no port.
std::uint16_t port_number(std::string_view text) {
  std::int64_t n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  return error == std::errc{} && end == text.data() + text.size() ? port_number(n)
                                                                  : std::uint16_t{0};
}

bool known_protocol(std::string_view name) {
  return name == "tcp" || name == "udp" || name == "sctp";
}

/// {"22/tcp": [{"HostIp": "", "HostPort": "18000"}], "80/tcp": null}
std::vector<port_binding> port_map(const json::value& v) {
  std::vector<port_binding> out;
  const auto* members = v.as_object();
  if (!members) return out;
  for (const auto& [key, list] : *members) {
    const auto slash = std::min(key.find('/'), key.size());
    const auto inside = port_number(std::string_view(key).substr(0, slash));
    const auto protocol = slash == key.size() ? "tcp" : key.substr(slash + 1);
    const auto* bindings = list.as_array();
    if (inside == 0 || !known_protocol(protocol) || !bindings) continue;
    for (const auto& binding : *bindings) {
      const auto outside = port_number(text_at(binding, "HostPort"));
      if (outside != 0) out.push_back({inside, text_at(binding, "HostIp"), outside, protocol});
    }
  }
  normalize(out);
  return out;
}

engine_error broken(std::string_view what, std::string_view why) {
  return {engine_errc::failed,
          std::string("the engine's ").append(what).append(" is broken: ").append(why)};
}

engine_result<json::value> parse_whole(std::string_view what, std::string_view text) {
  // A machine with thousands of containers has a long list.
  auto parsed = json::parse(text, {.max_bytes = 128 * 1024 * 1024, .max_values = 10'000'000});
  if (!parsed) return fail(broken(what, parsed.err().message));
  return std::move(parsed).value();
}

/// The container's own name among "/name" and the "/other/alias" of links.
std::string own_name(const json::value& names) {
  if (const auto* list = names.as_array())
    for (const auto& entry : *list) {
      const auto* text = entry.as_string();
      if (text && text->starts_with('/') && text->find('/', 1) == text->npos)
        return text->substr(1);
    }
  return {};
}

container_summary summary_of(const json::value& v, std::int64_t now_unix) {
  container_summary out;
  out.id = text_at(v, "Id");
  out.name = own_name(at(v, "Names"));
  out.image = text_at(v, "Image");
  out.status = text_at(v, "State");
  out.created_unix = int_at(v, "Created");
  out.labels = strings_at(v, "Labels");
  if (const auto* ports = at(v, "Ports").as_array())
    for (const auto& port : *ports) {
      const auto inside = port_number(int_at(port, "PrivatePort"));
      const auto outside = port_number(int_at(port, "PublicPort"));
      auto protocol = text_at(port, "Type");
      if (inside != 0 && outside != 0 && known_protocol(protocol))
        out.ports.push_back({inside, text_at(port, "IP"), outside, std::move(protocol)});
    }
  normalize(out.ports);
  out.started = start_from_status(text_at(v, "Status"), now_unix);
  return out;
}

} // namespace

void normalize(std::vector<port_binding>& ports) {
  for (auto& port : ports)
    if (port.host_ip == "0.0.0.0" || port.host_ip == "::") port.host_ip.clear();
  const auto order = [](const port_binding& a, const port_binding& b) {
    return std::tie(a.container_port, a.protocol, a.host_ip, a.host_port) <
           std::tie(b.container_port, b.protocol, b.host_ip, b.host_port);
  };
  std::sort(ports.begin(), ports.end(), order);
  ports.erase(std::unique(ports.begin(), ports.end()), ports.end());
}

engine_result<std::vector<container_summary>> decode_list(std::string_view text,
                                                          std::int64_t now_unix) {
  const auto parsed = parse_whole("list of containers", text);
  if (!parsed) return fail(parsed.err());
  const auto* list = parsed->as_array();
  if (!list) return fail(broken("list of containers", "no array"));
  std::vector<container_summary> out;
  out.reserve(list->size());
  for (const auto& entry : *list)
    out.push_back(summary_of(entry, now_unix));
  return out;
}

engine_result<container_details> decode_details(std::string_view text) {
  const auto parsed = parse_whole("answer to inspect", text);
  if (!parsed) return fail(parsed.err());
  const auto& v = *parsed;
  const auto& state = at(v, "State");
  const auto& config = at(v, "Config");
  container_details out;
  out.id = text_at(v, "Id");
  if (out.id.empty()) return fail(broken("answer to inspect", "no Id"));
  out.name = text_at(v, "Name");
  if (out.name.starts_with('/')) out.name.erase(0, 1);
  out.image = text_at(config, "Image");
  out.status = text_at(state, "Status");
  out.created = text_at(v, "Created");
  out.started_at = text_at(state, "StartedAt");
  out.finished_at = text_at(state, "FinishedAt");
  out.exit_code = static_cast<int>(int_at(state, "ExitCode"));
  out.oom_killed = bool_at(state, "OOMKilled");
  out.pid = int_at(state, "Pid");
  out.tty = bool_at(config, "Tty");
  const auto& log = at(at(v, "HostConfig"), "LogConfig");
  out.log = rotation_of(text_at(log, "Type"), strings_at(log, "Config"));
  out.labels = strings_at(config, "Labels");
  out.configured_ports = port_map(at(at(v, "HostConfig"), "PortBindings"));
  out.bound_ports = port_map(at(at(v, "NetworkSettings"), "Ports"));
  return out;
}

engine_result<std::string> decode_id(std::string_view text) {
  const auto parsed = parse_whole("answer", text);
  if (!parsed) return fail(parsed.err());
  auto id = text_at(*parsed, "Id");
  if (id.empty()) return fail(broken("answer", "no Id"));
  return id;
}

engine_result<engine_info> decode_info(std::string_view text) {
  const auto parsed = parse_whole("description", text);
  if (!parsed) return fail(parsed.err());
  engine_info out;
  out.version = text_at(*parsed, "ServerVersion");
  out.storage_driver = text_at(*parsed, "Driver");
  out.root_dir = text_at(*parsed, "DockerRootDir");
  out.memory_bytes = int_at(*parsed, "MemTotal");
  out.cpus = static_cast<int>(int_at(*parsed, "NCPU"));
  return out;
}

std::string decode_client_api_version(std::string_view text) {
  const auto parsed = parse_whole("version", text);
  return parsed ? text_at(at(*parsed, "Client"), "ApiVersion") : std::string();
}

engine_result<network_effect> decode_network(std::string_view text) {
  const auto parsed = parse_whole("network", text);
  if (!parsed) return fail(parsed.err());
  const auto driver = text_at(*parsed, "Driver");
  const bool apart =
      driver == "null" ||
      (driver == "bridge" &&
       text_at(at(*parsed, "Options"), "com.docker.network.bridge.enable_icc") == "false");
  return apart ? network_effect::isolated : network_effect::open;
}

std::string decode_message(std::string_view body) {
  constexpr std::size_t enough = 2'000;
  const auto parsed = json::parse(body);
  auto text = parsed ? text_at(*parsed, "message") : std::string();
  if (text.empty()) text = std::string(body.substr(0, enough));
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r'))
    text.pop_back();
  if (text.size() > enough) text.resize(enough);
  return text;
}

std::optional<container_event> decode_event(std::string_view line) {
  const auto parsed = json::parse(line);
  if (!parsed || text_at(*parsed, "Type") != "container") return std::nullopt;
  const auto& actor = at(*parsed, "Actor");
  container_event out;
  out.action = text_at(*parsed, "Action");
  out.id = text_at(actor, "ID");
  out.attributes = strings_at(actor, "Attributes");
  out.time_nano = int_at(*parsed, "timeNano");
  if (out.action.empty() || out.id.empty()) return std::nullopt;
  return out;
}

pull_line decode_pull_line(std::string_view line) {
  const auto parsed = json::parse(line);
  pull_line out;
  if (!parsed) return out;
  auto error = text_at(*parsed, "error");
  if (error.empty()) error = text_at(at(*parsed, "errorDetail"), "message");
  if (!error.empty()) {
    out.error = std::move(error);
    return out;
  }
  out.text = text_at(*parsed, "status");
  if (const auto id = text_at(*parsed, "id"); !id.empty()) out.text = id + ": " + out.text;
  if (const auto progress = text_at(*parsed, "progress"); !progress.empty())
    out.text += " " + progress;
  return out;
}

container_summary summarize(const container_details& details) {
  container_summary out;
  out.id = details.id;
  out.name = details.name;
  out.image = details.image;
  out.status = details.status;
  out.created_unix = unix_seconds(details.created);
  out.labels = details.labels;
  out.ports = details.bound_ports;
  out.started = start_of(details);
  return out;
}

start_time start_of(const container_details& details) {
  if (details.status != "running" && details.status != "paused") return {};
  // Before 1970 is the engine's "never".
  return {std::max(unix_seconds(details.started_at), std::int64_t{0}), 0};
}

} // namespace dockhost::docker
