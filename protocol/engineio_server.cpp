// SPDX-License-Identifier: MIT
// The WebSocket's side, heartbeat and close; polling is in engineio_server_polling.cpp.
#include "protocol/engineio_server.hpp"

#include <algorithm>
#include <utility>

namespace dockhost::protocol::engineio::server {
namespace {

shared_outgoing control(packet_type type, std::string_view data = {}) {
  return std::make_shared<const outgoing>(outgoing{encode_text(type, data), {}});
}

const shared_outgoing& ping() {
  static const auto it = control(packet_type::ping);
  return it;
}

} // namespace

std::size_t outgoing::bytes() const {
  std::size_t sum = text.size();
  for (const auto& a : attachments)
    sum += a.size();
  return sum;
}

std::string_view to_string(end_reason reason) {
  switch (reason) {
  case end_reason::application: return "closed by the application";
  case end_reason::client: return "closed by the client";
  case end_reason::transport_closed: return "transport closed";
  case end_reason::transport_error: return "transport error";
  case end_reason::ping_timeout: return "ping timeout";
  case end_reason::parse_error: return "parse error";
  case end_reason::bad_packet: return "bad packet";
  case end_reason::connect_timeout: return "connect timeout";
  case end_reason::overflow: return "client too slow";
  case end_reason::shutdown: return "server shutting down";
  }
  return "unknown";
}

session::session(const options& o, std::string sid) : options_(o), sid_(std::move(sid)) {}

void session::begin_polling(request_id get, time_point now) {
  get_ = get;
  begin(transport::polling, now);
}

void session::begin_websocket(socket_id socket, time_point now) {
  socket_ = socket;
  begin(transport::websocket, now);
}

void session::begin(transport first, time_point now) {
  now_ = now;
  transport_ = first;
  heartbeat_ = now + options_.ping_interval;
  handshake h;
  h.sid = sid_;
  if (first == transport::polling && options_.upgrades) h.upgrades.emplace_back("websocket");
  h.ping_interval = options_.ping_interval;
  h.ping_timeout = options_.ping_timeout;
  h.max_payload = options_.max_payload;
  send(control(packet_type::open, encode_handshake(h)));
}

// --- WebSockets

void session::another_websocket(socket_id socket, time_point now) {
  now_ = now;
  const bool wanted = phase_ != phase::closed && transport_ == transport::polling && probe_ == 0;
  if (!wanted || !options_.upgrades) {
    out_.emplace_back(close_socket{socket});
    return;
  }
  probe_ = socket;
  probed_ = false;
  if (phase_ == phase::open) side_deadline_ = now + options_.upgrade_timeout;
}

void session::websocket_text(socket_id socket, std::string_view frame, time_point now) {
  now_ = now;
  if (phase_ == phase::closed || socket == 0) return;
  if (socket == probe_) return on_probe(frame);
  if (socket != socket_) return;
  const auto got = decode_text(frame);
  if (!got) return end(end_reason::parse_error);
  on_packet(got->type, false, got->data);
}

void session::websocket_binary(socket_id socket, std::string_view bytes, time_point now) {
  now_ = now;
  if (phase_ == phase::closed || socket == 0) return;
  if (socket == probe_) return give_up_upgrade();
  if (socket == socket_) on_packet(packet_type::message, true, bytes);
}

void session::websocket_closed(socket_id socket, time_point now) {
  now_ = now;
  if (phase_ == phase::closed || socket == 0) return;
  if (socket == probe_) {
    probe_ = 0;
    probed_ = false;
  } else if (socket == socket_) {
    socket_ = 0;
    end(end_reason::transport_closed);
  }
}

void session::on_probe(std::string_view frame) {
  if (frame == "2probe") {
    out_.emplace_back(send_frames{probe_, control(packet_type::pong, "probe")});
    if (!probed_) noop_due_ = now_; // a GET that waits goes home at once, later ones a little later
    probed_ = true;
  } else if (frame == "5") {
    finish_upgrade();
  } else {
    give_up_upgrade();
  }
}

/// The session stays on polling.
void session::give_up_upgrade() {
  out_.emplace_back(close_socket{std::exchange(probe_, 0)});
  probed_ = false;
}

void session::finish_upgrade() {
  if (get_ != 0) answer_packets(get_, encode_text(packet_type::noop));
  transport_ = transport::websocket;
  socket_ = std::exchange(probe_, 0);
  probed_ = false;
  out_.emplace_back(upgraded{});
  for (auto& waiting : std::exchange(queue_, {})) {
    leaving_bytes_ += waiting->bytes();
    out_.emplace_back(send_frames{socket_, std::move(waiting)});
  }
  queued_bytes_ = 0;
  if (phase_ == phase::closing) end(closing_for_);
}

// --- both transports

void session::on_packet(packet_type type, bool binary, std::string_view data) {
  if (type == packet_type::close) return end(end_reason::client);
  if (phase_ != phase::open) return;
  if (awaiting_pong_ && !pong_time_extended_ && type != packet_type::pong) {
    pong_time_extended_ = true;
    heartbeat_ = now_ + options_.ping_timeout;
  }
  switch (type) {
  case packet_type::message: out_.emplace_back(message{binary, std::string(data)}); return;
  case packet_type::pong:
    awaiting_pong_ = false;
    heartbeat_ = now_ + options_.ping_interval;
    return;
  case packet_type::ping: return end(end_reason::transport_error); // only we send pings
  case packet_type::open:
  case packet_type::upgrade:
  case packet_type::noop:
  case packet_type::close: return;
  }
}

void session::send(shared_outgoing what) {
  if (phase_ != phase::open) return;
  const auto bytes = what->bytes();
  if (transport_ == transport::websocket) {
    leaving_bytes_ += bytes;
    out_.emplace_back(send_frames{socket_, std::move(what)});
  } else {
    queued_bytes_ += bytes;
    queue_.push_back(std::move(what));
  }
}

void session::close(end_reason why, time_point now) {
  now_ = now;
  if (phase_ != phase::open) return;
  if (reading_ && why == end_reason::bad_packet) {
    refuse(reading_->post);
    reading_.reset();
  }
  if (transport_ == transport::websocket) return end(why);
  if (get_ != 0) {
    if (queue_.empty()) return end(why);
    answer_get();
  }
  phase_ = phase::closing;
  closing_for_ = why;
  side_deadline_ = now + options_.close_timeout;
}

void session::drop(end_reason why) {
  if (phase_ != phase::closed) end(why);
}

void session::end(end_reason why) {
  if (get_ != 0) {
    auto last = encode_text(why == end_reason::client ? packet_type::noop : packet_type::close);
    // A server that goes down still says what it had to say, where somebody listens.
    if (why == end_reason::shutdown && !queue_.empty()) last = take_payload() + '\x1e' + last;
    answer_packets(get_, std::move(last));
  }
  if (post_ != 0) refuse(post_);
  if (reading_) {
    if (why == end_reason::parse_error || why == end_reason::transport_error) {
      refuse(reading_->post);
    } else {
      out_.emplace_back(answer{reading_->post, 200, answer_kind::ok, "ok"});
    }
    reading_.reset();
  }
  for (auto* socket : {&probe_, &socket_}) {
    if (*socket != 0) out_.emplace_back(close_socket{std::exchange(*socket, 0)});
  }
  phase_ = phase::closed;
  queue_ = {};
  queued_bytes_ = 0;
  out_.emplace_back(closed{why});
}

void session::tick(time_point now) {
  now_ = now;
  if (phase_ == phase::closed) return;
  if (phase_ == phase::closing) {
    if (now >= side_deadline_) end(closing_for_);
    return;
  }
  if (probe_ != 0 && now >= side_deadline_) give_up_upgrade();
  if (now < heartbeat_) return;
  if (awaiting_pong_) return end(end_reason::ping_timeout);
  awaiting_pong_ = true;
  pong_time_extended_ = false;
  heartbeat_ = now + options_.ping_timeout;
  send(ping());
}

std::optional<time_point> session::deadline() const {
  if (phase_ == phase::closed) return std::nullopt;
  auto due = phase_ == phase::closing ? side_deadline_ : heartbeat_;
  if (phase_ == phase::open && probe_ != 0) due = std::min(due, side_deadline_);
  if (probed_ && get_ != 0) due = std::min(due, noop_due_);
  return due;
}

std::optional<output> session::next() {
  for (;;) {
    if (taken_ < out_.size()) {
      std::optional<output> first(std::move(out_[taken_++]));
      if (const auto* frames = std::get_if<send_frames>(&*first)) {
        const auto bytes = frames->what->bytes();
        leaving_bytes_ -= std::min(bytes, leaving_bytes_);
      }
      return first;
    }
    if (taken_ != 0) {
      out_ = {}; // an idle session keeps no buffer
      taken_ = 0;
      leaving_bytes_ = 0;
    }
    if (reading_) {
      read_on();
    } else if (get_ != 0 && !queue_.empty()) {
      answer_get();
    } else if (probed_ && get_ != 0 && now_ >= noop_due_) {
      answer_packets(get_, encode_text(packet_type::noop));
    } else {
      return std::nullopt;
    }
  }
}

} // namespace dockhost::protocol::engineio::server
