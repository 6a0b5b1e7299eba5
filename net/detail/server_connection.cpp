// SPDX-License-Identifier: MIT
#include "net/detail/server_connection.hpp"

#include "net/detail/deadline.hpp"

namespace dockhost::net::detail {

namespace {

/// Reads and bytes written in one turn, so that a fast peer doesn't keep the others waiting.
constexpr int reads_per_turn = 4;
constexpr std::size_t written_per_turn = 1024 * 1024;

constexpr std::string_view plain_on_tls = "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n"
                                          "Content-Type: text/plain\r\nContent-Length: 24\r\n\r\n"
                                          "This port speaks HTTPS.\n";

} // namespace

server_connection::server_connection(std::shared_ptr<server_core> core, io_socket socket,
                                     SSL_CTX* tls, const peer_address& from,
                                     std::uint16_t from_port, std::uint16_t to_port)
    : core_(std::move(core)), socket_(std::move(socket), tls), from_(from), from_port_(from_port),
      to_port_(to_port), shaking_(tls != nullptr) {}

void server_connection::start(std::shared_ptr<connection_protocol> protocol) {
  self_ = shared_from_this();
  protocol_ = std::move(protocol);
  core_->add(*this, from_);
  if (!socket_.is_open()) return close_soon("no memory for TLS");
  await_request();
  set_deadline(core_->limits.header_time);
  wait_readable();
}

void server_connection::become(std::shared_ptr<connection_protocol> protocol, std::string ahead) {
  if (closed_) return;
  protocol_ = std::move(protocol);
  clear_deadline();
  account();
  if (ahead.empty()) return resume_reading();
  pause_reading();
  asio::post(core_->io.ctx, [self = shared_from_this(), bytes = std::move(ahead)]() mutable {
    if (self->closed_ || !self->protocol_) return;
    const auto speaker = self->protocol_;
    speaker->on_bytes(bytes);
    self->account();
    self->resume_reading();
  });
}

void server_connection::send(std::string_view prefix, shared_bytes bytes) {
  if (closed_ || shut_down_) return;
  const std::size_t before = out_.bytes();
  out_.push(prefix, std::move(bytes));
  core_->counters.queued += out_.bytes() - before;
  if (waiting_to_write_ || flush_due_) return;
  flush_due_ = true;
  core_->flush_later(shared_from_this());
}

void server_connection::resume_reading() {
  paused_ = false;
  wait_readable();
}

void server_connection::set_deadline(std::chrono::milliseconds from_now) {
  deadline_ = deadline_after(from_now);
  watch();
}

void server_connection::watch() {
  if (!list_hook<timed>::linked() && !closed_) core_->watch(*this);
}

void server_connection::wait_readable() {
  if (waiting_to_read_ || paused_ || input_ended_ || closed_) return;
  waiting_to_read_ = true;
  if (socket_.pending()) { // already here: the kernel wouldn't tell
    asio::post(core_->io.ctx, [self = shared_from_this()] { self->on_readable(); });
    return;
  }
  socket_.wait_readable([self = shared_from_this()](error_code) { self->on_readable(); });
}

void server_connection::on_readable() {
  waiting_to_read_ = false;
  if (closed_) return;
  if (shaking_) return shake_hands();
  read();
}

void server_connection::read() {
  for (int i = 0; i < reads_per_turn && !paused_ && !closed_ && !input_ended_; ++i) {
    const std::span<char> room = core_->scratch();
    const io_outcome got = socket_.read(room);
    if (got.status == io_status::again) break;
    if (got.status == io_status::want_write) {
      read_needs_write_ = true;
      return wait_writable();
    }
    if (got.status == io_status::failed) return close(socket_.problem("read"));
    if (got.status == io_status::ended) {
      input_ended_ = true;
      if (finishing_) {
        if (shut_down_) drop();
        return;
      }
      const auto speaker = protocol_;
      return speaker->on_end_of_stream();
    }
    if (finishing_) continue; // whatever it still had to say
    const auto speaker = protocol_;
    speaker->on_bytes(room.subspan(0, got.bytes));
    account();
    if (got.bytes < room.size() && !socket_.tls()) break;
  }
  wait_readable();
}

void server_connection::account() {
  if (closed_) return;
  const std::size_t held = protocol_ ? protocol_->held() : 0;
  if (held == accounted_) return;
  const std::size_t all = core_->counters.input += held - accounted_; // wraps rightly
  const bool more = held > accounted_;
  accounted_ = held;
  if (!more || all <= core_->limits.max_input) return;
  core_->note(true, "limit", "unfinished requests and messages take all the memory they may",
              to_string(from_));
  const auto speaker = protocol_;
  speaker->on_overload();
}

void server_connection::shake_hands() {
  switch (socket_.handshake()) {
  case io_status::ok:
    shaking_ = false;
    if (!out_.empty()) flush();
    return read();
  case io_status::again: return wait_readable();
  case io_status::want_write: return wait_writable();
  case io_status::ended:
  case io_status::failed: break;
  }
  const std::string why = socket_.problem("TLS handshake");
  core_->note(false, "tls", why, to_string(from_));
  if (socket_.met_plain_http()) socket_.send_plain(plain_on_tls);
  close(why);
}

void server_connection::wait_writable() {
  if (waiting_to_write_ || closed_) return;
  waiting_to_write_ = true;
  socket_.wait_writable([self = shared_from_this()](error_code) {
    self->waiting_to_write_ = false;
    if (self->closed_) return;
    if (self->shaking_) return self->shake_hands();
    if (self->read_needs_write_) {
      self->read_needs_write_ = false;
      self->read();
    }
    self->flush();
  });
}

void server_connection::flush() {
  flush_due_ = false;
  if (closed_ || shaking_ || waiting_to_write_) return;
  std::size_t written = 0;
  while (!out_.empty() && written < written_per_turn) {
    const io_outcome put = socket_.write(out_, core_->record());
    if (put.status == io_status::failed) return close(socket_.problem("write"));
    if (put.status != io_status::ok) {
      if (written > 0 || stalled_ == never) {
        stalled_ = deadline_after(core_->limits.write_time);
        watch();
      }
      wait_writable();
      break;
    }
    written += put.bytes;
    core_->counters.queued -= put.bytes;
    out_.consume(put.bytes);
  }
  if (!waiting_to_write_) stalled_ = never;
  if (!out_.empty() && !waiting_to_write_) { // the others' turn
    flush_due_ = true;
    core_->flush_later(shared_from_this());
  }
  if (finishing_) {
    if (out_.empty()) end();
    return;
  }
  if (written == 0) return;
  const auto speaker = protocol_;
  speaker->on_written();
  account();
}

void server_connection::finish() {
  if (closed_ || finishing_) return;
  finishing_ = true;
  protocol_.reset();
  account();
  busy();
  set_deadline(core_->limits.close_time);
  paused_ = false;
  if (out_.empty()) {
    end();
  } else {
    wait_readable();
  }
}

void server_connection::end() {
  if (shut_down_) return;
  shut_down_ = true;
  socket_.shut_down();
  if (input_ended_) return drop();
  wait_readable();
}

void server_connection::stop() {
  if (closed_ || finishing_) return;
  const auto speaker = protocol_;
  speaker->on_stop();
}

void server_connection::expire(time_point now) {
  if (closed_) return;
  if (stalled_ <= now) return close("the peer takes nothing");
  if (deadline_ > now) return;
  clear_deadline();
  if (finishing_) return drop();
  if (shaking_) {
    core_->note(false, "tls", "no TLS handshake in time", to_string(from_));
    return close("no TLS handshake in time");
  }
  const auto speaker = protocol_;
  speaker->on_deadline();
}

void server_connection::close_soon(std::string why) {
  paused_ = true;
  core_->counters.queued -= out_.bytes();
  out_.clear();
  asio::post(core_->io.ctx, [self = shared_from_this(), w = std::move(why)] { self->close(w); });
}

void server_connection::close(const std::string& why) {
  if (closed_) return;
  const auto keep = shared_from_this();
  const auto speaker = protocol_;
  release();
  if (speaker) speaker->on_closed(why);
}

void server_connection::reset() {
  if (!closed_) socket_.reset_on_close();
  drop();
}

void server_connection::drop() {
  if (closed_) return;
  const auto keep = shared_from_this();
  const auto speaker = protocol_;
  release();
  if (speaker) speaker->on_dropped();
}

void server_connection::release() {
  closed_ = true;
  self_.reset(); // the caller holds it
  list_hook<any_connection>::unlink();
  list_hook<timed>::unlink();
  busy();
  core_->counters.queued -= out_.bytes();
  core_->counters.input -= accounted_;
  out_.clear();
  protocol_.reset();
  socket_.close();
  core_->removed(from_);
}

} // namespace dockhost::net::detail
