// SPDX-License-Identifier: MIT
#include "actors/link/socketio_namespace.hpp"

namespace dockhost::actors {

const json::value& socketio_arguments::first() const {
  static const json::value none;
  return values.empty() ? none : values.front();
}

socketio_namespace& socketio_namespace::on_connect(connect_fn fn) {
  connect_ = std::move(fn);
  return *this;
}

socketio_namespace& socketio_namespace::on_connected(socket_fn fn) {
  connected_ = std::move(fn);
  return *this;
}

socketio_namespace& socketio_namespace::on_disconnected(gone_fn fn) {
  disconnected_ = std::move(fn);
  return *this;
}

socketio_namespace& socketio_namespace::on_drained(socket_fn fn) {
  drained_ = std::move(fn);
  return *this;
}

socketio_namespace& socketio_namespace::on_raw(std::string name, event_fn fn) {
  events_[std::move(name)] = std::move(fn);
  return *this;
}

socketio_namespace& socketio_namespace::on_invalid(invalid_fn fn) {
  invalid_ = std::move(fn);
  return *this;
}

void socketio_namespace::invalid(const socketio_socket_ptr& socket, std::string_view name,
                                 const std::string& why, socketio_ack ack) const {
  if (invalid_) invalid_(socket, name, why, std::move(ack));
}

void socketio_namespace::dispatch(const socketio_socket_ptr& socket, std::string_view name,
                                  socketio_arguments args, socketio_ack ack) const {
  const auto at = events_.find(name);
  if (at == events_.end()) return invalid(socket, name, "unknown event", std::move(ack));
  at->second(socket, name, std::move(args), std::move(ack));
}

} // namespace dockhost::actors
