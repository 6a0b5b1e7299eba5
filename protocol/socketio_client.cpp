// SPDX-License-Identifier: MIT
// What comes in; what goes out is in socketio_client_send.cpp.
#include "protocol/socketio_client.hpp"

#include <algorithm>

namespace dockhost::protocol::socketio {
namespace {

template <class... Fs>
struct overloaded : Fs... {
  using Fs::operator()...;
};
template <class... Fs>
overloaded(Fs...) -> overloaded<Fs...>;

/// The text of a CONNECT_ERROR: an object with `message`, or (from old servers) a bare string.
std::string refusal_of(const json::value& data) {
  if (const auto* text = data.as_string()) return *text;
  const auto* message = data.find("message");
  return message != nullptr && message->as_string() != nullptr ? *message->as_string() : "";
}

} // namespace

client::client(client_options options)
    : options_(std::move(options)), engine_(options_.engine), decoder_(options_.max_received) {}

void client::start(time_point now) {
  if (phase_ != phase::idle) return;
  now_ = now;
  phase_ = phase::connecting;
  connect_deadline_ = now + options_.connect_timeout;
  engine_.start(now);
  pump();
}

void client::websocket_opened(engineio::ws_slot slot, time_point now) {
  now_ = now;
  engine_.websocket_opened(slot, now);
  pump();
}

void client::websocket_text(engineio::ws_slot slot, std::string_view frame, time_point now) {
  now_ = now;
  engine_.websocket_text(slot, frame, now);
  pump();
}

void client::websocket_binary(engineio::ws_slot slot, const std::string& frame, time_point now) {
  now_ = now;
  engine_.websocket_binary(slot, frame, now);
  pump();
}

void client::websocket_closed(engineio::ws_slot slot, const engineio::link_failure& why,
                              time_point now) {
  now_ = now;
  engine_.websocket_closed(slot, why, now);
  pump();
}

void client::http_get_done(int status, std::string_view body, time_point now) {
  now_ = now;
  engine_.http_get_done(status, body, now);
  pump();
}

void client::http_get_failed(const engineio::link_failure& why, time_point now) {
  now_ = now;
  engine_.http_get_failed(why, now);
  pump();
}

void client::http_post_done(int status, time_point now) {
  now_ = now;
  engine_.http_post_done(status, now);
  pump();
}

void client::http_post_failed(const engineio::link_failure& why, time_point now) {
  now_ = now;
  engine_.http_post_failed(why, now);
  pump();
}

void client::tick(time_point now) {
  now_ = now;
  if (phase_ == phase::ended) return; // a namespace may still wait for its answer
  engine_.tick(now);
  if (phase_ == phase::connecting && now >= connect_deadline_) {
    engine_.abort(close_reason::connect_timeout,
                  "no answer within " + std::to_string(options_.connect_timeout.count()) + " ms");
  }
  for (auto& [nsp, m] : members_) {
    if (nsp == options_.nsp || m.state != membership::connecting || now < m.deadline) continue;
    m.state = membership::left;
    out_.emplace_back(connect_refused{nsp, "no answer in time", nullptr});
  }
  while (!ack_deadlines_.empty() && ack_deadlines_.begin()->first <= now) {
    const auto id = ack_deadlines_.begin()->second;
    ack_deadlines_.erase(ack_deadlines_.begin());
    acks_.erase(id);
    out_.emplace_back(ack_failed{id, true});
  }
  pump();
}

/// Takes what the engine has to say: actions go on to the driver, the rest is ours.
void client::pump() {
  while (auto next = engine_.next()) {
    std::visit(overloaded{
                   [&](engineio::opened& o) { take(o); },
                   [&](engineio::message& m) { take(m); },
                   [&](engineio::closed& c) { take(c); },
                   [&](auto& action) { out_.emplace_back(std::move(action)); },
               },
               *next);
  }
}

void client::take(engineio::opened& o) {
  server_ = std::move(o.server);
  websocket_ = o.websocket;
  members_[options_.nsp] = {membership::connecting, connect_deadline_};
  const auto sent = send({packet_type::connect, options_.nsp, {}, options_.auth, {}});
  if (!sent) {
    engine_.abort(close_reason::protocol_error,
                  "CONNECT can't be sent: " + std::string(to_string(sent.err())));
  }
}

void client::take(engineio::message& m) {
  // What is left of a payload after the packet that ended the connection.
  if (phase_ != phase::connecting && phase_ != phase::connected) return;
  auto got = m.binary ? decoder_.binary(std::move(m.data)) : decoder_.text(m.data);
  if (!got) return protocol_error(got.err().message);
  if (*got) on_packet(std::move(**got));
}

void client::take(engineio::closed& c) {
  if (phase_ == phase::ended) return;
  phase_ = phase::ended;
  for (const auto& pending : acks_)
    out_.emplace_back(ack_failed{pending.first, false});
  acks_.clear();
  ack_deadlines_.clear();
  disconnected last{c.reason, std::move(c.text), c.reason == close_reason::local};
  if (ending_) {
    last.reason = ending_->first;
    last.text = std::move(ending_->second);
    last.clean = true;
  }
  out_.emplace_back(std::move(last));
}

void client::protocol_error(std::string text) {
  phase_ = phase::closing; // nothing more is taken from the server
  engine_.abort(close_reason::protocol_error, std::move(text));
}

/// Ends the connection in order, for a reason that came from the server.
void client::end_engine(close_reason reason, std::string text) {
  phase_ = phase::closing;
  ending_.emplace(reason, std::move(text));
  engine_.close(now_);
}

void client::on_packet(packet p) {
  const auto found = members_.find(p.nsp);
  if (found == members_.end()) return protocol_error("a packet for a namespace we are not in");
  member& m = found->second;
  if (m.state == membership::left) return;
  if (p.type == packet_type::connect) return on_connect(p, m);
  if (p.type == packet_type::connect_error) {
    if (m.state != membership::connecting) return protocol_error("CONNECT_ERROR after CONNECT");
    return on_connect_error(p);
  }
  if (m.state == membership::connecting) return protocol_error("a packet before CONNECT");
  if (p.type == packet_type::disconnect) return on_disconnect(p);
  auto& items = *p.data.as_array();
  if (p.type == packet_type::ack) {
    const auto pending = acks_.find(*p.id);
    // Unknown: it timed out, and the answer is late.
    if (pending == acks_.end() || pending->second.nsp != p.nsp) return;
    ack_deadlines_.erase({pending->second.deadline, *p.id});
    acks_.erase(pending);
    out_.emplace_back(acked{*p.id, std::move(items), std::move(p.attachments)});
    return;
  }
  event e{std::move(p.nsp), *items.front().as_string(), {}, std::move(p.attachments), p.id};
  items.erase(items.begin());
  e.args = std::move(items);
  out_.emplace_back(std::move(e));
}

void client::on_connect(packet& p, member& m) {
  if (m.state == membership::connected) return protocol_error("a second CONNECT");
  const auto* sid = p.data.find("sid");
  if (sid == nullptr || sid->as_string() == nullptr) {
    return protocol_error("CONNECT without a sid: a server of an older protocol");
  }
  m.state = membership::connected;
  if (p.nsp == options_.nsp) phase_ = phase::connected;
  out_.emplace_back(connected{std::move(p.nsp), *sid->as_string(), server_, websocket_});
}

void client::on_connect_error(packet& p) {
  connect_refused refusal{p.nsp, refusal_of(p.data), nullptr};
  if (const auto* data = p.data.find("data")) refusal.data = *data;
  if (p.nsp == options_.nsp) {
    end_engine(close_reason::connect_refused, refusal.message);
  } else {
    members_.erase(p.nsp); // it may be tried again, with better credentials
  }
  out_.emplace_back(std::move(refusal));
}

void client::on_disconnect(const packet& p) {
  members_.erase(p.nsp);
  fail_acks_of(p.nsp);
  if (p.nsp == options_.nsp) {
    end_engine(close_reason::server_disconnect, "the server sent a disconnect packet");
  } else {
    out_.emplace_back(namespace_closed{p.nsp});
  }
}

void client::fail_acks_of(const std::string& nsp) {
  for (auto at = acks_.begin(); at != acks_.end();) {
    if (at->second.nsp != nsp) {
      ++at;
      continue;
    }
    out_.emplace_back(ack_failed{at->first, false});
    ack_deadlines_.erase({at->second.deadline, at->first});
    at = acks_.erase(at);
  }
}

std::optional<time_point> client::next_deadline() const {
  if (phase_ == phase::idle || phase_ == phase::ended) return std::nullopt;
  auto due = engine_.deadline();
  const auto sooner = [&](time_point t) { due = due ? std::min(*due, t) : t; };
  if (phase_ == phase::connecting) sooner(connect_deadline_);
  for (const auto& [nsp, m] : members_) {
    if (nsp != options_.nsp && m.state == membership::connecting) sooner(m.deadline);
  }
  if (!ack_deadlines_.empty()) sooner(ack_deadlines_.begin()->first);
  return due;
}

std::optional<output> client::next() {
  if (out_.empty()) return std::nullopt;
  std::optional<output> first(std::move(out_.front()));
  out_.pop_front();
  return first;
}

} // namespace dockhost::protocol::socketio
