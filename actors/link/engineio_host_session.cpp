// SPDX-License-Identifier: MIT
#include "actors/link/engineio_host_session.hpp"

#include <algorithm>

namespace dockhost::actors {

namespace wire = protocol::engineio::server;
using std::chrono::steady_clock;

namespace {

/// The bytes of a packet as net shares them: no copy, the packet lives as long as they do.
net::shared_bytes part_of(const wire::shared_outgoing& whole, const std::string& part) {
  return {whole, &part};
}

/// The headers that an application may want to know. All of them would be most of what an idle
/// session takes.
net::header_list kept_headers(const net::server_request& request) {
  net::header_list out;
  for (const auto* name : {"Authorization", "Cookie", "Host", "Origin", "User-Agent",
                           "X-Forwarded-For", "X-Real-IP"}) {
    if (const auto value = request.header(name); !value.empty()) out.emplace_back(name, value);
  }
  return out;
}

} // namespace

// --- a WebSocket

void engineio_host::socket::on_message(net::message_kind kind, std::string_view bytes) {
  if (const auto s = session_.lock()) s->received(id, kind, bytes);
}

void engineio_host::socket::on_drained() {
  if (const auto s = session_.lock()) s->socket_drained();
}

void engineio_host::socket::on_closed(const net::websocket_end&) {
  stream.reset();
  if (const auto s = session_.lock()) s->socket_closed(id);
}

// --- a session

engineio_host::session::session(std::shared_ptr<core> host, std::string sid,
                                const net::server_request& first)
    : host_(std::move(host)), machine_(host_->options.engine, std::move(sid)),
      peer_(std::make_unique<engineio_peer>(engineio_peer{kept_headers(first), first.parameters,
                                                          first.remote_address, first.remote_port,
                                                          first.local_port, first.tls})) {}

void engineio_host::session::begin_polling(const std::shared_ptr<net::http_exchange>& exchange,
                                           net::header_list headers) {
  machine_.begin_polling(wait(exchange, std::move(headers)), now());
  listener_ = host_->factory(*this);
  pump();
}

void engineio_host::session::begin_websocket(const std::shared_ptr<net::http_exchange>& exchange,
                                             net::header_list headers) {
  const auto s = accept(exchange, std::move(headers));
  if (!s) return host_->forget(std::string(machine_.sid()));
  machine_.begin_websocket(s->id, now());
  listener_ = host_->factory(*this);
  pump();
}

std::uint32_t engineio_host::session::wait(const std::shared_ptr<net::http_exchange>& exchange,
                                           net::header_list headers) {
  const auto id = host_->next_id();
  requests_.push_back({id, exchange, std::move(headers)});
  exchange->on_gone([weak = weak_from_this(), id] {
    const auto self = weak.lock();
    if (!self) return;
    // What was answered is not waiting any more.
    if (std::erase_if(self->requests_, [&](const waiting& w) { return w.id == id; }) == 0) return;
    self->machine_.request_gone(id, self->now());
    self->pump();
  });
  return id;
}

void engineio_host::session::request(const std::shared_ptr<net::http_exchange>& exchange,
                                     net::header_list headers) {
  const auto id = wait(exchange, std::move(headers));
  const auto& head = exchange->request();
  if (head.method == "GET") {
    machine_.get(id, now());
  } else if (head.method == "POST") {
    machine_.post_begun(id, head.header("content-type") == "application/octet-stream", now());
    pump();
    if (std::ranges::find(requests_, id, &waiting::id) != requests_.end()) read_post(id, exchange);
    return;
  } else {
    machine_.other_request(id);
  }
  pump();
}

void engineio_host::session::read_post(std::uint32_t id,
                                       const std::shared_ptr<net::http_exchange>& exchange) {
  exchange->read_body(host_->options.engine.max_payload,
                      [weak = weak_from_this(), id](net::body_outcome outcome, std::string body) {
                        const auto self = weak.lock();
                        if (!self) return;
                        if (outcome == net::body_outcome::whole) {
                          self->machine_.post_body(id, std::move(body), self->now());
                        } else {
                          self->machine_.post_too_large(id);
                        }
                        self->pump();
                      });
}

std::shared_ptr<engineio_host::socket>
engineio_host::session::accept(const std::shared_ptr<net::http_exchange>& exchange,
                               net::header_list headers) {
  auto s = std::make_shared<socket>(weak_from_this(), host_->next_id());
  s->stream = exchange->accept_websocket(host_->accept_with(std::move(headers)), s);
  if (!s->stream) return nullptr;
  sockets_.push_back(s);
  return s;
}

void engineio_host::session::websocket(const std::shared_ptr<net::http_exchange>& exchange,
                                       net::header_list headers) {
  const auto s = accept(exchange, std::move(headers));
  if (!s) return;
  machine_.another_websocket(s->id, now());
  pump();
}

void engineio_host::session::received(std::uint32_t id, net::message_kind kind,
                                      std::string_view bytes) {
  if (kind == net::message_kind::text) {
    machine_.websocket_text(id, bytes, now());
  } else {
    machine_.websocket_binary(id, bytes, now());
  }
  pump();
}

void engineio_host::session::socket_drained() {
  check_drained();
  pump();
}

void engineio_host::session::socket_closed(std::uint32_t id) {
  std::erase_if(sockets_, [&](const auto& s) { return s->id == id; });
  machine_.websocket_closed(id, now());
  pump();
}

void engineio_host::session::tick() {
  const auto self = shared_from_this();
  machine_.tick(now());
  if (listener_ && !machine_.is_closed()) listener_->on_tick(now());
  pump();
}

void engineio_host::session::vanish() {
  for (const auto& s : std::exchange(sockets_, {})) {
    if (s->stream) s->stream->abort();
  }
  for (const auto& w : std::exchange(requests_, {}))
    w.exchange->abort();
  machine_.drop(wire::end_reason::shutdown);
  pumping_ = true; // whatever still holds this: nothing is carried out any more
  let_go_of_listener();
}

/// Carries out what the machine asks for, until it asks for nothing. What is carried out may feed
/// the machine again; the outermost call goes on with that.
void engineio_host::session::pump() {
  if (pumping_) return;
  const auto self = shared_from_this();
  pumping_ = true;
  while (auto next = machine_.next())
    std::visit([this](auto& o) { run(o); }, *next);
  if (machine_.is_closed()) {
    host_->clear_due(*this);
    return; // for ever
  }
  pumping_ = false;
  auto when = machine_.deadline();
  const auto other = listener_->deadline();
  if (other && (!when || *other < *when)) when = other;
  if (when) host_->set_due(*this, *when);
}

void engineio_host::session::check_drained() {
  if (!above_mark_ || queued_bytes() > host_->options.low_mark) return;
  above_mark_ = false;
  if (listener_) listener_->on_drained();
}

// --- what the machine asks for

void engineio_host::session::run(wire::answer& a) {
  const auto at = std::ranges::find(requests_, a.to, &waiting::id);
  if (at == requests_.end()) return;
  const auto w = std::move(*at);
  requests_.erase(at);
  net::server_response out;
  out.status = a.status;
  out.headers = w.headers;
  if (a.kind != wire::answer_kind::refused) {
    const bool packets = a.kind == wire::answer_kind::packets;
    out.headers.emplace_back("Content-Type", packets ? "text/plain; charset=UTF-8" : "text/html");
    out.headers.emplace_back("Cache-Control", "no-store");
    out.body.push_back(net::share(std::move(a.body)));
  }
  w.exchange->respond(std::move(out));
  if (a.kind == wire::answer_kind::packets) check_drained();
}

void engineio_host::session::run(wire::send_frames& a) {
  const auto at = std::ranges::find(sockets_, a.to, &socket::id);
  if (at == sockets_.end()) return;
  auto& stream = *(*at)->stream;
  bool taken = true;
  if (!a.what->text.empty()) {
    taken = stream.send(net::message_kind::text, part_of(a.what, a.what->text));
  }
  for (const auto& bytes : a.what->attachments)
    taken = taken && stream.send(net::message_kind::binary, part_of(a.what, bytes));
  // Not taken because it is closing: its end is on its way. Else it is too far behind.
  if (!taken && stream.open()) drop(wire::end_reason::overflow);
}

void engineio_host::session::run(wire::close_socket& a) {
  const auto at = std::ranges::find(sockets_, a.which, &socket::id);
  if (at == sockets_.end()) return;
  const auto s = *at;
  sockets_.erase(at); // net holds it until it is closed
  if (hard_) {
    s->stream->abort();
  } else {
    s->stream->close(net::close_code::no_status);
  }
}

void engineio_host::session::run(wire::message& a) {
  if (listener_) listener_->on_message(a.binary, std::move(a.data));
}

void engineio_host::session::run(wire::upgraded&) {}

void engineio_host::session::run(wire::closed& a) {
  host_->forget(machine_.sid());
  if (!listener_) return;
  listener_->on_closed(a.reason);
  let_go_of_listener();
}

/// It may be what called us, so it goes a little later; and we outlive it.
void engineio_host::session::let_go_of_listener() {
  if (!listener_) return;
  host_->io.post([old = std::shared_ptr<engineio_listener>(std::move(listener_)),
                  self = shared_from_this()]() mutable { old.reset(); });
}

// --- the listener's calls

bool engineio_host::session::has_room(std::size_t bytes) const {
  const auto most = host_->options.max_queued;
  return machine_.is_open() && bytes <= most - std::min(queued_bytes(), most);
}

bool engineio_host::session::send(wire::shared_outgoing what) {
  if (!has_room(what->bytes())) return false;
  above_mark_ = above_mark_ || queued_bytes() + what->bytes() > host_->options.low_mark;
  machine_.send(std::move(what));
  pump();
  return true;
}

std::size_t engineio_host::session::queued_bytes() const {
  auto sum = machine_.queued_bytes();
  if (machine_.now_on() == wire::transport::websocket) {
    for (const auto& s : sockets_) {
      if (s->stream) sum += s->stream->bytes_queued();
    }
  }
  return sum;
}

void engineio_host::session::close(wire::end_reason why) {
  machine_.close(why, now());
  pump();
}

void engineio_host::session::drop(wire::end_reason why) {
  hard_ = hard_ || why == wire::end_reason::overflow;
  machine_.drop(why);
  pump();
}

} // namespace dockhost::actors
