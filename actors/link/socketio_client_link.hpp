// SPDX-License-Identifier: MIT
// A client of a Socket.IO server: its machine on its Engine.IO session, and its sockets.
#pragma once

#include "actors/link/socketio_gate.hpp"
#include "actors/link/socketio_namespace.hpp"

#include <atomic>
#include <map>
#include <thread>
#include <unordered_map>

namespace dockhost::actors {

/// What all clients of a server share. It outlives them.
struct socketio_shared {
  explicit socketio_shared(executor& e) : io(e) {}
  /// At once where this is the io thread, else there later. Keeps an application's order.
  void run(std::function<void()> fn);

  executor& io;
  protocol::socketio::server::options rules;
  std::map<std::string, socketio_namespace, std::less<>> namespaces;
  socketio_gate gate; ///< shut when the server is destroyed
  std::atomic<std::thread::id> thread{};
  std::atomic<std::size_t> clients{0};
};

class socketio_client_link : public std::enable_shared_from_this<socketio_client_link> {
public:
  socketio_client_link(std::shared_ptr<socketio_shared> shared, engineio_connection& connection);
  ~socketio_client_link();

  void on_message(bool binary, std::string data);
  void on_drained();
  void on_closed(protocol::engineio::server::end_reason why);
  void on_tick(std::chrono::steady_clock::time_point now);
  [[nodiscard]] auto deadline() const { return machine_.deadline(); }

  // What the sockets ask for.
  [[nodiscard]] bool connected(std::string_view nsp) const;
  bool emit(std::string_view nsp, shared_outgoing packet);
  bool emit_with_ack(std::string_view nsp, std::string_view name, json::array args,
                     std::vector<std::string> attachments, std::chrono::milliseconds timeout,
                     socketio_answer answer);
  [[nodiscard]] std::size_t queued_bytes() const;
  void disconnect(const std::string& nsp);
  void close();

private:
  void pump();
  void run(protocol::socketio::server::send& o);
  void run(protocol::socketio::server::close& o);
  void run(protocol::socketio::server::connecting& o);
  void run(protocol::socketio::server::event& o);
  void run(protocol::socketio::server::acked& o);
  void run(protocol::socketio::server::ack_failed& o);
  void run(protocol::socketio::server::left& o);
  void decide(const std::string& nsp, std::uint32_t attempt, socketio_decision decision);
  void gone(const std::string& nsp, std::optional<protocol::engineio::server::end_reason> why);
  void publish();
  [[nodiscard]] const socketio_namespace& handlers(std::string_view nsp) const;

  struct member {
    std::string nsp;
    std::uint32_t attempt = 0;  ///< tells a late decision about an earlier attempt
    socketio_socket_ptr socket; ///< null until it was let in
  };
  [[nodiscard]] member* find(std::string_view nsp);

  std::shared_ptr<socketio_shared> shared_;
  engineio_connection* connection_; ///< null once it has ended
  protocol::socketio::server::session machine_;
  std::vector<member> members_;
  std::unique_ptr<std::unordered_map<std::uint64_t, socketio_answer>> answers_;
  std::optional<protocol::engineio::server::end_reason> ended_for_;
  std::uint32_t attempts_ = 0;
  bool pumping_ = false;
};

} // namespace dockhost::actors
