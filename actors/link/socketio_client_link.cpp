// SPDX-License-Identifier: MIT
#include "actors/link/socketio_client_link.hpp"

#include "actors/link/session_id.hpp"

#include <algorithm>

namespace dockhost::actors {

namespace sio = protocol::socketio::server;

void socketio_shared::run(std::function<void()> fn) {
  if (std::this_thread::get_id() == thread.load()) return fn();
  io.post(std::move(fn));
}

socketio_client_link::socketio_client_link(std::shared_ptr<socketio_shared> shared,
                                           engineio_connection& connection)
    : shared_(std::move(shared)), connection_(&connection),
      machine_(shared_->rules, shared_->io.now()) {
  ++shared_->clients;
}

socketio_client_link::~socketio_client_link() {
  for (const auto& m : members_) {
    if (m.socket) m.socket->state_->connected = false;
  }
  --shared_->clients;
}

void socketio_client_link::on_message(bool binary, std::string data) {
  machine_.message(binary, std::move(data), shared_->io.now());
  pump();
}

void socketio_client_link::on_drained() {
  publish();
  const auto sockets = members_;
  for (const auto& m : sockets) {
    const auto& fn = handlers(m.nsp).drained_;
    if (m.socket && fn) shared_->gate.pass([&] { fn(m.socket); });
  }
}

void socketio_client_link::on_closed(protocol::engineio::server::end_reason why) {
  const auto self = shared_from_this();
  connection_ = nullptr;
  ended_for_ = ended_for_.value_or(why);
  machine_.ended();
  pump();
}

void socketio_client_link::on_tick(std::chrono::steady_clock::time_point now) {
  machine_.tick(now);
  pump();
}

/// Carries out what the machine asks for, until it asks for nothing. What is carried out may feed
/// it again; the outermost call goes on with that.
void socketio_client_link::pump() {
  if (pumping_) return;
  const auto self = shared_from_this();
  pumping_ = true;
  while (auto next = machine_.next())
    std::visit([this](auto& o) { run(o); }, *next);
  pumping_ = false;
}

const socketio_namespace& socketio_client_link::handlers(std::string_view nsp) const {
  return shared_->namespaces.find(nsp)->second;
}

socketio_client_link::member* socketio_client_link::find(std::string_view nsp) {
  const auto at = std::ranges::find(members_, nsp, &member::nsp);
  return at != members_.end() ? &*at : nullptr;
}

// --- what the machine asks for

/// Where the session takes no more it is closing, or the client is so far behind that it is to go:
/// a packet in the middle must not be missing.
void socketio_client_link::run(sio::send& o) {
  if (connection_ == nullptr || connection_->send(std::move(o.what))) return;
  if (connection_ != nullptr) connection_->drop(protocol::engineio::server::end_reason::overflow);
}

void socketio_client_link::run(sio::close& o) {
  ended_for_ = ended_for_.value_or(o.why);
  if (connection_ != nullptr) connection_->close(o.why);
}

void socketio_client_link::run(sio::connecting& o) {
  if (connection_ == nullptr) return;
  auto* m = find(o.nsp);
  if (m == nullptr) m = &members_.emplace_back(member{o.nsp, 0, nullptr});
  m->attempt = ++attempts_;
  m->socket.reset();
  const auto attempt = m->attempt;
  const auto& fn = handlers(o.nsp).connect_;
  if (!fn) return decide(o.nsp, attempt, {true, nullptr, {}, nullptr});
  socketio_admission admission([weak = weak_from_this(), shared = shared_, nsp = o.nsp,
                                attempt](socketio_decision decision) {
    shared->run([weak, nsp, attempt, decision = std::move(decision)] {
      if (const auto self = weak.lock()) self->decide(nsp, attempt, decision);
    });
  });
  shared_->gate.pass([&] { fn({o.nsp, o.auth, connection_->peer()}, std::move(admission)); });
}

void socketio_client_link::decide(const std::string& nsp, std::uint32_t attempt,
                                  socketio_decision decision) {
  auto* m = find(nsp);
  if (m == nullptr || m->attempt != attempt || m->socket || connection_ == nullptr) return;
  if (!decision.in) {
    std::erase_if(members_, [&](const member& each) { return each.nsp == nsp; });
    machine_.refuse(nsp, decision.message, std::move(decision.data));
    return pump();
  }
  m->socket =
      std::make_shared<socketio_socket>(weak_from_this(), shared_->io, nsp, new_session_id());
  const auto socket = m->socket;
  socket->data = std::move(decision.socket_data);
  machine_.accept(nsp, socket->id());
  if (const auto& fn = handlers(nsp).connected_) shared_->gate.pass([&] { fn(socket); });
  pump();
}

void socketio_client_link::run(sio::event& o) {
  auto* m = find(o.nsp);
  if (m == nullptr || !m->socket) return;
  socketio_ack ack;
  if (o.ack_id) {
    ack = socketio_ack([weak = std::weak_ptr(m->socket), client = weak_from_this(),
                        shared = shared_, id = *o.ack_id,
                        sent = std::make_shared<std::atomic<bool>>(false)](
                           json::array args, std::vector<std::string> attachments) {
      if (sent->exchange(true)) return;
      shared->run([weak, client, id, args = std::move(args), attachments = std::move(attachments)] {
        const auto self = client.lock();
        const auto socket = weak.lock();
        if (!self || !socket || !socket->connected()) return;
        (void)self->machine_.acknowledge(socket->nsp(), id, args, attachments);
        self->pump();
      });
    });
  }
  const auto socket = m->socket;
  shared_->gate.pass([&] {
    handlers(o.nsp).dispatch(socket, o.name, {std::move(o.args), std::move(o.attachments)},
                             std::move(ack));
  });
}

void socketio_client_link::run(sio::acked& o) {
  if (!answers_) return;
  auto node = answers_->extract(o.id);
  if (answers_->empty()) answers_.reset();
  if (!node.empty()) shared_->gate.pass([&] { node.mapped()(std::move(o)); });
}

void socketio_client_link::run(sio::ack_failed& o) {
  if (!answers_) return;
  auto node = answers_->extract(o.id);
  if (answers_->empty()) answers_.reset();
  if (node.empty()) return;
  shared_->gate.pass(
      [&] { node.mapped()(fail(std::string(o.timeout ? "timeout" : "disconnected"))); });
}

void socketio_client_link::run(sio::left& o) {
  gone(o.nsp, ended_for_);
}

void socketio_client_link::gone(const std::string& nsp,
                                std::optional<protocol::engineio::server::end_reason> why) {
  auto* m = find(nsp);
  if (m == nullptr) return;
  const auto socket = std::move(m->socket);
  std::erase_if(members_, [&](const member& each) { return each.nsp == nsp; });
  if (!socket) return;
  socket->state_->connected = false;
  if (const auto& fn = handlers(nsp).disconnected_) shared_->gate.pass([&] { fn(socket, why); });
}

// --- what the sockets ask for

bool socketio_client_link::connected(std::string_view nsp) const {
  return machine_.is_connected(nsp);
}

bool socketio_client_link::emit(std::string_view nsp, shared_outgoing packet) {
  if (connection_ == nullptr) return false;
  if (!connection_->has_room(machine_.leaving_bytes() + packet->bytes())) return false;
  if (!machine_.emit(nsp, std::move(packet))) return false;
  pump();
  publish();
  return true;
}

bool socketio_client_link::emit_with_ack(std::string_view nsp, std::string_view name,
                                         json::array args, std::vector<std::string> attachments,
                                         std::chrono::milliseconds timeout,
                                         socketio_answer answer) {
  if (connection_ == nullptr || !connection_->has_room(machine_.leaving_bytes())) return false;
  const auto id = machine_.emit_with_ack(nsp, name, std::move(args), std::move(attachments),
                                         timeout, shared_->io.now());
  if (!id) return false;
  if (!answers_) answers_ = std::make_unique<std::unordered_map<std::uint64_t, socketio_answer>>();
  answers_->emplace(*id, std::move(answer));
  pump();
  if (connection_ != nullptr) connection_->deadline_changed();
  return true;
}

std::size_t socketio_client_link::queued_bytes() const {
  return connection_ != nullptr ? connection_->queued_bytes() + machine_.leaving_bytes() : 0;
}

void socketio_client_link::disconnect(const std::string& nsp) {
  if (!machine_.is_connected(nsp)) return;
  machine_.disconnect(nsp);
  pump();
  gone(nsp, std::nullopt);
}

void socketio_client_link::close() {
  ended_for_ = ended_for_.value_or(protocol::engineio::server::end_reason::application);
  machine_.close_all(protocol::engineio::server::end_reason::application);
  pump();
}

/// For the handles on other threads.
void socketio_client_link::publish() {
  const auto bytes = queued_bytes();
  for (const auto& m : members_) {
    if (m.socket) m.socket->state_->queued = bytes;
  }
}

} // namespace dockhost::actors
