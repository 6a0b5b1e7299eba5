// SPDX-License-Identifier: MIT
#include "actors/node/connection_actor.hpp"

#include "protocol/live_requests.hpp"
#include "protocol/reply_encoder.hpp"
#include "protocol/reports.hpp"
#include "json/json.hpp"

#include <algorithm>
#include <utility>

namespace dockhost::actors {

namespace {

using namespace std::chrono_literals;
using platform::log_level;

constexpr auto inventory_slack = 10s;
constexpr auto report_retry = 5s;
constexpr auto resend_pause = 5s;
constexpr auto idle_timeout = 5s;
constexpr auto rehandshake_retry = 5s;
constexpr std::size_t packet_overhead = 64; ///< type, ack id, brackets and quotes around a payload
constexpr std::size_t default_max_payload =
    1'000'000; ///< Socket.IO's own default, while the server's is unknown

} // namespace

connection_state::connection_state(self_ptr self) : self_(self) {}

connection_actor::behavior_type connection_state::behave(environment_ptr env, fleet_actor fleet,
                                                         router_actor router, live_actor live) {
  quiet_defaults(self_, name);
  env_ = std::move(env);
  count_while_alive(self_, env_->metrics, actor_kind::connection);
  fleet_ = std::move(fleet);
  router_ = std::move(router);
  live_ = std::move(live);
  self_->set_down_handler([this](caf::scheduled_actor*, caf::down_msg& down) {
    std::erase_if(listeners_, [&down](const auto& who) { return who.address() == down.source; });
  });
  const auto& config = env_->config.server;
  api_key_ = config.api_key;
  backoff_.emplace(config.backoff_base, config.backoff_cap, env_->uniform);
  refused_backoff_.emplace(config.refused_key_min, config.refused_key_max, env_->uniform);
  self_->send(router_, attach_reply_sink{reply_sink_actor(connection_actor(self_))});
  self_->send(fleet_, subscribe_inventory{inventory_listener_actor(connection_actor(self_))});
  replies_.emplace(static_cast<std::size_t>(config.max_undelivered));
  if (config.url.empty()) {
    platform::log(log_level::warn, name, "connection.no_server",
                  "no main server is configured; nothing to connect to");
  } else {
    connect();
  }
  return {
      [this](const link_connected& e) {
        if (e.session == session_) connected();
      },
      [this](const link_refused& e) {
        if (e.session == session_) refused(e.message);
      },
      [this](const link_closed& e) {
        if (e.session == session_) closed(e.reason, e.clean);
      },
      [this](link_event& e) {
        if (e.session == session_) heard(e);
      },
      [this](const link_reply_done& e) {
        if (e.session == session_) reply_done(e);
      },
      [this](const link_heartbeat& e) {
        if (e.session == session_) replies_->heartbeat();
      },
      [this](reply_ready& r) { send_reply(r); },
      [this](const link_answer& a) { answer(a); },
      [this](const container_changed& c) { report_change(c); },
      [this](const subscribe_server_link& s) {
        self_->monitor(s.who);
        listeners_.push_back(s.who);
        self_->send(s.who, server_link_changed{live_word(phase_)});
      },
      [this](const report_due& d) {
        if (d.session == session_ && phase_ == phase::connected && !told_) report_all();
      },
      [this](const resend_due& d) {
        if (d.session == session_ && phase_ == phase::connected && !rehandshaking_) send_waiting();
      },
      [this](const reconnect_due& d) {
        if (d.generation == generation_ &&
            (phase_ == phase::waiting || phase_ == phase::waiting_refused))
          connect();
      },
      [this](const connection_stable& s) {
        if (s.session != session_ || phase_ != phase::connected) return;
        backoff_->reset();
        refused_backoff_->reset();
      },
      [this](const rehandshake_due& d) {
        if (d.session != session_ || phase_ != phase::connected) return;
        // A hub does not forget nodes.
        if (hub_ && env_->config.server.rehandshake == rehandshake_policy::automatic) {
          rehandshake_needed_ = false;
        } else {
          rehandshake();
        }
      },
      [this](const key_changed& k) {
        api_key_ = k.key;
        if (phase_ == phase::waiting_refused) connect();
      },
      [this](close_connection) { return close(); },
  };
}

// ---- the states
// -----------------------------------------------------------------------------------------------------------------

const char* connection_state::word(phase p) {
  switch (p) {
  case phase::idle: return "idle";
  case phase::connecting: return "connecting";
  case phase::connected: return "connected";
  case phase::waiting: return "waiting";
  case phase::waiting_refused: return "refused";
  case phase::closing: return "closing";
  case phase::closed: return "closed";
  }
  return "idle";
}

/// As browsers are told (PROTOCOL part 2, node_state).
const char* connection_state::live_word(phase p) {
  switch (p) {
  case phase::idle: return "none";
  case phase::connecting: return "connecting";
  case phase::connected: return "connected";
  case phase::waiting_refused: return "refused";
  case phase::waiting:
  case phase::closing:
  case phase::closed: return "disconnected";
  }
  return "none";
}

void connection_state::enter(phase next, const std::string& why) {
  const bool trouble = next == phase::waiting || next == phase::waiting_refused;
  platform::log(trouble ? log_level::warn : log_level::info, name,
                std::string("connection.") + word(next), why,
                {{"change", std::string(word(phase_)) + "->" + word(next)},
                 {"server", env_->config.server.url}});
  phase_ = next;
  for (const auto& who : listeners_)
    self_->send(who, server_link_changed{live_word(next)});
}

void connection_state::connect() {
  leave_live();
  link_.reset();
  const auto session = ++session_;
  env_->metrics->connection_attempts.add();
  enter(phase::connecting, "connecting to the main server");
  connection_actor me = self_;
  server_link_handlers handlers;
  handlers.on_connected = [me, session] { caf::anon_send(me, link_connected{session}); };
  handlers.on_refused = [me, session](std::string message) {
    caf::anon_send(me, link_refused{session, std::move(message)});
  };
  handlers.on_event = [me, session](std::string event, json::array arguments,
                                    std::optional<std::uint64_t> ack) {
    caf::anon_send(me, link_event{session, std::move(event), std::move(arguments), ack});
  };
  handlers.on_closed = [me, session](std::string reason, bool clean) {
    caf::anon_send(me, link_closed{session, std::move(reason), clean});
  };
  handlers.on_done = [me, session](std::uint64_t number, link_verdict verdict) {
    caf::anon_send(me, link_reply_done{session, number, verdict});
  };
  handlers.on_heartbeat = [me, session] { caf::anon_send(me, link_heartbeat{session}); };
  key_tried_ = api_key_;
  link_ = env_->open_link(api_key_, std::move(handlers));
}

void connection_state::connected() {
  env_->metrics->connections.add();
  enter(phase::connected, "connected and authenticated");
  hub_ = false;
  told_.reset();
  untold_.clear();
  join_live();
  report_all();
  send_waiting();
  self_->delayed_send(self_, env_->config.server.backoff_reset_after, connection_stable{session_});
  plan_rehandshake();
}

void connection_state::refused(const std::string& message) {
  link_.reset();
  env_->metrics->connections_refused.add();
  if (phase_ == phase::closing) return closed("refused", true);
  // Another key has come while this one was being tried.
  if (key_tried_ != api_key_) return connect();
  const auto pause = env_->config.server.refused_key_min + refused_backoff_->next();
  enter(phase::waiting_refused, "Authentication failed: the main server said: " + message +
                                    ". Check DOCKHOST_API_KEY; a new key is tried at once");
  reconnect_after(std::min<std::chrono::milliseconds>(pause, env_->config.server.refused_key_max));
}

void connection_state::closed(const std::string& reason, bool clean) {
  // A refusal has ended this session already, and set the slow pace of the next attempts.
  if (phase_ == phase::waiting || phase_ == phase::waiting_refused) return;
  leave_live();
  link_.reset();
  if (const auto again = replies_->link_ended(clean); again > 0) {
    platform::log(log_level::info, name, "reply.unproved",
                  "replies that the server may not have read wait for the next connection",
                  {{"replies", std::to_string(again)}});
  }
  if (phase_ == phase::closing) {
    enter(phase::closed, "closed");
    if (closing_) closing_->deliver(connection_closed{});
    closing_.reset();
    return;
  }
  if (std::exchange(rehandshaking_, false)) {
    rehandshake_needed_ = false;
    return connect();
  }
  if (phase_ == phase::connected) {
    auto& counted = *env_->metrics;
    (clean ? counted.connections_lost_clean : counted.connections_lost).add();
    const auto policy = env_->config.server.rehandshake;
    // It stays needed until it is done: the socket that was lost times out at the server all the
    // same when the next one is closed in good order.
    if (policy == rehandshake_policy::always || (policy == rehandshake_policy::automatic && !clean))
      rehandshake_needed_ = true;
  }
  enter(phase::waiting, reason);
  reconnect_after(backoff_->next());
}

void connection_state::reconnect_after(std::chrono::milliseconds pause) {
  platform::log(log_level::debug, name, "connection.retry", "next attempt",
                {{"in_ms", std::to_string(pause.count())}});
  self_->delayed_send(self_, pause, reconnect_due{++generation_});
}

caf::result<connection_closed> connection_state::close() {
  ++generation_;
  leave_live();
  if (!link_) {
    enter(phase::closed, "closed");
    return connection_closed{};
  }
  enter(phase::closing, "saying goodbye to the main server");
  closing_ = self_->make_response_promise<connection_closed>();
  link_->close();
  return caf::delegated<connection_closed>{};
}

// ---- events and replies
// -----------------------------------------------------------------------------------------------------------

void connection_state::heard(link_event& e) {
  if (e.name == "hub-hello") {
    hub_ = true;
    return;
  }
  if (std::find(protocol::live_request_events.begin(), protocol::live_request_events.end(),
                e.name) != protocol::live_request_events.end()) {
    return ask_live(e);
  }
  self_->send(router_, event_received{e.session, std::move(e.name), std::move(e.arguments), e.ack});
}

void connection_state::send_reply(reply_ready& r) {
  const bool live = phase_ == phase::connected && link_ && !rehandshaking_;
  const bool own = r.session == session_;
  if (!r.replayable && !(live && own)) {
    report_dropped(r, "a reply came after its connection had gone");
    return;
  }
  if (!live) {
    if (const auto dropped = replies_->keep(std::move(r)))
      report_dropped(*dropped, "too many undelivered replies: the oldest is dropped");
    return;
  }
  std::optional<std::uint64_t> number;
  if (r.replayable) {
    number = replies_->on_its_way(r);
  } else if (!r.op_id.empty()) {
    self_->send(router_, reply_delivered{r.op_id}); // on this connection or never
  }
  fit(r);
  if (own && r.ack) {
    link_->acknowledge(*r.ack, {std::move(r.payload)}, number);
  } else {
    link_->emit(r.event, {std::move(r.event_payload)}, number);
  }
}

void connection_state::reply_done(const link_reply_done& e) {
  switch (e.verdict) {
  case link_verdict::sent:
    if (auto op_id = replies_->sent(e.number); !op_id.empty())
      self_->send(router_, reply_delivered{std::move(op_id)});
    return;
  case link_verdict::unsent:
    if (const auto dropped = replies_->unsent(e.number))
      report_dropped(*dropped, "too many undelivered replies: the oldest is dropped");
    // Mostly the link is about to end; where only its queue is full, it does not.
    self_->delayed_send(self_, resend_pause, resend_due{session_});
    return;
  case link_verdict::refused:
    if (const auto dropped = replies_->refused(e.number))
      report_dropped(*dropped, "a reply can't be sent");
    return;
  }
}

void connection_state::report_dropped(const reply_ready& r, const char* why) const {
  env_->metrics->replies_dropped.add();
  platform::log(log_level::warn, name, "reply.dropped", why, {{"event", r.event}});
}

void connection_state::fit(reply_ready& r) const {
  const auto room = link_->max_payload();
  if (room == 0) return;
  for (auto* payload : {&r.payload, &r.event_payload}) {
    if (json::dump(*payload).size() + r.event.size() + packet_overhead <= room) continue;
    platform::log(log_level::warn, name, "reply.too_long",
                  "a reply is longer than the server takes", {{"event", r.event}});
    *payload = protocol::reply_too_long(*payload);
  }
}

void connection_state::send_waiting() {
  for (auto& r : replies_->take_waiting())
    send_reply(r);
}

// ---- reports
// ----------------------------------------------------------------------------------------------------------------------

void connection_state::report_all() {
  const auto session = session_;
  // The fleet answers when it knows, which a slow engine's first listing may put off: the server is
  // told then, not never.
  self_->request(fleet_, env_->config.engine.list_timeout + inventory_slack, get_inventory{})
      .then(
          [this, session](const inventory_answer& answer) {
            if (session != session_ || phase_ != phase::connected) return;
            tell(*answer.all);
          },
          [this, session](const caf::error& e) {
            platform::log(log_level::warn, name, "report.failed", "the state could not be reported",
                          {{"reason", caf::to_string(e)}});
            self_->delayed_send(self_, report_retry, report_due{session});
          });
}

void connection_state::tell(const inventory& all) {
  const auto known = link_->max_payload();
  std::vector<protocol::container_report> reports;
  reported_.clear();
  for (const auto& view : all.containers) {
    reported_[view.username] = view;
    if (!view.id.empty()) reports.push_back(protocol::report_of(view));
  }
  protocol::node_hello hello{env_->node_id, env_->version,
                             static_cast<std::int64_t>(all.containers.size()),
                             env_->config.capacity.max_containers};
  link_->emit("node-hello", {protocol::encode_node_hello(hello)}, {});
  for (auto& part :
       protocol::encode_initial_state_parts(reports, known == 0 ? default_max_payload : known)) {
    link_->emit("initial_state", {std::move(part)}, {});
  }
  told_ = all.version;
  for (const auto& [username, news] : std::exchange(untold_, {}))
    report_change(news);
}

void connection_state::report_change(const container_changed& c) {
  if (phase_ != phase::connected) return;
  // The whole state comes first. What is older than it is in it; only what is newer follows.
  if (!told_) {
    untold_[c.view.username] = c;
  } else if (c.version > *told_) {
    tell_change(c.view);
  }
}

void connection_state::tell_change(const container_view& now) {
  auto& last = reported_[now.username];
  auto view = now;
  // A removed container is told with what was last known of it.
  if (view.state == container_state::absent) {
    if (last.id.empty()) {
      reported_.erase(now.username);
      return;
    }
    view = last;
    view.state = container_state::absent;
  }
  if (view.id.empty()) return;
  const bool same = last.id == view.id && wire_state(last.state) == wire_state(view.state);
  last = view;
  if (!same)
    link_->emit("container_state_change", {protocol::encode_container(protocol::report_of(view))},
                {});
  if (view.state == container_state::absent) reported_.erase(now.username);
}

// ---- the planned re-handshake
// -----------------------------------------------------------------------------------------------------

void connection_state::plan_rehandshake() {
  if (!rehandshake_needed_) return;
  self_->delayed_send(self_, env_->config.server.rehandshake_delay, rehandshake_due{session_});
}

void connection_state::rehandshake() {
  const auto session = session_;
  self_->request(router_, idle_timeout, is_idle{})
      .then(
          [this, session](bool idle) {
            if (session != session_ || phase_ != phase::connected) return;
            if (!idle) {
              self_->delayed_send(self_, rehandshake_retry, rehandshake_due{session});
              return;
            }
            platform::log(log_level::info, name, "connection.rehandshake",
                          "connecting anew once: the server may have forgotten this node when the "
                          "lost connection timed out");
            rehandshaking_ = true;
            leave_live();
            link_->close();
          },
          [](const caf::error&) {});
}

connection_actor::behavior_type
connection_behavior(self_pointer<connection_actor, connection_state> self, environment_ptr env,
                    fleet_actor fleet, router_actor router, live_actor live) {
  return self->state.behave(std::move(env), std::move(fleet), std::move(router), std::move(live));
}

} // namespace dockhost::actors
