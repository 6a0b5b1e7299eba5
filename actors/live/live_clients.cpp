// SPDX-License-Identifier: MIT
// The live actor's browsers: who is there, and what each asks for.
#include "actors/live/live_actor.hpp"

#include <algorithm>
#include <utility>

namespace dockhost::actors {

namespace {

using namespace std::chrono_literals;
using platform::log_level;

constexpr auto expiry_warning = 60s;
constexpr auto answer_slack = 10s;
constexpr std::size_t max_server_streams = 512;
constexpr auto longest_timer = 1h; ///< steady clocks and wall clocks drift: look again

} // namespace

void live_state::joined(live_client who) {
  const auto id = who.remote.id();
  platform::log(log_level::debug, name, "live.joined", "a browser has come",
                {{"token", who.token}, {"role", std::string(to_string(who.role))}});
  auto& c = clients_[id];
  c.who = std::move(who);
  c.outlet = make_outlet(c.who.remote);
  std::vector<std::string> features = {"subscriptions", "batching",   "stats",
                                       "binary_logs",   "log_filter", "heartbeat"};
  if (server_ && server_->guard().wants_tokens()) features.emplace_back("auth");
  if (env_->config.live.compression) features.emplace_back("compression");
  if (c.who.role == live_role::operator_) {
    features.emplace_back("actions");
    if (env_->config.live.foreign_actions) features.emplace_back("foreign_actions");
  }
  emit(c, "connection_established",
       protocol::encode_connection_established("Connected to DockHost node " + env_->node_id,
                                               env_->new_id(), features));
  if (ready()) tell_whole(c);
  if (c.who.expires) {
    const auto left = std::chrono::milliseconds(*c.who.expires * 1'000 - env_->unix_ms());
    c.token_ends = self_->clock().now() + left;
    plan(id, c);
  }
  node_changed(false);
}

void live_state::server_came(const server_joined& j) {
  auto& c = clients_[j.client];
  c.server = true;
  c.outlet = j.to;
  c.topics.state = false;
}

/// The main server may see its own: what else runs on the machine is nobody's business there.
bool live_state::shows(const client& c, const container_directory::entry& e) const {
  return !c.server || e.own;
}

bool live_state::knows(const client& c) const {
  return c.server ? own_known_ : known();
}

void live_state::gone(const std::string& id) {
  const auto it = clients_.find(id);
  if (it == clients_.end()) return;
  if (it->second.due) due_.erase({*it->second.due, id});
  clients_.erase(it);
  self_->send(logs_, client_gone{id});
  self_->send(stats_, client_gone{id});
  node_changed(false);
}

/// One that has missed something is told all of it, now that it can take it.
void live_state::drained(const std::string& id) {
  const auto it = clients_.find(id);
  if (it == clients_.end()) return;
  auto& c = it->second;
  if (!c.behind) return;
  if (c.told && c.topics.state) {
    tell_whole(c);
  } else {
    c.behind = false;
  }
  if (c.topics.node) emit(c, "node_state", protocol::encode_node_state(node_now()));
}

void live_state::requested(client_request& r) {
  const auto it = clients_.find(r.client);
  if (it == clients_.end()) return;
  env_->metrics->live_requests[r.what.index()].add();
  std::visit([&](const auto& what) { run(it->first, it->second, r, what); }, r.what);
}

void live_state::refuse(const client& c, const client_request& r, std::string_view message,
                        std::string_view code) const {
  env_->metrics->refused(code);
  r.ack({protocol::encode_live_refusal(message, code)});
  // A Node.js server that listens to no "error" would end with one.
  if (!c.server) emit(c, "error", protocol::encode_live_error(message, code, r.event));
}

void live_state::refuse_unknown(const client& c, const client_request& r) const {
  refuse(c, r, "The containers are not known yet", to_string(errc::engine_unavailable));
}

const container_directory::entry* live_state::look_up(const client& c, const client_request& r,
                                                      const std::string& wanted) const {
  const auto found = directory_.find(wanted);
  if (found.how == container_directory::found::one && shows(c, *found.what)) return found.what;
  if (found.how == container_directory::found::several) {
    refuse(c, r, "Several containers begin with that id", "invalid_request");
  } else if (!knows(c)) {
    refuse_unknown(c, r);
  } else {
    refuse(c, r, "No such container", "not_found");
  }
  return nullptr;
}

std::optional<std::vector<stats_container>>
live_state::look_up_all(const client& c, const client_request& r,
                        const std::optional<std::vector<std::string>>& wanted) const {
  std::vector<stats_container> out;
  if (!wanted) return out;
  for (const auto& each : *wanted) {
    const auto* entry = look_up(c, r, each);
    if (entry == nullptr) return std::nullopt;
    out.push_back({entry->report.container_id, each});
  }
  return out;
}

void live_state::run(const std::string&, client& c, client_request& r,
                     const protocol::list_containers_request&) {
  if (!knows(c)) return refuse_unknown(c, r);
  json::array all;
  for (const auto& [id, entry] : directory_.all())
    if (shows(c, entry)) all.push_back(protocol::encode_container(entry.report));
  r.ack({json::object{{"containers", std::move(all)}}});
}

void live_state::run(const std::string&, client&, client_request& r,
                     const protocol::heartbeat_ack&) {
  r.ack({json::object{{"status", "ok"}}});
}

// ---- logs

void live_state::run(const std::string& id, client& c, client_request& r,
                     const protocol::start_log_request& what) {
  const auto* entry = look_up(c, r, what.container);
  if (entry == nullptr) return;
  const auto container = entry->report.container_id;
  const auto most =
      c.server ? max_server_streams : static_cast<std::size_t>(env_->config.live.max_streams);
  if (!c.logs.contains(container) && c.logs.size() >= most) {
    return refuse(c, r, "Too many log streams", "capacity");
  }
  const auto number = ++c.last_watch;
  c.logs[container] = {number, what.container};
  self_
      ->request(logs_, env_->config.engine.inspect_timeout + answer_slack,
                watch_log{id, number, container, what.container, what.options, c.outlet})
      .then(
          [this, id, number, container, request = r](const log_watch_answer& answer) {
            log_started(id, container, number, request, answer.failure);
          },
          [this, id, number, container, request = r](const caf::error&) {
            log_started(id, container, number, request,
                        error{errc::timeout, "the log could not be opened in time"});
          });
}

void live_state::log_started(const std::string& id, const std::string& container,
                             std::uint64_t number, const client_request& r,
                             const std::optional<error>& failure) {
  const auto it = clients_.find(id);
  if (it == clients_.end()) return;
  auto& c = it->second;
  if (!failure) return r.ack({json::object{{"status", "stream_started"}}});
  if (const auto log = c.logs.find(container);
      log != c.logs.end() && log->second.number == number) {
    c.logs.erase(log);
  }
  refuse(c, r, failure->message, to_string(failure->code));
}

void live_state::run(const std::string& id, client& c, client_request& r,
                     const protocol::stop_log_request& what) {
  auto log = std::find_if(c.logs.begin(), c.logs.end(),
                          [&](const auto& each) { return each.second.spelling == what.container; });
  if (log == c.logs.end()) {
    const auto* entry = look_up(c, r, what.container);
    if (entry == nullptr) return;
    log = c.logs.find(entry->report.container_id);
  }
  // The acknowledgement first; log_stream_stopped is the hub's to say.
  r.ack({json::object{{"status", "stream_stopped"}}});
  const auto number = log == c.logs.end() ? 0 : log->second.number;
  self_->send(logs_, unwatch_log{id, number, what.container, c.outlet});
  if (log != c.logs.end()) c.logs.erase(log);
}

// ---- actions

void live_state::run(const std::string& id, client& c, client_request& r,
                     const protocol::container_action_request& what) {
  if (c.who.role != live_role::operator_) {
    return refuse(c, r, "Only operators may do that", "forbidden");
  }
  const auto* entry = look_up(c, r, what.container);
  if (entry == nullptr) return;
  platform::log(log_level::info, name, "live.action", "a browser asks for an action",
                {{"token", c.who.token},
                 {"action", std::string(protocol::to_string(what.action))},
                 {"container", entry->report.name}});
  if (entry->own && entry->report.username) {
    return act_on_own(id, r, *entry->report.username, what.action);
  }
  if (!env_->config.live.foreign_actions) {
    return refuse(c, r, "That container is not this node's own", "forbidden");
  }
  act_on_foreign(id, r, entry->report.container_id, what.action);
}

// ---- what is due for a client

/// Notes when something is next due for it.
void live_state::plan(const std::string& id, client& c) {
  std::optional<time_point> next;
  if (c.topics.heartbeat) next = c.next_heartbeat;
  if (c.token_ends) {
    const auto at = c.warned ? *c.token_ends : *c.token_ends - expiry_warning;
    if (!next || at < *next) next = at;
  }
  if (c.due == next) return;
  if (c.due) due_.erase({*c.due, id});
  c.due = next;
  if (next) due_.emplace(*next, id);
  arm();
}

void live_state::arm() {
  auto next = node_due_;
  if (!due_.empty() && (!next || due_.begin()->first < *next)) next = due_.begin()->first;
  if (!next || (armed_ && *armed_ <= *next)) return;
  armed_ = next;
  const auto left =
      std::clamp<std::chrono::nanoseconds>(*next - self_->clock().now(), 0ns, longest_timer);
  self_->delayed_send(self_, left, live_due{++due_generation_});
}

void live_state::run_due() {
  armed_.reset();
  const auto now = self_->clock().now();
  if (node_due_ && *node_due_ <= now) tell_node();
  while (!due_.empty() && due_.begin()->first <= now) {
    const auto id = due_.begin()->second;
    due_.erase(due_.begin());
    auto& c = clients_.at(id);
    c.due.reset();
    run_due(id, c, now);
  }
  arm();
}

void live_state::run_due(const std::string& id, client& c, time_point now) {
  if (c.topics.heartbeat && c.next_heartbeat <= now) {
    c.next_heartbeat = now + c.heartbeat;
    emit(c, "heartbeat", protocol::encode_heartbeat(env_->unix_ms(), ++c.heartbeats));
  }
  if (c.token_ends) {
    if (*c.token_ends <= now) {
      platform::log(log_level::info, name, "live.token_ended", "a browser's token has ended",
                    {{"token", c.who.token}});
      c.token_ends.reset();
      c.who.remote.close();
    } else if (!c.warned && *c.token_ends - expiry_warning <= now) {
      c.warned = true;
      emit(c, "token_expiring", protocol::encode_token_expiring(*c.who.expires));
    }
  }
  plan(id, c);
}

} // namespace dockhost::actors
