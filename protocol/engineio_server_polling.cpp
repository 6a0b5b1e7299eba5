// SPDX-License-Identifier: MIT
// A session's GETs and POSTs.
#include "protocol/engineio_server.hpp"

#include "core/base64.hpp"

#include <utility>

namespace dockhost::protocol::engineio::server {
namespace {

constexpr char separator = '\x1e';
/// The answer to one GET holds at most so many bytes and one packet more; the rest waits for the
/// next one.
constexpr std::size_t longest_answer = 1'000'000;
/// Between the answers to GETs that come while the client should upgrade.
constexpr std::chrono::milliseconds noop_pause{100};

void append(std::string& payload, const outgoing& what) {
  if (!what.text.empty()) {
    if (!payload.empty()) payload += separator;
    payload += what.text;
  }
  for (const auto& bytes : what.attachments)
    append_to_payload(payload, {packet_type::message, true, bytes});
}

} // namespace

void session::get(request_id id, time_point now) {
  now_ = now;
  if (phase_ == phase::closed || transport_ != transport::polling) return refuse(id);
  if (get_ != 0) {
    end(end_reason::transport_error);
    // Before `closed`, which is the last.
    out_.insert(out_.end() - 1, answer{id, 400, answer_kind::refused, {}});
    return;
  }
  get_ = id;
  if (phase_ != phase::closing) return;
  if (!queue_.empty()) return answer_get();
  answer_packets(get_,
                 encode_text(packet_type::noop) + separator + encode_text(packet_type::close));
  end(closing_for_);
}

void session::post_begun(request_id id, bool octet_stream, time_point now) {
  now_ = now;
  if (phase_ == phase::closed || transport_ != transport::polling) return refuse(id);
  if (post_ != 0 || reading_ || octet_stream) {
    end(end_reason::transport_error);
    out_.insert(out_.end() - 1, answer{id, 400, answer_kind::refused, {}});
    return;
  }
  post_ = id;
}

void session::post_body(request_id id, std::string body, time_point now) {
  now_ = now;
  if (id == 0 || id != post_) return;
  if (transport_ != transport::polling) return refuse(post_);
  if (body.size() > options_.max_payload) return refuse(post_, 413);
  reading_ = std::make_unique<reading>(std::exchange(post_, 0), std::move(body));
}

void session::post_too_large(request_id id) {
  if (id != 0 && id == post_) refuse(post_, 413);
}

void session::other_request(request_id id) {
  refuse(id, 500);
}

void session::request_gone(request_id id, time_point now) {
  now_ = now;
  if (phase_ == phase::closed || id == 0) return;
  if (id == get_) {
    get_ = 0;
  } else if (id == post_) {
    post_ = 0;
  } else {
    return;
  }
  end(end_reason::transport_error);
}

void session::read_on() {
  auto got = reading_->reader.next();
  if (!got) return end(end_reason::parse_error);
  if (!*got) {
    out_.emplace_back(answer{reading_->post, 200, answer_kind::ok, "ok"});
    reading_.reset();
    return;
  }
  on_packet((*got)->type, (*got)->binary, (*got)->data);
}

std::string session::take_payload() {
  std::string payload;
  std::size_t count = 0;
  while (count < queue_.size() && payload.size() < longest_answer) {
    const auto& what = *queue_[count++];
    queued_bytes_ -= what.bytes();
    append(payload, what);
  }
  if (count == queue_.size()) {
    queue_ = {};
  } else {
    queue_.erase(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(count));
  }
  return payload;
}

void session::answer_get() {
  answer_packets(get_, take_payload());
}

void session::answer_packets(request_id& get, std::string body) {
  out_.emplace_back(answer{std::exchange(get, 0), 200, answer_kind::packets, std::move(body)});
  noop_due_ = now_ + noop_pause;
}

void session::refuse(request_id& id, int status) {
  out_.emplace_back(answer{std::exchange(id, 0), status, answer_kind::refused, {}});
}

} // namespace dockhost::protocol::engineio::server
