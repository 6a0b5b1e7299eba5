// SPDX-License-Identifier: MIT
// The live actor, telling browsers what has changed.
#include "actors/live/live_actor.hpp"

#include "core/web_origin.hpp"
#include "protocol/socketio_server.hpp"

#include <algorithm>
#include <utility>

namespace dockhost::actors {

namespace {

using namespace std::chrono_literals;
using protocol::socketio::server::encode_event_text;

constexpr std::size_t whole_state_room = 16 * 1024 * 1024;
/// Beside a client's own budget, which a log may have filled: states are not to wait for it.
constexpr std::size_t state_room = 1024 * 1024;
constexpr std::size_t max_batch = 1'000;
constexpr auto node_pause = 250ms; ///< between two changes of counts

/// None of the events here can be refused: their names are not reserved, and nothing is binary.
shared_outgoing event_of(std::string_view name, std::string_view text) {
  return encode_event_text("/", name, text).value();
}

/// A loopback address (a tunnel to the engine) would lead a browser to its own machine.
std::string told_host(const std::string& host) {
  return host == "localhost" || is_loopback(host) ? std::string() : host;
}

std::string list_text(const container_changes& changes, const container_choice& chosen) {
  std::string out = "{\"containers\":[";
  bool first = true;
  for (const auto& each : changes) {
    if (!chosen.contains(each.container_id)) continue;
    if (!std::exchange(first, false)) out += ',';
    json::dump_to(out, protocol::encode_container(each));
  }
  return first ? std::string() : out + "]}";
}

} // namespace

void live_state::publish(const container_changes& changes) {
  if (changes.empty()) return;
  whole_.clear();
  whole_packet_.reset();
  for (const auto& report : changes) {
    tell_parts(report);
    const auto text = json::dump(protocol::encode_container(report));
    tell_change(report, event_of("container_state_change", text));
  }
  for (auto& [id, c] : clients_)
    follow_shown(id, c);
  node_changed(false);
}

/// Logs and stats follow a container's life.
void live_state::tell_parts(const protocol::container_report& report) {
  const auto& id = report.container_id;
  const bool removed = report.state == container_state::absent;
  const bool runs = report.state == container_state::running ||
                    report.state == container_state::paused ||
                    report.state == container_state::stopping;
  if (report.state == container_state::unknown) return; // they hear of the engine themselves
  self_->send(logs_, log_container_news{id, runs, removed});
  if (runs) {
    self_->send(stats_, container_runs{id, 0});
  } else {
    self_->send(stats_, container_ended{id});
  }
  if (!removed) return;
  for (auto& [name_of_client, c] : clients_)
    c.logs.erase(id);
}

/// Encoded once for all. Whoever has not had the whole yet finds it in there.
void live_state::tell_change(const protocol::container_report& report,
                             const shared_outgoing& packet) {
  std::vector<socketio_remote> to;
  std::vector<socketio_remote> compat;
  for (auto& [id, c] : clients_) {
    if (!c.told || c.behind || !c.topics.state) continue;
    if (!c.states.contains(report.container_id)) continue;
    if (c.batch.count() != 0) {
      auto& waiting = batches_[c.batch];
      if (waiting.empty()) self_->delayed_send(self_, c.batch, live_batch_due{c.batch});
      if (waiting.empty() || waiting.back().container_id != report.container_id ||
          !same_on_the_wire(waiting.back(), report)) {
        waiting.push_back(report);
      }
      continue;
    }
    to.push_back(c.who.remote);
    if (c.who.compat) compat.push_back(c.who.remote);
  }
  send(std::move(to), packet);
  if (!compat.empty()) {
    const auto text = json::dump(protocol::encode_container(report));
    send(std::move(compat), event_of("container_state_changed", text));
  }
  for (const auto& [batch, waiting] : batches_) {
    if (waiting.size() >= max_batch) return flush(batch);
  }
}

/// Before a client joins that batch, leaves it or is told the whole, too: what waits was meant for
/// those who are in it now, and is older than all that follows.
void live_state::flush(std::chrono::milliseconds batch) {
  const auto node = batches_.extract(batch);
  if (node.empty()) return;
  const auto& changes = node.mapped();
  std::vector<socketio_remote> everybody;
  for (auto& [id, c] : clients_) {
    if (c.batch != batch || !c.told || c.behind || !c.topics.state) continue;
    if (c.states.everything()) {
      everybody.push_back(c.who.remote);
    } else if (const auto text = list_text(changes, c.states); !text.empty()) {
      send({c.who.remote}, event_of("container_state_changes", text));
    }
  }
  if (!everybody.empty()) {
    send(std::move(everybody), event_of("container_state_changes", list_text(changes, {})));
  }
}

void live_state::send(std::vector<socketio_remote> to, shared_outgoing packet) {
  if (to.empty() || !server_) return;
  const live_actor me(self_);
  const auto budget = static_cast<std::size_t>(env_->config.live.client_buffer) + state_room;
  server_->broadcast(std::move(to), std::move(packet), budget, [me](std::vector<std::string> ids) {
    caf::anon_send(me, clients_behind{std::move(ids)});
  });
}

void live_state::emit(const client& c, std::string_view event, json::value payload) const {
  (void)c.outlet->emit(event_of(event, json::dump(payload)), whole_state_room);
}

const std::string& live_state::whole_text() {
  if (!whole_.empty()) return whole_;
  whole_ = "{\"containers\":[";
  bool first = true;
  for (const auto& [id, entry] : directory_.all()) {
    if (!std::exchange(first, false)) whole_ += ',';
    json::dump_to(whole_, protocol::encode_container(entry.report));
  }
  whole_ += "]}";
  return whole_;
}

void live_state::tell_whole(client& c) {
  flush(c.batch);
  if (!whole_packet_) whole_packet_ = event_of("initial_state", whole_text());
  c.told = true;
  c.behind = !c.who.remote.emit_encoded(
      whole_packet_, whole_state_room + static_cast<std::size_t>(env_->config.live.client_buffer));
}

// ---- the node itself

protocol::node_report live_state::node_now() const {
  protocol::node_report out;
  out.node_id = env_->node_id;
  out.version = env_->version;
  out.engine_reachable = health_ && health_->reachable;
  if (health_) out.engine_version = health_->info.version;
  if (health_ && health_->info.remote) out.engine_host = told_host(health_->info.published_host);
  out.main_server = main_server_;
  out.main_server_url = env_->config.server.url;
  out.clients = std::count_if(clients_.begin(), clients_.end(),
                              [](const auto& each) { return !each.second.server; });
  for (const auto& [id, entry] : directory_.all()) {
    ++out.containers;
    if (entry.report.state == container_state::running) ++out.running;
  }
  return out;
}

/// Links at once; counts a little later, many changes in one.
void live_state::node_changed(bool at_once) {
  if (at_once) return tell_node();
  if (node_due_) return;
  node_due_ = self_->clock().now() + node_pause;
  arm();
}

void live_state::tell_node() {
  node_due_.reset();
  std::vector<socketio_remote> to;
  std::vector<live_outlet_ptr> servers;
  for (const auto& [id, c] : clients_) {
    if (!c.topics.node) continue;
    if (c.server) {
      servers.push_back(c.outlet);
    } else {
      to.push_back(c.who.remote);
    }
  }
  if (to.empty() && servers.empty()) {
    node_told_.reset();
    return;
  }
  auto now = node_now();
  if (node_told_ == now) return;
  const auto packet = event_of("node_state", json::dump(protocol::encode_node_state(now)));
  for (const auto& server : servers)
    (void)server->emit(packet, whole_state_room);
  send(std::move(to), packet);
  node_told_ = std::move(now);
}

} // namespace dockhost::actors
