// SPDX-License-Identifier: MIT
// The session and its WebSockets; polling and the upgrade are in engineio_client_polling.cpp.
#include "protocol/engineio_client.hpp"

#include <algorithm>
#include <iterator>

namespace dockhost::protocol::engineio {

client::client(client_options options) : options_(std::move(options)) {}

std::string client::target(std::string_view transport_name) const {
  std::string out = options_.path + "?EIO=4&transport=" + std::string(transport_name);
  for (const auto& [key, v] : options_.query) {
    out += '&' + encode_query(key) + '=' + encode_query(v);
  }
  if (!server_.sid.empty()) out += "&sid=" + encode_query(server_.sid);
  return out;
}

/// How long the server may stay silent.
std::chrono::milliseconds client::patience() const {
  return server_.ping_interval + server_.ping_timeout;
}

bool client::owns(ws_slot slot) const {
  return transport_ == transport::websocket && slot == slot_;
}

void client::open_socket(ws_slot slot, std::chrono::milliseconds timeout) {
  alive(slot) = true;
  out_.emplace_back(open_websocket{slot, target("websocket"), timeout});
}

void client::close_socket(ws_slot slot) {
  if (!alive(slot)) return;
  alive(slot) = false;
  out_.emplace_back(close_websocket{slot});
}

void client::start(time_point now) {
  now_ = now;
  if (phase_ != phase::idle) return;
  phase_ = phase::opening;
  if (options_.websocket) {
    const auto whole = options_.connect_timeout;
    open_socket(ws_slot::main, options_.polling ? whole / 2 : whole);
  } else {
    start_polling();
  }
}

void client::websocket_opened(ws_slot slot, time_point now) {
  now_ = now;
  if (slot == ws_slot::main) {
    socket_opened_ = true;
  } else if (upgrade_ == upgrade::opening) {
    upgrade_ = upgrade::probing;
    out_.emplace_back(send_text{slot, encode_text(packet_type::ping, "probe")});
  }
}

void client::websocket_text(ws_slot slot, std::string_view frame, time_point now) {
  now_ = now;
  if (slot == ws_slot::probe && upgrade_ != upgrade::none) return on_probe(frame);
  if (!owns(slot)) return;
  const auto got = decode_text(frame);
  if (!got) return abort(close_reason::protocol_error, got.err().message);
  on_packet(got->type, false, got->data);
}

void client::websocket_binary(ws_slot slot, const std::string& frame, time_point now) {
  now_ = now;
  if (slot == ws_slot::probe && upgrade_ != upgrade::none) return abandon_upgrade();
  if (owns(slot)) on_packet(packet_type::message, true, frame);
}

void client::websocket_closed(ws_slot slot, const link_failure& why, time_point now) {
  now_ = now;
  alive(slot) = false;
  if (slot == ws_slot::probe && upgrade_ != upgrade::none) return abandon_upgrade();
  if (!owns(slot) || phase_ == phase::closed) return;
  if (phase_ == phase::closing) return abort(close_reason::local, "closed");
  const bool opening = phase_ == phase::opening;
  const bool hopeless =
      why.kind == link_failure_kind::unreachable || why.kind == link_failure_kind::tls;
  if (opening && !socket_opened_ && !hopeless && options_.polling) {
    websocket_failure_ = why.message;
    return start_polling();
  }
  abort(reason_of(why.kind, opening), why.message);
}

void client::on_packet(packet_type type, bool binary, std::string_view data) {
  if (phase_ == phase::opening) {
    if (binary || type != packet_type::open) {
      return abort(close_reason::protocol_error, "the first packet is no open packet");
    }
    return on_open(data);
  }
  if (phase_ != phase::open) return;
  switch (type) {
  case packet_type::message: out_.emplace_back(message{binary, std::string(data)}); return;
  case packet_type::ping:
    ping_deadline_ = now_ + patience();
    if (transport_ == transport::websocket) {
      ++heartbeats_;
      out_.emplace_back(send_text{slot_, encode_text(packet_type::pong)});
    } else if (!pong_queued_) {
      ++heartbeats_;
      pong_queued_ = true; // one answers any number of pings that came at once
      queue_.push_back({packet_type::pong, false, {}});
      flush();
    }
    return;
  case packet_type::close:
    return abort(close_reason::transport_closed, "the server closed the session");
  case packet_type::noop: return;
  case packet_type::open:
  case packet_type::pong:
  case packet_type::upgrade: break;
  }
  abort(close_reason::protocol_error, "a packet that only a client sends, or a second open");
}

void client::on_open(std::string_view data) {
  auto got = decode_handshake(data);
  if (!got) return abort(close_reason::protocol_error, got.err().message);
  server_ = std::move(got).value();
  phase_ = phase::open;
  ping_deadline_ = now_ + patience();
  out_.emplace_back(opened{server_, transport_ == transport::websocket});
  if (transport_ == transport::polling && options_.websocket && server_.offers("websocket")) {
    begin_upgrade();
  }
}

send_status client::send(std::string text, std::vector<std::string> attachments) {
  if (phase_ != phase::open) return send_status::not_open;
  std::vector<packet> packets;
  packets.push_back({packet_type::message, false, std::move(text)});
  for (auto& bytes : attachments) {
    packets.push_back({packet_type::message, true, std::move(bytes)});
  }
  std::size_t bytes = 0;
  for (const auto& p : packets) {
    const bool bare = p.binary && transport_ == transport::websocket;
    const auto size = bare ? p.data.size() : payload_size(p) - 1;
    if (size > server_.max_payload) return send_status::too_large;
    bytes += p.data.size();
  }
  if (transport_ == transport::polling && bytes > options_.max_queued - queued_bytes_) {
    return send_status::queue_full;
  }
  queued_bytes_ += bytes;
  std::ranges::move(packets, std::back_inserter(queue_));
  flush();
  return send_status::sent;
}

void client::close(time_point now) {
  now_ = now;
  if (phase_ == phase::idle || phase_ == phase::opening)
    return abort(close_reason::local, "closed");
  if (phase_ != phase::open) return;
  phase_ = phase::closing;
  close_deadline_ = now + options_.close_timeout;
  if (transport_ == transport::websocket) {
    out_.emplace_back(close_websocket{slot_}); // alive until the peer's close frame came
    return;
  }
  queue_.push_back({packet_type::close, false, {}});
  if (upgrade_ == upgrade::none) return flush();
  abandon_upgrade();
}

void client::abort(close_reason reason, std::string text) {
  if (phase_ == phase::closed) return;
  const bool closing = phase_ == phase::closing;
  if (phase_ == phase::opening && !websocket_failure_.empty()) {
    text += " (and the WebSocket before: " + websocket_failure_ + ")";
  }
  phase_ = phase::closed;
  upgrade_ = upgrade::none;
  for (const auto slot : {ws_slot::main, ws_slot::probe}) {
    if (!(closing && owns(slot))) close_socket(slot);
  }
  if (get_out_ || post_out_) out_.emplace_back(cancel_http{});
  get_out_ = false;
  post_out_ = false;
  queue_.clear();
  queued_bytes_ = 0;
  out_.emplace_back(closed{reason, std::move(text)});
}

void client::tick(time_point now) {
  now_ = now;
  if (phase_ == phase::closing && now >= close_deadline_) {
    return abort(close_reason::local, "closed without an answer");
  }
  if (phase_ != phase::open) return;
  if (now >= ping_deadline_) {
    return abort(close_reason::ping_timeout,
                 "no ping for " + std::to_string(patience().count()) + " ms");
  }
  if (upgrade_ != upgrade::none && now >= upgrade_deadline_) abandon_upgrade();
}

std::optional<time_point> client::deadline() const {
  if (phase_ == phase::closing) return close_deadline_;
  if (phase_ != phase::open) return std::nullopt;
  return upgrade_ == upgrade::none ? ping_deadline_ : std::min(ping_deadline_, upgrade_deadline_);
}

std::optional<output> client::next() {
  if (out_.empty()) return std::nullopt;
  std::optional<output> first(std::move(out_.front()));
  out_.pop_front();
  return first;
}

} // namespace dockhost::protocol::engineio
