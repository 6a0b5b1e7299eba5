// SPDX-License-Identifier: MIT
#include "net/detail/http_session.hpp"

#include "net/detail/guard.hpp"
#include "net/detail/http_request_text.hpp"
#include "net/detail/server_exchange.hpp"
#include "net/detail/websocket_handshake.hpp"
#include "net/detail/websocket_session.hpp"

#include <boost/beast/http/status.hpp>

#include <algorithm>
#include <charconv>
#include <utility>

namespace dockhost::net::detail {

namespace {

namespace http = boost::beast::http;

constexpr std::string_view interim = "HTTP/1.1 100 Continue\r\n\r\n";

bool valid_headers(const header_list& headers) {
  return std::ranges::all_of(headers,
                             [](const auto& h) { return valid_header(h.first, h.second); });
}

/// The server's own to set.
bool reserved(std::string_view name) {
  return same_header(name, "Content-Length") || same_header(name, "Transfer-Encoding") ||
         same_header(name, "Connection") || same_header(name, "Date");
}

std::string reason_of(int status) {
  const auto text = http::obsolete_reason(http::int_to_status(static_cast<unsigned>(status)));
  return {text.data(), text.size()};
}

bool bodiless(int status) {
  return status == 204 || status == 304;
}

/// "1f40\r\n", after the end of the chunk before it.
std::string chunk_start(std::size_t size, bool first) {
  char digits[16];
  const auto end = std::to_chars(digits, digits + sizeof digits, size, 16).ptr;
  return (first ? "" : "\r\n") + std::string(digits, end) + "\r\n";
}

} // namespace

bool http_session::current(std::uint64_t exchange) const {
  return connection_ && exchange == exchange_ && phase_ != phase::head && lost_ != exchange;
}

bool http_session::answerable(std::uint64_t exchange) const {
  return current(exchange) && (phase_ == phase::thinking || phase_ == phase::body);
}

void http_session::on_bytes(std::span<char> bytes) {
  if (in_.empty()) return work({bytes.data(), bytes.size()}, nullptr);
  in_.append(bytes.data(), bytes.size());
  work_on_input();
}

void http_session::work_on_input() {
  std::string all = std::move(in_);
  in_.clear();
  work(all, &all);
}

void http_session::work(std::string_view bytes, std::string* owner) {
  const std::size_t before = bytes.size();
  working_ = true;
  bool more = true;
  while (more && connection_) {
    if (phase_ == phase::head) {
      more = take_head(bytes);
    } else if (phase_ == phase::body) {
      more = take_body(bytes);
    } else {
      break;
    }
  }
  working_ = false;
  if (successor_)
    return handed_over_->become(std::exchange(successor_, nullptr), std::string(bytes));
  if (!connection_) return;
  if (owner && bytes.size() == before) {
    in_ = std::move(*owner); // all of it, unread
  } else if (bytes.empty()) {
    std::string().swap(in_);
  } else {
    in_.assign(bytes);
  }
  // Nothing reads on until this request is answered; only the end of the stream is of interest.
  if (phase_ != phase::head && phase_ != phase::body &&
      in_.size() > connection_->core().limits.max_header)
    connection_->pause_reading();
}

bool http_session::take_head(std::string_view& bytes) {
  const http_server_limits& limits = connection_->core().limits;
  while (bytes.starts_with("\r\n")) { // RFC 9112 section 2.2: allowed before a request
    bytes.remove_prefix(2);
    scanned_ = 0;
  }
  if (bytes.empty()) return false;
  if (!begun_) {
    begun_ = true; // the first one's time began with the connection
    if (exchange_ > 0) connection_->set_deadline(limits.header_time);
  }
  const head_scan found = scan_head(bytes.substr(0, limits.max_header), scanned_);
  if (found.refusal) {
    refuse(found.refusal->status, found.refusal->why);
    return false;
  }
  if (found.size == 0) {
    if (bytes.size() >= limits.max_header) refuse(431, "the headers are over the limit");
    return false;
  }
  reader_ = std::make_unique<request_reader>();
  const auto refusal = reader_->read_head(bytes.substr(0, found.size));
  bytes.remove_prefix(found.size);
  scanned_ = 0;
  begun_ = false;
  if (refusal) {
    refuse(refusal->status, refusal->why);
    return false;
  }
  dispatch();
  return true;
}

void http_session::dispatch() {
  server_core& core = connection_->core();
  connection_->busy();
  connection_->clear_deadline();
  ++core.counters.requests;
  ++exchange_;
  server_request request = std::move(reader_->request());
  request.remote_address = to_string(connection_->address());
  request.remote_port = connection_->remote_port();
  request.local_port = connection_->local_port();
  request.tls = connection_->tls();
  http_1_1_ = reader_->http_1_1();
  keep_alive_ = reader_->keep_alive() && !core.stopping();
  head_only_ = request.method == "HEAD";
  chunked_ = false;
  body_asked_ = false;
  first_chunk_ = true;
  above_mark_ = false;
  const bool body = request.has_body;
  handshake_kind kind = judge_handshake(request, http_1_1_);
  if (kind == handshake_kind::valid && body) kind = handshake_kind::broken;
  request.websocket = kind == handshake_kind::valid;
  if (!body) reader_.reset();
  phase_ = phase::thinking;
  if (kind == handshake_kind::broken) return refuse(400, "the WebSocket handshake is malformed");
  if (kind == handshake_kind::wrong_version) return refuse(426, "the WebSocket version is not 13");
  auto exchange =
      std::make_shared<server_exchange>(shared_from_this(), exchange_, std::move(request));
  guarded(core.handlers.on_request, std::move(exchange));
}

void http_session::read_body(std::uint64_t exchange, std::size_t max,
                             std::function<void(body_outcome, std::string)> done) {
  if (!current(exchange) || phase_ != phase::thinking || body_asked_) return;
  body_asked_ = true;
  body_max_ = max;
  body_done_ = std::move(done);
  const bool none = !reader_;
  const bool too_long = !none && reader_->length().value_or(0) > max;
  if (none || too_long) { // never from within the call
    asio::post(connection_->core().io.ctx, [self = shared_from_this(), exchange, too_long] {
      if (self->answerable(exchange))
        self->deliver_body(too_long ? body_outcome::too_large : body_outcome::whole);
    });
    return;
  }
  phase_ = phase::body;
  connection_->set_deadline(connection_->core().limits.body_time);
  if (reader_->expects_continue() && http_1_1_) connection_->send({}, share(std::string(interim)));
  if (working_) return; // which goes on with the body
  asio::post(connection_->core().io.ctx, [self = shared_from_this()] {
    if (!self->connection_ || self->phase_ != phase::body) return;
    self->work_on_input();
    if (self->connection_) self->connection_->resume_reading();
  });
}

bool http_session::take_body(std::string_view& bytes) {
  if (const auto refusal = reader_->read_body(bytes, body_max_)) {
    refuse(refusal->status, refusal->why);
    return false;
  }
  if (reader_->too_large()) {
    deliver_body(body_outcome::too_large);
    return true;
  }
  if (reader_->done()) {
    deliver_body(body_outcome::whole);
    return true;
  }
  if (bytes.size() > connection_->core().limits.max_header)
    refuse(400, "the trailers or a chunk's size are over the limit");
  return false;
}

void http_session::deliver_body(body_outcome outcome) {
  phase_ = phase::thinking;
  connection_->clear_deadline();
  std::string body;
  if (outcome == body_outcome::whole && reader_) {
    body = std::move(reader_->body());
    reader_.reset();
  }
  auto done = std::exchange(body_done_, nullptr);
  guarded(done, outcome, std::move(body));
}

void http_session::on_gone(std::uint64_t exchange, std::function<void()> fn) {
  if (current(exchange)) on_gone_ = std::move(fn);
}

std::string http_session::head_text(int status, const header_list& headers,
                                    std::string_view framing) {
  std::string out = "HTTP/1.1 " + std::to_string(status) + " " + reason_of(status) +
                    "\r\nDate: " + connection_->core().date() + "\r\n";
  for (const auto& [name, value] : headers)
    if (!reserved(name)) out.append(name).append(": ").append(value).append("\r\n");
  out.append(framing);
  if (!keep_alive_) {
    out += "Connection: close\r\n";
  } else if (!http_1_1_) {
    out += "Connection: keep-alive\r\n";
  }
  return out += "\r\n";
}

void http_session::send_answer(const server_response& response) {
  std::size_t size = 0;
  for (const shared_bytes& piece : response.body)
    if (piece) size += piece->size();
  const bool none = bodiless(response.status);
  const std::string framing =
      none ? std::string() : "Content-Length: " + std::to_string(size) + "\r\n";
  connection_->send({}, share(head_text(response.status, response.headers, framing)));
  if (!none && !head_only_)
    for (const shared_bytes& piece : response.body)
      connection_->send({}, piece);
  end_answer();
}

bool http_session::respond(std::uint64_t exchange, server_response response) {
  if (!answerable(exchange)) return false;
  if (response.status < 200 || response.status > 599 || !valid_headers(response.headers)) {
    connection_->core().note(true, "request", "an answer was made that HTTP doesn't allow");
    response = make_response(500, "Internal Server Error\n");
  }
  if (response.close || reader_ || connection_->core().stopping()) keep_alive_ = false;
  send_answer(response);
  return true;
}

bool http_session::begin_stream(std::uint64_t exchange, int status, header_list headers) {
  if (!answerable(exchange)) return false;
  if (status < 200 || status > 599 || bodiless(status) || !valid_headers(headers)) {
    respond(exchange, make_response(500, "Internal Server Error\n"));
    return false;
  }
  chunked_ = http_1_1_;
  if (reader_ || !chunked_ || connection_->core().stopping()) keep_alive_ = false;
  connection_->send(
      {}, share(head_text(status, headers, chunked_ ? "Transfer-Encoding: chunked\r\n" : "")));
  body_done_ = nullptr;
  connection_->clear_deadline();
  phase_ = phase::streaming;
  return true;
}

bool http_session::write(std::uint64_t exchange, shared_bytes bytes) {
  if (!current(exchange) || phase_ != phase::streaming) return false;
  if (!bytes || bytes->empty() || head_only_) return true;
  const std::size_t waiting = connection_->queue().bytes();
  if (waiting > 0 && waiting + bytes->size() > connection_->core().limits.max_queued) return false;
  const std::string prefix = chunked_ ? chunk_start(bytes->size(), first_chunk_) : std::string();
  first_chunk_ = false;
  connection_->send(prefix, std::move(bytes));
  if (connection_->queue().bytes() > mark_) above_mark_ = true;
  return true;
}

std::size_t http_session::queued(std::uint64_t exchange) const {
  return current(exchange) ? connection_->queue().bytes() : 0;
}

void http_session::on_drained(std::uint64_t exchange, std::size_t mark, std::function<void()> fn) {
  if (!current(exchange) || phase_ != phase::streaming) return;
  mark_ = mark;
  drained_ = std::move(fn);
  above_mark_ = connection_->queue().bytes() > mark_;
}

void http_session::finish_stream(std::uint64_t exchange) {
  if (!current(exchange) || phase_ != phase::streaming) return;
  if (chunked_ && !head_only_) connection_->send(first_chunk_ ? "0\r\n\r\n" : "\r\n0\r\n\r\n", {});
  drained_ = nullptr;
  end_answer();
}

void http_session::end_answer() {
  phase_ = phase::answered;
  body_done_ = nullptr;
  reader_.reset();
  connection_->clear_deadline();
  if (!connection_->queue().empty()) return; // on_written() comes
  asio::post(connection_->core().io.ctx, [self = shared_from_this()] { self->end_if_written(); });
}

void http_session::end_if_written() {
  if (connection_ && phase_ == phase::answered && connection_->queue().empty()) next_request();
}

std::shared_ptr<server_websocket>
http_session::accept_websocket(std::uint64_t exchange, const server_request& request,
                               const websocket_accept& how,
                               std::shared_ptr<websocket_listener> listener) {
  if (!answerable(exchange) || !request.websocket || !listener) return nullptr;
  if (!valid_headers(how.headers)) {
    respond(exchange, make_response(500, "Internal Server Error\n"));
    return nullptr;
  }
  const bool deflate = how.deflate && offers_deflate(request);
  std::string head = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                     "Connection: Upgrade\r\nSec-WebSocket-Accept: " +
                     accept_key(request.header("Sec-WebSocket-Key")) + "\r\n";
  if (deflate) head.append("Sec-WebSocket-Extensions: ").append(deflate_answer).append("\r\n");
  for (const auto& [name, value] : how.headers)
    if (!reserved(name)) head.append(name).append(": ").append(value).append("\r\n");
  connection_->send({}, share(head += "\r\n"));
  const auto session =
      std::make_shared<websocket_session>(*connection_, how, deflate, std::move(listener));
  on_gone_ = nullptr;
  server_connection* const c = std::exchange(connection_, nullptr);
  if (working_) {
    successor_ = session;
    handed_over_ = c;
  } else {
    c->become(session, std::move(in_));
  }
  return session->handle();
}

void http_session::abort(std::uint64_t exchange) {
  if (!current(exchange)) return;
  connection_->reset();
}

void http_session::forsaken(std::uint64_t exchange) {
  if (!answerable(exchange)) return;
  server_response answer = make_response(500, "Internal Server Error\n");
  answer.close = true;
  respond(exchange, std::move(answer));
}

void http_session::on_written() {
  if (phase_ == phase::answered) return end_if_written();
  if (!above_mark_ || connection_->queue().bytes() > mark_) return;
  above_mark_ = false;
  auto drained = drained_; // which may replace itself
  guarded(drained);
}

void http_session::next_request() {
  on_gone_ = nullptr;
  if (!keep_alive_) return std::exchange(connection_, nullptr)->finish();
  phase_ = phase::head;
  connection_->await_request();
  connection_->set_deadline(connection_->core().limits.idle_time);
  if (!in_.empty()) work_on_input();
  if (connection_) connection_->resume_reading();
}

void http_session::refuse(int status, std::string_view why) {
  connection_->core().note(false, "request", why, to_string(connection_->address()));
  if (phase_ == phase::body) gone();
  if (!connection_) return;
  if (phase_ == phase::head) ++exchange_; // the one before hears no more of it
  connection_->busy();
  keep_alive_ = false;
  server_response answer = make_response(status, std::string(why) + "\n");
  if (status == 426) answer.headers.emplace_back("Sec-WebSocket-Version", "13");
  send_answer(answer);
}

void http_session::gone() {
  lost_ = exchange_;
  body_done_ = nullptr;
  drained_ = nullptr;
  auto fn = std::exchange(on_gone_, nullptr);
  guarded(fn);
}

void http_session::on_end_of_stream() {
  if (phase_ == phase::answered) {
    keep_alive_ = false; // it may still read
    return;
  }
  connection_->close("the peer closed");
}

void http_session::on_deadline() {
  if (phase_ == phase::body) return refuse(408, "the body didn't come in time");
  if (phase_ == phase::head && begun_) return refuse(408, "the headers didn't come in time");
  if (phase_ == phase::head) connection_->close("no request came in time");
}

void http_session::on_overload() {
  if (phase_ == phase::head || phase_ == phase::body)
    return refuse(503, "the server holds too many unfinished requests");
  connection_->pause_reading();
}

void http_session::on_stop() {
  keep_alive_ = false;
  if (phase_ == phase::head) connection_->close("the server stops");
}

void http_session::on_closed(const std::string&) {
  connection_ = nullptr;
  if (phase_ != phase::head) gone();
}

void http_session::on_dropped() {
  connection_ = nullptr;
  lost_ = exchange_;
  on_gone_ = nullptr;
  body_done_ = nullptr;
  drained_ = nullptr;
}

std::size_t http_session::held() const {
  return in_.capacity() + (reader_ ? reader_->body().capacity() : 0);
}

} // namespace dockhost::net::detail
