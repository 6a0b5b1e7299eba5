// SPDX-License-Identifier: MIT
#include "net/detail/websocket_session.hpp"

#include "net/detail/guard.hpp"

#include <utility>

namespace dockhost::net::detail {

namespace {

/// Calls into a listener: what it throws goes no further.
template <class Fn>
void guard(Fn fn) {
  try {
    fn();
  } catch (...) {
    report_exception();
  }
}

} // namespace

websocket_session::websocket_session(server_connection& connection, const websocket_accept& how,
                                     bool deflate, std::shared_ptr<websocket_listener> listener)
    : connection_(&connection), listener_(std::move(listener)), decoder_(how.max_message, deflate),
      max_message_(how.max_message), max_queued_(how.max_queued), low_mark_(how.low_mark),
      deflate_from_(how.deflate_from), too_big_code_(how.too_big_code),
      bad_text_code_(how.bad_text_code), protocol_code_(how.protocol_code), deflate_(deflate) {
  ++connection.core().counters.websockets;
}

std::shared_ptr<server_websocket> websocket_session::handle() {
  return {static_cast<server_websocket*>(this),
          [self = shared_from_this()](server_websocket*) { self->forget(); }};
}

void websocket_session::count_down() {
  --connection_->core().counters.websockets;
}

void websocket_session::forget() {
  if (connection_) {
    connection_->drop();
  } else {
    listener_.reset();
  }
}

void websocket_session::on_dropped() {
  if (connection_) count_down();
  connection_ = nullptr;
  listener_.reset();
}

bool websocket_session::send(message_kind kind, shared_bytes bytes) {
  if (!open() || !bytes) return false;
  if (connection_->queue().cost() + bytes->size() > max_queued_) return false;
  const opcode op = kind == message_kind::text ? opcode::text : opcode::binary;
  bool compressed = false;
  if (deflate_ && bytes->size() >= deflate_from_) {
    shared_bytes packed = connection_->core().compressed(bytes);
    compressed = packed->size() < bytes->size();
    if (compressed) bytes = std::move(packed);
  }
  send_frame(op, std::move(bytes), compressed);
  if (connection_->queue().bytes() > low_mark_) above_mark_ = true;
  return true;
}

std::size_t websocket_session::bytes_queued() const {
  return connection_ ? connection_->queue().bytes() : 0;
}

void websocket_session::set_low_mark(std::size_t bytes) {
  low_mark_ = bytes;
  above_mark_ = bytes_queued() > bytes;
}

void websocket_session::send_frame(opcode op, shared_bytes payload, bool compressed) {
  const frame_header header(op, payload ? payload->size() : 0, compressed);
  connection_->send(header.bytes(), std::move(payload));
}

void websocket_session::send_close(std::uint16_t code, std::string_view reason) {
  closing_ = true;
  send_frame(opcode::close,
             code == close_code::no_status ? nullptr : share(close_payload(code, reason)));
}

void websocket_session::close(std::uint16_t code, std::string_view reason) {
  if (!open()) return;
  send_close(code, reason);
  connection_->set_deadline(connection_->core().limits.close_time);
}

void websocket_session::abort() {
  if (!connection_) return;
  closing_ = true;
  connection_->close_soon("aborted");
}

void websocket_session::on_bytes(std::span<char> bytes) {
  bool progress = !timing_; // a message's time begins when none is being timed, or the last ended
  while (connection_) {
    const frame_decoder::item item = decoder_.next(bytes);
    if (item.what == frame_decoder::kind::need_more) break;
    if (item.what == frame_decoder::kind::text || item.what == frame_decoder::kind::binary)
      progress = true;
    take(item);
  }
  if (!connection_ || closing_ || !progress) return;
  if (decoder_.in_message()) {
    connection_->set_deadline(connection_->core().limits.body_time);
  } else if (timing_) {
    connection_->clear_deadline();
  }
  timing_ = decoder_.in_message();
}

void websocket_session::take(const frame_decoder::item& item) {
  switch (item.what) {
  case frame_decoder::kind::need_more:
  case frame_decoder::kind::pong: return;
  case frame_decoder::kind::text:
  case frame_decoder::kind::binary: return take_message(item);
  case frame_decoder::kind::ping: return take_ping(item.payload);
  case frame_decoder::kind::close: return take_close(item.payload);
  case frame_decoder::kind::broken: return fail_with(protocol_code_, item.problem);
  case frame_decoder::kind::too_big: return fail_with(too_big_code_, "a message is over the limit");
  }
}

void websocket_session::take_message(const frame_decoder::item& item) {
  if (closing_) return;
  std::string inflated;
  std::string_view payload = item.payload;
  if (item.compressed) {
    switch (connection_->core().codec().inflate(payload, max_message_, inflated)) {
    case deflate_codec::outcome::whole: break;
    case deflate_codec::outcome::broken:
      return fail_with(bad_text_code_, "a message can't be inflated");
    case deflate_codec::outcome::too_big:
      return fail_with(too_big_code_, "a message is over the limit");
    }
    payload = inflated;
  }
  const bool text = item.what == frame_decoder::kind::text;
  if (text && !valid_utf8(payload)) return fail_with(bad_text_code_, "a text is not UTF-8");
  const auto listener = listener_;
  const auto kind = text ? message_kind::text : message_kind::binary;
  guard([&] { listener->on_message(kind, payload); });
}

void websocket_session::take_ping(std::string_view payload) {
  if (closing_) return;
  if (pong_queued_) { // section 5.5.3: of several, only the latest need be answered
    owed_pong_ = std::make_unique<std::string>(payload);
    return;
  }
  pong_queued_ = true;
  send_frame(opcode::pong, share(std::string(payload)));
}

void websocket_session::take_close(std::string_view payload) {
  const close_frame_content content = parse_close(payload);
  if (content.wrong != 0 && !closing_)
    return fail_with(content.wrong == close_code::protocol_error ? protocol_code_ : bad_text_code_,
                     "a close frame is malformed");
  websocket_end how;
  how.code = content.wrong != 0 ? close_code::abnormal : content.code;
  how.reason = content.wrong != 0 ? std::string() : std::string(content.reason);
  how.what = closing_ ? "closed" : "the peer closed";
  if (!closing_) send_close(content.code, {});
  end(std::move(how));
}

void websocket_session::fail_with(std::uint16_t code, std::string_view what) {
  connection_->core().note(false, "websocket", what, to_string(connection_->address()));
  if (!closing_) send_close(code, {});
  websocket_end how;
  how.what = what;
  end(std::move(how));
}

void websocket_session::end(websocket_end how) {
  const auto keep = shared_from_this();
  count_down();
  std::exchange(connection_, nullptr)->finish();
  const auto listener = std::move(listener_);
  if (listener) guard([&] { listener->on_closed(how); });
}

void websocket_session::on_end_of_stream() {
  connection_->close("the peer ended the connection without a close frame");
}

void websocket_session::on_written() {
  if (connection_->queue().empty()) {
    pong_queued_ = false;
    if (owed_pong_ && !closing_) {
      pong_queued_ = true;
      send_frame(opcode::pong, shared_bytes(std::move(owed_pong_)));
    }
  }
  if (!above_mark_ || connection_->queue().bytes() > low_mark_ || closing_) return;
  above_mark_ = false;
  const auto listener = listener_;
  guard([&] { listener->on_drained(); });
}

void websocket_session::on_deadline() {
  if (closing_) return connection_->close("the close frame was not answered in time");
  fail_with(close_code::policy, "a message took too long");
}

void websocket_session::on_overload() {
  fail_with(close_code::try_again_later, "the server holds too many unfinished messages");
}

void websocket_session::on_closed(const std::string& why) {
  count_down();
  connection_ = nullptr;
  const auto listener = std::move(listener_);
  websocket_end how;
  how.what = why;
  if (listener) guard([&] { listener->on_closed(how); });
}

} // namespace dockhost::net::detail
