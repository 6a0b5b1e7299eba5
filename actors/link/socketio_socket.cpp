// SPDX-License-Identifier: MIT
#include "actors/link/socketio_socket.hpp"

#include "actors/link/socketio_client_link.hpp"

namespace dockhost::actors {

socketio_socket::socketio_socket(std::weak_ptr<socketio_client_link> client, executor& io,
                                 std::string nsp, std::string id)
    : client_(std::move(client)), io_(io), nsp_(std::move(nsp)), id_(std::move(id)),
      state_(std::make_shared<shared_state>()) {}

bool socketio_socket::connected() const {
  const auto client = client_.lock();
  return state_->connected && client && client->connected(nsp_);
}

bool socketio_socket::emit(std::string_view name, json::array args,
                           std::vector<std::string> attachments) {
  auto packet =
      protocol::socketio::server::encode_event(nsp_, name, std::move(args), std::move(attachments));
  return packet && emit_encoded(std::move(packet).value());
}

bool socketio_socket::emit_encoded(shared_outgoing packet) {
  const auto client = client_.lock();
  return state_->connected && client && client->emit(nsp_, std::move(packet));
}

bool socketio_socket::emit_with_ack(std::string_view name, json::array args,
                                    std::vector<std::string> attachments,
                                    std::chrono::milliseconds timeout, socketio_answer answer) {
  const auto client = client_.lock();
  return state_->connected && client &&
         client->emit_with_ack(nsp_, name, std::move(args), std::move(attachments), timeout,
                               std::move(answer));
}

std::size_t socketio_socket::queued_bytes() const {
  const auto client = client_.lock();
  return client ? client->queued_bytes() : 0;
}

void socketio_socket::disconnect() {
  const auto client = client_.lock();
  if (state_->connected && client) client->disconnect(nsp_);
}

void socketio_socket::close() {
  const auto client = client_.lock();
  if (state_->connected && client) client->close();
}

socketio_remote socketio_socket::remote() {
  socketio_remote out;
  out.io_ = &io_;
  out.socket_ = weak_from_this();
  out.state_ = state_;
  out.id_ = id_;
  return out;
}

// --- the handle for other threads

bool socketio_remote::connected() const {
  return state_ && state_->connected;
}

std::size_t socketio_remote::queued_bytes() const {
  return state_ ? state_->queued + state_->posted : 0;
}

bool socketio_remote::emit_encoded(shared_outgoing packet, std::size_t budget) const {
  if (!connected()) return false;
  const auto bytes = packet->bytes();
  if (queued_bytes() + bytes > budget) return false;
  state_->posted += bytes;
  io_->post([socket = socket_, state = state_, bytes, packet = std::move(packet)] {
    state->posted -= bytes;
    if (const auto s = socket.lock()) s->emit_encoded(packet);
  });
  return true;
}

void socketio_remote::disconnect() const {
  with_socket([](socketio_socket& s) { s.disconnect(); });
}

void socketio_remote::close() const {
  with_socket([](socketio_socket& s) { s.close(); });
}

void socketio_remote::with_socket(std::function<void(socketio_socket&)> fn) const {
  if (!connected()) return;
  io_->post([socket = socket_, fn = std::move(fn)] {
    const auto s = socket.lock();
    if (s && s->connected()) fn(*s);
  });
}

} // namespace dockhost::actors
