// SPDX-License-Identifier: MIT
// The session on HTTP polling, and its upgrade to a WebSocket.
#include "protocol/engineio_client.hpp"

namespace dockhost::protocol::engineio {
namespace {

/// A POST or GET that takes longer than the heartbeat allows is dead; the heartbeat notices first.
constexpr std::chrono::milliseconds http_margin{5'000};
/// One answer of the server holds at most so many packets: bounds what a hostile one makes of it.
constexpr std::size_t max_packets_per_payload = 65'536;

} // namespace

void client::start_polling() {
  transport_ = transport::polling;
  get_out_ = true;
  out_.emplace_back(http_get{target("polling"), options_.connect_timeout});
}

void client::http_get_done(int status, std::string_view body, time_point now) {
  now_ = now;
  if (!get_out_) return;
  get_out_ = false;
  if (phase_ != phase::opening && phase_ != phase::open) return;
  if (status != 200) {
    return abort(close_reason::transport_error, "polling answered " + std::to_string(status));
  }
  read_payload(body);
  polling_idle();
}

void client::read_payload(std::string_view body) {
  payload_reader reader(body);
  for (std::size_t count = 0; phase_ == phase::opening || phase_ == phase::open; ++count) {
    auto next = reader.next();
    if (!next) return abort(close_reason::protocol_error, next.err().message);
    if (!*next) return;
    if (count == max_packets_per_payload) {
      return abort(close_reason::protocol_error, "too many packets in one answer");
    }
    on_packet((*next)->type, (*next)->binary, (*next)->data);
  }
}

void client::http_post_done(int status, time_point now) {
  now_ = now;
  if (!post_out_) return;
  post_out_ = false;
  if (phase_ == phase::closed) return;
  if (close_posted_) return abort(close_reason::local, "closed");
  if (status != 200) {
    return abort(close_reason::transport_error, "POST answered " + std::to_string(status));
  }
  polling_idle();
}

void client::http_get_failed(const link_failure& why, time_point now) {
  now_ = now;
  if (!get_out_) return;
  get_out_ = false;
  // While closing, the server may end the GET in any way it likes.
  if (phase_ == phase::closing) return;
  abort(reason_of(why.kind, phase_ == phase::opening), why.message);
}

void client::http_post_failed(const link_failure& why, time_point now) {
  now_ = now;
  if (!post_out_) return;
  post_out_ = false;
  if (close_posted_) return abort(close_reason::local, "closed");
  abort(reason_of(why.kind, false), why.message);
}

/// After a request has ended: the next ones, or the switch that waited for it.
void client::polling_idle() {
  if (phase_ == phase::closed || transport_ != transport::polling) return;
  if (upgrade_ == upgrade::draining) {
    if (!get_out_ && !post_out_) finish_upgrade();
    return;
  }
  poll();
  flush();
}

void client::poll() {
  if (phase_ != phase::open || get_out_) return;
  get_out_ = true;
  out_.emplace_back(http_get{target("polling"), patience() + http_margin});
}

void client::flush() {
  if (transport_ == transport::websocket) {
    for (auto& p : queue_) {
      if (p.binary) {
        out_.emplace_back(send_binary{slot_, std::move(p.data)});
      } else {
        out_.emplace_back(send_text{slot_, encode_text(p.type, p.data)});
      }
    }
    queue_.clear();
    queued_bytes_ = 0;
    pong_queued_ = false;
    return;
  }
  if (post_out_ || queue_.empty() || upgrade_ == upgrade::draining) return;
  std::string body;
  while (!queue_.empty()) {
    const auto& p = queue_.front();
    if (!body.empty() && body.size() + payload_size(p) > server_.max_payload) break;
    // The close goes alone: beside it, the server drops the session before it has looked at a
    // DISCONNECT packet, and takes the clean end for a lost link.
    if (!body.empty() && p.type == packet_type::close) break;
    if (p.type == packet_type::pong) pong_queued_ = false;
    close_posted_ = close_posted_ || p.type == packet_type::close;
    queued_bytes_ -= p.data.size();
    append_to_payload(body, p);
    queue_.pop_front();
  }
  post_out_ = true;
  out_.emplace_back(http_post{target("polling"), std::move(body), patience() + http_margin});
}

void client::begin_upgrade() {
  upgrade_ = upgrade::opening;
  upgrade_deadline_ = now_ + options_.upgrade_timeout;
  open_socket(ws_slot::probe, options_.upgrade_timeout);
}

void client::on_probe(std::string_view frame) {
  const auto got = decode_text(frame);
  const bool answer =
      upgrade_ == upgrade::probing && got && got->type == packet_type::pong && got->data == "probe";
  if (!answer) return abandon_upgrade();
  upgrade_ = upgrade::draining;
  polling_idle();
}

/// The session stays on polling; the server gives up its side of the upgrade by itself.
void client::abandon_upgrade() {
  close_socket(ws_slot::probe);
  upgrade_ = upgrade::none;
  polling_idle();
}

void client::finish_upgrade() {
  upgrade_ = upgrade::none;
  transport_ = transport::websocket;
  slot_ = ws_slot::probe;
  out_.emplace_back(send_text{slot_, encode_text(packet_type::upgrade)});
  out_.emplace_back(upgraded{});
  flush();
}

} // namespace dockhost::protocol::engineio
