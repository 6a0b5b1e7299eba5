// SPDX-License-Identifier: MIT
// The part of a driver that lives on the io thread. Only its gate and its count of waiting calls
// are touched by others.
#pragma once

#include "actors/link/socketio_driver.hpp"
#include "actors/link/socketio_gate.hpp"
#include "net/http_client.hpp"
#include "net/websocket_client.hpp"

#include <array>
#include <atomic>
#include <deque>
#include <optional>
#include <unordered_map>

namespace dockhost::actors {

class socketio_driver::session : public std::enable_shared_from_this<session> {
public:
  session(net::io_thread& io, net::endpoint server, socketio_driver_options options,
          socketio_driver_handlers handlers);

  void start();
  /// Closes all sockets; nothing happens after it.
  void drop();

  void emit(std::string_view name, json::array args, std::vector<std::string> attachments,
            const sent_fn& done);
  void emit_with_ack(std::string_view name, json::array args, std::vector<std::string> attachments,
                     std::chrono::milliseconds timeout, answer_fn answer);
  void acknowledge(std::uint64_t ack_id, json::array args, std::vector<std::string> attachments,
                   const sent_fn& done);
  void close();
  void add_bulk(socketio_bulk::packet what);

  socketio_gate gate;
  const std::shared_ptr<socketio_bulk::state> bulk = std::make_shared<socketio_bulk::state>();
  std::atomic<std::size_t> waiting_calls{0};

private:
  using ws_slot = protocol::engineio::ws_slot;
  struct socket {
    std::unique_ptr<net::websocket_client> client;
    bool overflowed = false; ///< a send was refused: its end is ours
  };

  socket& at(ws_slot slot) { return sockets_[static_cast<std::size_t>(slot)]; }
  [[nodiscard]] net::http_client& http();
  void pump();
  void pump_bulk();
  void end_bulk();
  [[nodiscard]] std::size_t backlog() const;
  void arm();
  void send(ws_slot slot, bool taken);
  net::websocket_handlers handlers_for(ws_slot slot);
  void on_closed(ws_slot slot, net::net_error why);
  void on_response(bool get, net::net_result<net::http_response> answer);
  void request(bool get, net::http_request what, std::chrono::milliseconds timeout);

  void run(protocol::engineio::open_websocket& a);
  void run(protocol::engineio::send_text& a);
  void run(protocol::engineio::send_binary& a);
  void run(protocol::engineio::close_websocket& a);
  void run(protocol::engineio::http_get& a);
  void run(protocol::engineio::http_post& a);
  void run(protocol::engineio::cancel_http& a);
  void run(protocol::engineio::upgraded& e);
  void run(protocol::socketio::connected& e);
  void run(protocol::socketio::connect_refused& e);
  void run(protocol::socketio::event& e);
  void run(protocol::socketio::acked& e);
  void run(protocol::socketio::ack_failed& e);
  void run(protocol::socketio::namespace_closed& e);
  void run(protocol::socketio::disconnected& e);

  net::io_thread& io_;
  net::endpoint server_;
  socketio_driver_options options_;
  socketio_driver_handlers handlers_;
  protocol::socketio::client machine_;
  std::array<socket, 2> sockets_;
  std::unique_ptr<net::http_client> http_;
  std::size_t http_epoch_ = 0; ///< answers to requests of an earlier one are ignored
  std::unordered_map<std::uint64_t, answer_fn> answers_;
  std::unique_ptr<timer_handle> timer_;
  std::optional<std::chrono::steady_clock::time_point> timer_due_;
  bool pumping_ = false;
  std::uint64_t heartbeats_ = 0;           ///< that the owner was told of
  std::deque<socketio_bulk::packet> bulk_; ///< bounded by what is handed out as budget
};

} // namespace dockhost::actors
