// SPDX-License-Identifier: MIT
#include "actors/live/container_directory.hpp"

#include "core/labels.hpp"
#include "docker/engine_json.hpp"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

namespace dockhost::actors {

using protocol::bound_port;
using protocol::container_report;

namespace {

constexpr std::size_t min_id_prefix = 12;

std::string label(const std::map<std::string, std::string>& labels, const char* name) {
  const auto found = labels.find(name);
  return found == labels.end() ? std::string() : found->second;
}

std::vector<bound_port> ports_of(const std::vector<docker::port_binding>& bindings) {
  std::vector<bound_port> out;
  for (const auto& each : bindings) {
    if (each.host_port != 0) out.push_back({each.host_port, each.container_port, each.protocol});
  }
  // The engine names them in any order, and once for each family of addresses.
  const auto key = [](const bound_port& p) { return std::tie(p.host, p.container, p.protocol); };
  std::ranges::sort(out, {}, key);
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

/// It holds its ports, and goes on with what it began.
bool runs(container_state state) {
  return state == container_state::running || state == container_state::paused;
}

void set_labels(container_report& report, const std::map<std::string, std::string>& labels) {
  report.compose_project = label(labels, "com.docker.compose.project");
  report.compose_service = label(labels, "com.docker.compose.service");
}

container_report report_of_summary(const docker::container_summary& c, const start_time& known) {
  container_report out;
  out.container_id = c.id;
  out.name = c.name;
  out.image = c.image;
  out.status = c.status;
  out.state = state_from_engine(c.status);
  out.ports = ports_of(c.ports);
  out.created = iso_time(c.created_unix);
  out.started = runs(out.state) ? settled_start(known, c.started) : start_time{};
  set_labels(out, c.labels);
  return out;
}

/// The engine's own word for the state that an event led to.
std::string_view status_after(container_state state) {
  switch (state) {
  case container_state::created: return "created";
  case container_state::running: return "running";
  case container_state::paused: return "paused";
  case container_state::stopped: return "exited";
  default: return "unknown";
  }
}

bool same_but_start(const container_report& a, const container_report& b) {
  return a.name == b.name && a.image == b.image && a.status == b.status &&
         wire_state(a.state) == wire_state(b.state) && a.ports == b.ports &&
         a.compose_project == b.compose_project && a.compose_service == b.compose_service &&
         a.created == b.created && a.username == b.username && a.block == b.block;
}

bool is_start(const std::string& action) {
  return action == "start" || action == "restart";
}

} // namespace

bool same_on_the_wire(const container_report& a, const container_report& b) {
  return same_but_start(a, b) && told_start(a) == told_start(b);
}

void container_directory::put(entry& e, container_report next, container_changes& out) {
  const bool fresh = e.report.container_id.empty();
  if (!fresh && same_on_the_wire(e.report, next)) {
    e.report = std::move(next);
    return;
  }
  e.report = next;
  out.push_back(std::move(next));
}

void container_directory::remove(const std::string& id, container_changes& out) {
  auto node = entries_.extract(id);
  if (node.empty()) return;
  auto last = std::move(node.mapped().report);
  last.state = container_state::absent;
  last.status = "removed";
  last.ports.clear();
  out.push_back(std::move(last));
}

// ---- ours

void container_directory::own_listed(const inventory& all, container_changes& out) {
  std::set<std::string> present;
  for (const auto& view : all.containers)
    present.insert(view.username);
  std::vector<std::string> gone;
  for (const auto& [username, id] : own_) {
    if (!present.contains(username)) gone.push_back(username);
  }
  for (const auto& username : gone)
    remove(own_.extract(username).mapped(), out);
  for (const auto& view : all.containers)
    own_changed(view, out);
}

void container_directory::own_changed(const container_view& view, container_changes& out) {
  const auto known = own_.find(view.username);
  const bool gone = view.state == container_state::absent;
  if (known != own_.end() && (gone || (!view.id.empty() && known->second != view.id))) {
    const auto id = std::move(known->second);
    own_.erase(known);
    remove(id, out);
  }
  if (gone || view.id.empty()) return;
  own_[view.username] = view.id;
  auto& e = entries_[view.id];
  e.own = true;
  put(e, protocol::report_of(view), out);
}

// ---- others'

void container_directory::note_gone(const std::string& id, time_point when, std::int64_t nano) {
  gone_[id] = {when, nano};
}

std::vector<std::string>
container_directory::foreign_listed(const std::vector<docker::container_summary>& all,
                                    time_point taken, std::int64_t taken_unix_nano,
                                    container_changes& out) {
  std::vector<std::string> doubtful;
  std::set<std::string> present;
  for (const auto& c : all) {
    present.insert(c.id);
    const auto grave = gone_.find(c.id);
    if (grave != gone_.end() && grave->second.when >= taken) continue;
    auto& e = entries_[c.id];
    if (e.own) continue;
    const bool fresh = e.report.container_id.empty();
    if (!fresh && e.heard > taken) continue;
    auto report = report_of_summary(c, e.report.started);
    // What it says of the start needs no look: settled_start has judged it.
    if (!fresh && e.report.state != container_state::unknown && !same_but_start(e.report, report)) {
      doubtful.push_back(c.id);
      continue;
    }
    e.as_of_nano = taken_unix_nano;
    if (runs(report.state)) e.bound = report.ports;
    put(e, std::move(report), out);
  }
  std::vector<std::string> missing;
  for (const auto& [id, e] : entries_) {
    if (!e.own && !present.contains(id) && e.heard <= taken) missing.push_back(id);
  }
  for (const auto& id : missing)
    remove(id, out);
  std::erase_if(gone_, [taken](const auto& each) { return each.second.when < taken; });
  return doubtful;
}

bool container_directory::heard(const docker::container_event& e, time_point now,
                                container_changes& out) {
  const auto at = entries_.find(e.id);
  const bool known = at != entries_.end();
  if (known && at->second.own) return false;
  // Streams overlap when they are opened again: what was told already is not news.
  if (known && e.time_nano <= at->second.told_nano) return false;
  if (const auto grave = gone_.find(e.id); grave != gone_.end()) return false;
  // Older than what is known of it: either long in it, or the engine's clock is behind ours.
  if (known && e.time_nano <= at->second.as_of_nano) return e.action != "destroy";
  // When it was created, and which ports it has, only a look tells.
  if (!known && e.action != "destroy") return state_after_event(e.action).has_value();
  if (e.action == "destroy") {
    note_gone(e.id, now, e.time_nano);
    remove(e.id, out);
    return false;
  }
  const auto state = state_after_event(e.action);
  if (!state && e.action != "rename") return false;
  auto& at_hand = at->second;
  at_hand.told_nano = e.time_nano;
  if (is_start(e.action) && !at_hand.fixed) return true;
  at_hand.heard = now;
  auto next = at_hand.report;
  if (auto name = label(e.attributes, "name"); !name.empty()) next.name = std::move(name);
  if (state) {
    next.state = *state;
    next.status = status_after(*state);
    if (!runs(*state)) next.started = {};
    if (is_start(e.action))
      next.started = settled_start(next.started, {e.time_nano / 1'000'000'000, 0});
    next.ports = runs(*state) ? at_hand.bound : std::vector<bound_port>{};
  }
  put(at_hand, std::move(next), out);
  return false;
}

bool container_directory::looked(const docker::container_details& details, time_point asked,
                                 std::int64_t asked_unix_nano, container_changes& out) {
  const auto grave = gone_.find(details.id);
  if (grave != gone_.end()) return false;
  auto& e = entries_[details.id];
  if (e.own) return false;
  auto report = report_of_summary(docker::summarize(details), e.report.started);
  if (e.heard > asked) return true;
  e.as_of_nano = asked_unix_nano;
  if (runs(report.state)) {
    e.bound = report.ports;
    e.fixed = e.bound == ports_of(details.configured_ports);
  } else {
    report.ports.clear();
  }
  put(e, std::move(report), out);
  return false;
}

void container_directory::engine_lost(container_changes& out) {
  for (auto& [id, e] : entries_) {
    if (e.own) continue;
    auto next = e.report;
    next.state = container_state::unknown;
    next.status = "unknown";
    next.ports.clear();
    put(e, std::move(next), out);
  }
}

// ---- looking up

container_directory::lookup container_directory::find(std::string_view wanted) const {
  const auto exact = entries_.find(std::string(wanted));
  if (exact != entries_.end()) return {found::one, &exact->second};
  lookup out;
  for (const auto& [id, e] : entries_) {
    if (e.report.name == wanted) return {found::one, &e};
  }
  if (wanted.size() < min_id_prefix) return out;
  for (auto it = entries_.lower_bound(std::string(wanted));
       it != entries_.end() && it->first.starts_with(wanted); ++it) {
    if (out.how == found::one) return {found::several, nullptr};
    out = {found::one, &it->second};
  }
  return out;
}

} // namespace dockhost::actors
