// SPDX-License-Identifier: MIT
// What an application has to say about one namespace: who may come in, and what happens then. All
// functions given here run on the io thread, and none may block.
#pragma once

#include "actors/link/socketio_socket.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dockhost::actors {

/// A client that wants in. All is there during the call only.
struct socketio_request {
  const std::string& nsp;
  const json::value& auth; ///< an object
  const engineio_peer& peer;
};

struct socketio_decision {
  bool in = false;
  std::shared_ptr<void> socket_data;
  std::string message;
  json::value data;
};

/// The decision about it, to be taken at once or later, on any thread, and once: what follows is
/// ignored. If nobody decides, the connect timeout does.
class socketio_admission {
public:
  using decide_fn = std::function<void(socketio_decision)>;
  explicit socketio_admission(decide_fn decide) : decide_(std::move(decide)) {}

  /// `socket_data` becomes socketio_socket::data.
  void accept(std::shared_ptr<void> socket_data = nullptr) const {
    decide_({true, std::move(socket_data), {}, nullptr});
  }
  /// The client gets a CONNECT_ERROR with them; `data` is left out where it is null.
  void refuse(std::string message, json::value data = nullptr) const {
    decide_({false, nullptr, std::move(message), std::move(data)});
  }

private:
  decide_fn decide_;
};

/// The answer to an event, if the client has asked for one; on any thread, once.
class socketio_ack {
public:
  using send_fn = std::function<void(json::array args, std::vector<std::string> attachments)>;
  socketio_ack() = default;
  explicit socketio_ack(send_fn send) : send_(std::move(send)) {}

  [[nodiscard]] bool wanted() const { return send_ != nullptr; }
  void operator()(json::array args, std::vector<std::string> attachments = {}) const {
    if (send_) send_(std::move(args), std::move(attachments));
  }

private:
  send_fn send_;
};

/// An event's arguments: where one is binary it is a placeholder, and attachments has the bytes.
struct socketio_arguments {
  json::array values;
  std::vector<std::string> attachments;

  /// The first one, or null.
  [[nodiscard]] const json::value& first() const;
};

using socketio_socket_ptr = std::shared_ptr<socketio_socket>;

class socketio_namespace {
public:
  using end_reason = protocol::engineio::server::end_reason;
  using connect_fn = std::function<void(const socketio_request&, socketio_admission)>;
  using socket_fn = std::function<void(const socketio_socket_ptr&)>;
  using event_fn = std::function<void(const socketio_socket_ptr&, std::string_view name,
                                      socketio_arguments, socketio_ack)>;
  using invalid_fn = std::function<void(const socketio_socket_ptr&, std::string_view name,
                                        const std::string& why, socketio_ack)>;
  /// `why` is nothing where the client or the application has left the namespace by a packet.
  using gone_fn = std::function<void(const socketio_socket_ptr&, std::optional<end_reason> why)>;

  /// Without it everybody is let in.
  socketio_namespace& on_connect(connect_fn fn);
  socketio_namespace& on_connected(socket_fn fn);
  /// Once for each that was connected.
  socketio_namespace& on_disconnected(gone_fn fn);
  /// queued_bytes() was above the low mark and is so no more.
  socketio_namespace& on_drained(socket_fn fn);

  /// A typed handler. `decode` makes the request of the arguments, or says what is wrong with them
  /// (then on_invalid is called instead).
  template <class Request>
  socketio_namespace&
  on(std::string name,
     std::function<basic_result<Request, std::string>(const socketio_arguments&)> decode,
     std::function<void(const socketio_socket_ptr&, Request, socketio_ack)> handle) {
    return on_raw(std::move(name), [this, decode = std::move(decode), handle = std::move(handle)](
                                       const socketio_socket_ptr& socket, std::string_view event,
                                       socketio_arguments args, socketio_ack ack) {
      auto request = decode(args);
      if (!request) return invalid(socket, event, request.err(), std::move(ack));
      handle(socket, std::move(request).value(), std::move(ack));
    });
  }
  /// A handler that takes what comes.
  socketio_namespace& on_raw(std::string name, event_fn fn);
  /// Events that can't be decoded, and those that have no handler ("unknown event").
  socketio_namespace& on_invalid(invalid_fn fn);

private:
  friend class socketio_client_link;
  void invalid(const socketio_socket_ptr& socket, std::string_view name, const std::string& why,
               socketio_ack ack) const;
  void dispatch(const socketio_socket_ptr& socket, std::string_view name, socketio_arguments args,
                socketio_ack ack) const;

  connect_fn connect_;
  socket_fn connected_;
  socket_fn drained_;
  gone_fn disconnected_;
  invalid_fn invalid_;
  std::map<std::string, event_fn, std::less<>> events_;
};

} // namespace dockhost::actors
