// SPDX-License-Identifier: MIT
#include "actors/link/socketio_session.hpp"

namespace dockhost::actors {

using namespace protocol;
using engineio::link_failure;
using engineio::link_failure_kind;

namespace {

/// So much waits at most before data that can wait is handed on.
constexpr std::size_t bulk_backlog = 64 * 1024;

link_failure_kind kind_of(net::net_errc code) {
  switch (code) {
  case net::net_errc::resolve:
  case net::net_errc::refused:
  case net::net_errc::connect: return link_failure_kind::unreachable;
  case net::net_errc::tls: return link_failure_kind::tls;
  case net::net_errc::handshake: return link_failure_kind::handshake;
  case net::net_errc::too_large: return link_failure_kind::too_large;
  case net::net_errc::protocol: return link_failure_kind::protocol;
  case net::net_errc::timeout:
  case net::net_errc::closed:
  case net::net_errc::cancelled: break;
  }
  return link_failure_kind::broken;
}

class flag_while {
public:
  explicit flag_while(bool& flag) : flag_(flag) { flag_ = true; }
  ~flag_while() { flag_ = false; }
  flag_while(const flag_while&) = delete;
  flag_while& operator=(const flag_while&) = delete;

private:
  bool& flag_;
};

net::http_request plain_post(std::string target, std::string body) {
  net::http_request out;
  out.method = "POST";
  out.target = std::move(target);
  out.headers = {{"Content-Type", "text/plain;charset=UTF-8"}};
  out.body = std::move(body);
  return out;
}

} // namespace

socketio_driver::session::session(net::io_thread& io, net::endpoint server,
                                  socketio_driver_options options,
                                  socketio_driver_handlers handlers)
    : io_(io), server_(std::move(server)), options_(std::move(options)),
      handlers_(std::move(handlers)), machine_(options_.socketio) {}

void socketio_driver::session::start() {
  if (gate.is_shut()) return;
  machine_.start(io_.now());
  pump();
}

void socketio_driver::session::drop() {
  timer_.reset();
  for (auto& s : sockets_)
    s.client.reset();
  ++http_epoch_;
  http_.reset();
  answers_.clear();
  end_bulk();
  handlers_ = {};
}

/// Carries out what the machine asks for, until it asks for nothing. What is carried out may feed
/// the machine again; the outermost call goes on with that.
void socketio_driver::session::pump() {
  if (pumping_) return;
  {
    const flag_while pumping(pumping_);
    while (!gate.is_shut()) {
      auto next = machine_.next();
      if (!next) break;
      std::visit([this](auto& o) { run(o); }, *next);
    }
  }
  if (gate.is_shut()) return;
  if (heartbeats_ != machine_.heartbeats()) {
    heartbeats_ = machine_.heartbeats();
    gate.pass([&] {
      if (handlers_.on_heartbeat) handlers_.on_heartbeat();
    });
    if (gate.is_shut()) return;
  }
  pump_bulk();
  if (!gate.is_shut()) arm();
}

/// A timer that fires too early does no harm, so one is only set anew for an earlier deadline: the
/// common case, a ping that moves the deadline away, costs nothing.
void socketio_driver::session::arm() {
  const auto due = machine_.next_deadline();
  if (!due) {
    timer_.reset();
    timer_due_.reset();
    return;
  }
  if (timer_due_ && *timer_due_ <= *due) return;
  timer_due_ = due;
  timer_ = io_.after(*due - io_.now(), [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self || self->gate.is_shut()) return;
    self->timer_due_.reset();
    self->machine_.tick(self->io_.now());
    self->pump();
  });
}

// --- sockets

net::websocket_handlers socketio_driver::session::handlers_for(ws_slot slot) {
  const std::weak_ptr<session> weak = weak_from_this();
  const auto with = [weak](auto fn) {
    const auto self = weak.lock();
    if (!self || self->gate.is_shut()) return;
    fn(*self);
    self->pump();
  };
  net::websocket_handlers out;
  out.on_open = [=] { with([&](session& s) { s.machine_.websocket_opened(slot, s.io_.now()); }); };
  out.on_text = [=](std::string_view text) {
    with([&](session& s) { s.machine_.websocket_text(slot, text, s.io_.now()); });
  };
  out.on_binary = [=](std::string_view bytes) {
    with([&](session& s) { s.machine_.websocket_binary(slot, std::string(bytes), s.io_.now()); });
  };
  out.on_drained = [=] { with([](session&) {}); }; // there is room for data that waits
  out.on_closed = [=](net::net_error why) {
    with([&](session& s) { s.on_closed(slot, std::move(why)); });
  };
  return out;
}

void socketio_driver::session::on_closed(ws_slot slot, net::net_error why) {
  link_failure failure{kind_of(why.code), std::move(why.message)};
  if (at(slot).overflowed &&
      (why.code == net::net_errc::cancelled || why.code == net::net_errc::timeout)) {
    failure = {link_failure_kind::overflow, "the server doesn't read, and our queue is full"};
  }
  machine_.websocket_closed(slot, failure, io_.now());
}

void socketio_driver::session::run(engineio::open_websocket& a) {
  net::websocket_options options;
  options.target = std::move(a.target);
  options.connect_timeout = a.timeout;
  options.close_timeout = options_.socketio.engine.close_timeout;
  options.max_message = options_.socketio.max_received;
  options.max_queued = options_.socketio.engine.max_queued;
  at(a.slot) = {std::make_unique<net::websocket_client>(io_, server_, std::move(options),
                                                        handlers_for(a.slot)),
                false};
}

/// A refused send means a full queue, or a socket that is about to tell us its end. Both come out
/// in on_closed.
void socketio_driver::session::send(ws_slot slot, bool taken) {
  auto& s = at(slot);
  if (taken || s.overflowed) return;
  s.overflowed = true;
  s.client->close();
}

void socketio_driver::session::run(engineio::send_text& a) {
  if (at(a.slot).client) send(a.slot, at(a.slot).client->send_text(std::move(a.text)));
}

void socketio_driver::session::run(engineio::send_binary& a) {
  if (at(a.slot).client) send(a.slot, at(a.slot).client->send_binary(std::move(a.bytes)));
}

void socketio_driver::session::run(engineio::close_websocket& a) {
  if (at(a.slot).client) at(a.slot).client->close();
}

// --- polling

net::http_client& socketio_driver::session::http() {
  if (!http_) {
    net::http_client_options options;
    options.max_connections = 2; // a GET that waits, and a POST
    options.max_body = options_.socketio.max_received;
    options.connect_timeout = options_.socketio.connect_timeout;
    http_ = std::make_unique<net::http_client>(io_, server_, options);
  }
  return *http_;
}

void socketio_driver::session::request(bool get, net::http_request what,
                                       std::chrono::milliseconds timeout) {
  http().send(std::move(what), timeout,
              [weak = weak_from_this(), get,
               epoch = http_epoch_](net::net_result<net::http_response> answer) {
                const auto self = weak.lock();
                if (!self || self->gate.is_shut() || epoch != self->http_epoch_) return;
                self->on_response(get, std::move(answer));
                self->pump();
              });
}

void socketio_driver::session::on_response(bool get, net::net_result<net::http_response> answer) {
  const auto now = io_.now();
  if (!answer) {
    const link_failure why{kind_of(answer.err().code), answer.err().message};
    if (get) return machine_.http_get_failed(why, now);
    return machine_.http_post_failed(why, now);
  }
  if (get) return machine_.http_get_done(answer->status, answer->body, now);
  machine_.http_post_done(answer->status, now);
}

void socketio_driver::session::run(engineio::http_get& a) {
  net::http_request get;
  get.target = std::move(a.target);
  request(true, std::move(get), a.timeout);
}

void socketio_driver::session::run(engineio::http_post& a) {
  request(false, plain_post(std::move(a.target), std::move(a.body)), a.timeout);
}

/// The client may be the one whose callback led here, so it goes a little later.
void socketio_driver::session::run(engineio::cancel_http&) {
  ++http_epoch_;
  if (http_) io_.post([old = std::shared_ptr<net::http_client>(std::move(http_))] {});
}

// --- news for the owner

void socketio_driver::session::run(engineio::upgraded&) {
  gate.pass([&] {
    if (handlers_.on_upgraded) handlers_.on_upgraded();
  });
}

void socketio_driver::session::run(socketio::connected& e) {
  bulk->max_packet = static_cast<std::size_t>(e.server.max_payload);
  bulk->open = true;
  gate.pass([&] {
    if (handlers_.on_connected) handlers_.on_connected(std::move(e));
  });
}

void socketio_driver::session::run(socketio::connect_refused& e) {
  gate.pass([&] {
    if (handlers_.on_refused) handlers_.on_refused(std::move(e));
  });
}

void socketio_driver::session::run(socketio::event& e) {
  gate.pass([&] {
    if (handlers_.on_event) handlers_.on_event(std::move(e));
  });
}

void socketio_driver::session::run(socketio::acked& e) {
  auto node = answers_.extract(e.id);
  if (node.empty()) return;
  gate.pass([&] { node.mapped()(std::move(e)); });
}

void socketio_driver::session::run(socketio::ack_failed& e) {
  auto node = answers_.extract(e.id);
  if (node.empty()) return;
  gate.pass([&] { node.mapped()(fail(std::string(e.timeout ? "timeout" : "disconnected"))); });
}

/// A driver has the primary namespace only, whose end is `disconnected`.
void socketio_driver::session::run(socketio::namespace_closed&) {}

void socketio_driver::session::run(socketio::disconnected& e) {
  end_bulk();
  gate.pass([&] {
    if (handlers_.on_disconnected) handlers_.on_disconnected(std::move(e));
  });
}

// --- data that may wait

std::size_t socketio_driver::session::backlog() const {
  auto bytes = machine_.queued_bytes();
  for (const auto& s : sockets_) {
    if (s.client) bytes += s.client->queued_bytes();
  }
  return bytes;
}

void socketio_driver::session::add_bulk(socketio_bulk::packet what) {
  if (!bulk->open) {
    bulk->queued -= what->bytes();
    return;
  }
  bulk_.push_back(std::move(what));
  pump();
}

/// What is sent makes a backlog, so this ends; it goes on when that was written.
void socketio_driver::session::pump_bulk() {
  while (!bulk_.empty() && !gate.is_shut() && backlog() < bulk_backlog) {
    const auto next = std::move(bulk_.front());
    bulk_.pop_front();
    bulk->queued -= next->bytes();
    // Engine.IO's own digit is the engine's to write. What can't be sent is lost with the link.
    (void)machine_.emit_encoded(next->text.substr(1), next->attachments);
    {
      const flag_while pumping(pumping_);
      while (auto action = machine_.next())
        std::visit([this](auto& o) { run(o); }, *action);
    }
  }
}

void socketio_driver::session::end_bulk() {
  bulk->open = false;
  for (const auto& each : bulk_)
    bulk->queued -= each->bytes();
  bulk_.clear();
}

// --- the owner's calls

void socketio_driver::session::emit(std::string_view name, json::array args,
                                    std::vector<std::string> attachments, const sent_fn& done) {
  const auto sent = machine_.emit(name, std::move(args), std::move(attachments));
  pump();
  gate.pass([&] {
    if (done) done(sent);
  });
}

void socketio_driver::session::emit_with_ack(std::string_view name, json::array args,
                                             std::vector<std::string> attachments,
                                             std::chrono::milliseconds timeout, answer_fn answer) {
  const auto id =
      machine_.emit_with_ack(name, std::move(args), std::move(attachments), timeout, io_.now());
  if (id) {
    if (answer) answers_.emplace(*id, std::move(answer));
  } else if (answer) {
    gate.pass([&] { answer(fail(std::string(socketio::to_string(id.err())))); });
  }
  pump();
}

void socketio_driver::session::acknowledge(std::uint64_t ack_id, json::array args,
                                           std::vector<std::string> attachments,
                                           const sent_fn& done) {
  const auto sent = machine_.acknowledge(ack_id, std::move(args), std::move(attachments));
  pump();
  gate.pass([&] {
    if (done) done(sent);
  });
}

void socketio_driver::session::close() {
  machine_.close(io_.now());
  pump();
}

} // namespace dockhost::actors
