// SPDX-License-Identifier: MIT
#include "docker/simulated_world.hpp"

#include "docker/engine_json.hpp"
#include "docker/log_files.hpp"
#include "docker/names.hpp"
#include "docker/rfc3339.hpp"

#include <algorithm>

namespace dockhost::docker {
namespace {

constexpr std::size_t kept_events = 256; // as the engine does

engine_error no_container(std::string_view ref) {
  return {engine_errc::not_found, "No such container: " + std::string(ref)};
}

bool matches(const std::map<std::string, std::string>& labels, std::string_view wanted) {
  const auto equals = wanted.find('=');
  const auto it = labels.find(std::string(wanted.substr(0, equals)));
  return it != labels.end() && (equals == wanted.npos || it->second == wanted.substr(equals + 1));
}

bool overlap(const std::string& a, const std::string& b) {
  const auto all = [](const std::string& ip) {
    return ip.empty() || ip == "0.0.0.0" || ip == "::";
  };
  return all(a) || all(b) || a == b;
}

std::vector<port_binding> normal(std::vector<port_binding> ports) {
  normalize(ports);
  return ports;
}

} // namespace

const simulated_world::container* simulated_world::find(std::string_view ref) const {
  if (ref.empty()) return nullptr;
  if (const auto it = containers_.find(ref); it != containers_.end()) return &it->second;
  if (const auto it = names_.find(ref); it != names_.end())
    return &containers_.find(it->second)->second;
  const auto it = containers_.lower_bound(ref);
  if (it == containers_.end() || !it->first.starts_with(ref)) return nullptr;
  const auto next = std::next(it);
  const bool unique = next == containers_.end() || !next->first.starts_with(ref);
  return unique ? &it->second : nullptr;
}

simulated_world::container* simulated_world::find(std::string_view ref) {
  return const_cast<container*>(std::as_const(*this).find(ref));
}

std::string simulated_world::new_id() {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string id;
  for (int word = 0; word < 4; ++word) {
    auto bits = random_();
    for (int i = 0; i < 16; ++i, bits >>= 4U)
      id += digits[bits & 15U];
  }
  return id;
}

void simulated_world::tell(const container& c, std::string action,
                           std::map<std::string, std::string> more) {
  more.insert(c.spec.labels.begin(), c.spec.labels.end());
  more["name"] = c.spec.name;
  more["image"] = c.spec.image;
  // Two events never have one time, so that their order can be told.
  last_event_ = std::max(last_event_ + 1, now_);
  news_.push_back({std::move(action), c.id, std::move(more), last_event_});
  history_.push_back(news_.back());
  if (history_.size() > kept_events) history_.pop_front();
}

std::vector<container_event> simulated_world::events_since(std::int64_t unix_nano) const {
  std::vector<container_event> out;
  for (const auto& event : history_)
    if (event.time_nano >= unix_nano) out.push_back(event);
  return out;
}

container_details simulated_world::details_of(const container& c) const {
  container_details out;
  out.id = c.id;
  out.name = c.spec.name;
  out.image = c.spec.image;
  out.status = c.status;
  out.created = rfc3339(c.created);
  out.started_at = rfc3339(c.started);
  out.finished_at = rfc3339(c.finished);
  out.exit_code = c.exit_code;
  out.oom_killed = c.oom_killed;
  out.pid = c.pid;
  out.log = rotation_of("json-file", {{"max-size", c.spec.log_max_size},
                                      {"max-file", std::to_string(c.spec.log_max_files)}});
  out.labels = c.spec.labels;
  out.configured_ports = normal(c.spec.ports);
  if (c.running()) out.bound_ports = out.configured_ports;
  return out;
}

std::vector<container_summary> simulated_world::list(const list_filter& filter) const {
  std::vector<container_summary> out;
  for (const auto& [id, c] : containers_) {
    const auto has = [&labels = c.spec.labels](const std::string& label) {
      return matches(labels, label);
    };
    if (std::all_of(filter.labels.begin(), filter.labels.end(), has))
      out.push_back(summarize(details_of(c)));
  }
  return out;
}

engine_result<container_details> simulated_world::inspect(std::string_view ref) const {
  const auto* c = find(ref);
  if (!c) return fail(no_container(ref));
  return details_of(*c);
}

engine_result<container_usage> simulated_world::stats(std::string_view ref) const {
  const auto* c = find(ref);
  if (!c) return fail(no_container(ref));
  if (!c->running())
    return fail(engine_error{engine_errc::conflict, "the container is not running"});
  if (c->usage) return *c->usage;
  container_usage out;
  out.cpu_ns = (now_ - c->started) / 10;
  out.clock_ns = now_;
  out.memory_bytes = 8 * 1024 * 1024;
  out.memory_limit_bytes = c->spec.memory_bytes;
  out.net_rx_bytes = out.net_tx_bytes = 0;
  out.block_read_bytes = out.block_write_bytes = 0;
  out.pids = 1;
  return out;
}

void simulated_world::set_usage(std::string_view ref, const container_usage& usage) {
  if (auto* c = find(ref)) c->usage = usage;
}

engine_result<std::string> simulated_world::create(const container_spec& spec) {
  if (spec.name.size() < 2 || !valid_container_reference(spec.name))
    return fail(engine_error{engine_errc::bad_request, "Invalid container name (" + spec.name +
                                                           "), only [a-zA-Z0-9][a-zA-Z0-9_.-] are "
                                                           "allowed"});
  if (!valid_image_reference(spec.image))
    return fail(engine_error{engine_errc::bad_request, "invalid reference format"});
  if (names_.contains(spec.name))
    return fail(engine_error{engine_errc::name_taken, "Conflict. The container name \"/" +
                                                          spec.name + "\" is already in use"});
  if (!has_image(spec.image).value())
    return fail(engine_error{engine_errc::no_such_image, "No such image: " + spec.image});
  container c;
  c.id = new_id();
  c.spec = spec;
  c.created = now_;
  tell(c, "create");
  const auto id = c.id;
  names_[spec.name] = id;
  containers_.emplace(id, std::move(c));
  return id;
}

engine_result<unit> simulated_world::put_archive(std::string_view ref, std::string_view tar) {
  auto* c = find(ref);
  if (!c) return fail(no_container(ref));
  if (!c->files.put(tar))
    return fail(engine_error{engine_errc::failed, "archive/tar: invalid tar header"});
  return unit{};
}

engine_result<std::string> simulated_world::get_archive(std::string_view ref,
                                                        std::string_view path) const {
  const auto* c = find(ref);
  if (!c) return fail(no_container(ref));
  auto tar = c->files.get(path);
  if (!tar)
    return fail(engine_error{engine_errc::not_found, "Could not find the file " +
                                                         std::string(path) + " in container " +
                                                         std::string(ref)});
  constexpr std::size_t most = 16 * 1024 * 1024;
  if (tar->size() > most)
    return fail(engine_error{engine_errc::failed, "the archive is larger than 16 MiB"});
  return *std::move(tar);
}

std::optional<engine_error> simulated_world::port_problem(const container& c) const {
  for (const auto& port : c.spec.ports) {
    const auto text = std::to_string(port.host_port);
    if (port.protocol == "tcp" && foreign_ports_.contains(port.host_port))
      return engine_error{engine_errc::port_taken,
                          "listen tcp4 0.0.0.0:" + text + ": bind: address already in use"};
    const auto [first, last] = bound_.equal_range(key_of(port));
    for (auto it = first; it != last; ++it)
      if (overlap(it->second.first, port.host_ip))
        return engine_error{engine_errc::port_taken,
                            "Bind for 0.0.0.0:" + text + " failed: port is already allocated"};
  }
  return std::nullopt;
}

engine_result<effect> simulated_world::start(std::string_view ref) {
  auto* c = find(ref);
  if (!c) return fail(no_container(ref));
  if (c->status == "paused")
    return fail(engine_error{engine_errc::conflict,
                             "cannot start a paused container, try unpause instead"});
  if (c->running()) return effect::already;
  if (!c->spec.network.empty() && !networks_.contains(c->spec.network))
    return fail(engine_error{engine_errc::failed, "network " + c->spec.network + " not found"});
  if (auto problem = port_problem(*c)) return fail(*std::move(problem));
  for (const auto& port : c->spec.ports)
    bound_.emplace(key_of(port), std::pair(port.host_ip, c->id));
  c->status = "running";
  c->started = now_;
  c->pid = next_pid_++;
  c->oom_killed = false;
  c->exit_code = 0;
  tell(*c, "start");
  return effect::changed;
}

void simulated_world::end_process(container& c, int code) {
  for (const auto& port : c.spec.ports) {
    const auto [first, last] = bound_.equal_range(key_of(port));
    for (auto it = first; it != last; ++it)
      if (it->second.second == c.id) {
        bound_.erase(it);
        break;
      }
  }
  c.status = "exited";
  c.finished = now_;
  c.exit_code = code;
  c.pid = 0;
  tell(c, "die", {{"exitCode", std::to_string(code)}});
}

engine_result<effect> simulated_world::stop(std::string_view ref) {
  auto* c = find(ref);
  if (!c) return fail(no_container(ref));
  if (!c->running()) return effect::already;
  tell(*c, "kill", {{"signal", "15"}});
  end_process(*c, 0);
  tell(*c, "stop");
  return effect::changed;
}

engine_result<effect> simulated_world::exit(std::string_view ref, int code, bool oom_killed) {
  auto* c = find(ref);
  if (!c) return fail(no_container(ref));
  if (!c->running()) return effect::already;
  c->oom_killed = oom_killed;
  if (oom_killed) tell(*c, "oom");
  end_process(*c, code);
  return effect::changed;
}

engine_result<effect> simulated_world::pause(std::string_view ref) {
  auto* c = find(ref);
  if (!c) return fail(no_container(ref));
  if (c->status == "paused") return effect::already;
  if (c->status != "running")
    return fail(engine_error{engine_errc::conflict, "Container " + c->id + " is not running"});
  c->status = "paused";
  tell(*c, "pause");
  return effect::changed;
}

engine_result<effect> simulated_world::unpause(std::string_view ref) {
  auto* c = find(ref);
  if (!c) return fail(no_container(ref));
  if (c->status != "paused") return effect::already;
  c->status = "running";
  tell(*c, "unpause");
  return effect::changed;
}

engine_result<effect> simulated_world::remove(std::string_view ref) {
  auto* c = find(ref);
  if (!c) return effect::already;
  if (c->running()) {
    tell(*c, "kill", {{"signal", "9"}});
    end_process(*c, 137);
  }
  tell(*c, "destroy");
  names_.erase(c->spec.name);
  containers_.erase(std::string(c->id));
  return effect::changed;
}

void simulated_world::limit_images(std::set<std::string> present, std::set<std::string> pullable) {
  const auto whole = [](const std::set<std::string>& images) {
    std::set<std::string> out;
    for (const auto& image : images)
      out.insert(split_image(image).text());
    return out;
  };
  any_image_ = false;
  images_ = whole(present);
  pullable_ = whole(pullable);
}

engine_result<bool> simulated_world::has_image(std::string_view image) const {
  if (!valid_image_reference(image))
    return fail(engine_error{engine_errc::bad_request, "invalid reference format"});
  return any_image_ || images_.contains(split_image(image).text());
}

engine_result<unit> simulated_world::pull(std::string_view image) {
  if (!valid_image_reference(image))
    return fail(engine_error{engine_errc::bad_request, "invalid reference format"});
  const auto whole = split_image(image).text();
  if (!any_image_ && !images_.contains(whole) && !pullable_.contains(whole))
    return fail(engine_error{engine_errc::no_such_image,
                             "pull access denied for " + whole + ", repository does not exist"});
  images_.insert(whole);
  return unit{};
}

engine_result<network_effect> simulated_world::ensure_network(const network_spec& spec) {
  if (spec.name.empty())
    return fail(engine_error{engine_errc::bad_request, "network name cannot be empty"});
  const auto [at, made] = networks_.try_emplace(spec.name, spec.inter_container);
  if (made) return network_effect::made;
  return at->second ? network_effect::open : network_effect::isolated;
}

std::optional<std::int64_t> simulated_world::ssh_started(std::uint16_t host_port) const {
  const auto [first, last] = bound_.equal_range({"tcp", host_port});
  for (auto it = first; it != last; ++it) {
    const auto& c = containers_.find(it->second.second)->second;
    for (const auto& port : c.spec.ports)
      if (port.host_port == host_port && port.container_port == 22 && c.status == "running")
        return c.started;
  }
  return std::nullopt;
}

} // namespace dockhost::docker
