// SPDX-License-Identifier: MIT
// The parts of an Engine.IO host: its table of sessions, one session, and one WebSocket.
#pragma once

#include "actors/link/engineio_host.hpp"

#include <set>
#include <unordered_map>

namespace dockhost::actors {

/// The sessions, their requests' names, and one timer for all their deadlines.
class engineio_host::core : public std::enable_shared_from_this<core> {
public:
  core(executor& io, engineio_host_options o, engineio_factory make);

  void handle(const std::shared_ptr<net::http_exchange>& exchange);
  void shut_down();
  void drop_all();
  void forget(const std::string& sid) { sessions.erase(sid); }
  std::uint32_t next_id();
  [[nodiscard]] net::websocket_accept accept_with(net::header_list headers) const;

  /// Timers that fire early do no harm, so a session's is set anew only for an earlier deadline.
  void set_due(session& s, std::chrono::steady_clock::time_point when);
  void clear_due(session& s);

  executor& io;
  engineio_host_options options;
  engineio_factory factory;
  std::unordered_map<std::string, std::shared_ptr<session>> sessions;

private:
  void begin(const std::shared_ptr<net::http_exchange>& exchange, net::header_list headers);
  void arm();
  void run_due();

  bool shut_ = false;
  std::uint32_t last_id_ = 0;
  std::set<std::pair<std::chrono::steady_clock::time_point, session*>> due_;
  std::unique_ptr<timer_handle> timer_;
  std::chrono::steady_clock::time_point timer_due_{};
};

/// A session's WebSocket. It lives on while the closing handshake runs, when its session may have
/// gone already.
class engineio_host::socket final : public net::websocket_listener {
public:
  socket(std::weak_ptr<session> of, std::uint32_t number) : id(number), session_(std::move(of)) {}
  void on_message(net::message_kind kind, std::string_view bytes) override;
  void on_drained() override;
  void on_closed(const net::websocket_end& end) override;

  std::shared_ptr<net::server_websocket> stream; ///< until on_closed
  const std::uint32_t id;

private:
  std::weak_ptr<session> session_;
};

class engineio_host::session final : public engineio_connection,
                                     public std::enable_shared_from_this<session> {
public:
  session(std::shared_ptr<core> host, std::string sid, const net::server_request& first);
  void begin_polling(const std::shared_ptr<net::http_exchange>& exchange, net::header_list headers);
  void begin_websocket(const std::shared_ptr<net::http_exchange>& exchange,
                       net::header_list headers);

  void request(const std::shared_ptr<net::http_exchange>& exchange, net::header_list headers);
  void websocket(const std::shared_ptr<net::http_exchange>& exchange, net::header_list headers);
  void received(std::uint32_t socket, net::message_kind kind, std::string_view bytes);
  void socket_drained();
  void socket_closed(std::uint32_t socket);
  void tick();
  /// Without a word to anybody.
  void vanish();

  // engineio_connection
  [[nodiscard]] const engineio_peer& peer() const override { return *peer_; }
  bool send(protocol::engineio::server::shared_outgoing what) override;
  [[nodiscard]] bool has_room(std::size_t bytes) const override;
  [[nodiscard]] std::size_t queued_bytes() const override;
  void close(protocol::engineio::server::end_reason why) override;
  void drop(protocol::engineio::server::end_reason why) override;
  [[nodiscard]] protocol::engineio::server::transport transport() const override {
    return machine_.now_on();
  }
  void deadline_changed() override { pump(); }

  /// What core::set_due() has noted.
  std::optional<std::chrono::steady_clock::time_point> due;

private:
  struct waiting {
    std::uint32_t id = 0;
    std::shared_ptr<net::http_exchange> exchange;
    net::header_list headers;
  };

  std::uint32_t wait(const std::shared_ptr<net::http_exchange>& exchange, net::header_list headers);
  std::shared_ptr<socket> accept(const std::shared_ptr<net::http_exchange>& exchange,
                                 net::header_list headers);
  void read_post(std::uint32_t id, const std::shared_ptr<net::http_exchange>& exchange);
  void pump();
  void check_drained();
  void let_go_of_listener();
  [[nodiscard]] std::chrono::steady_clock::time_point now() const { return host_->io.now(); }

  void run(protocol::engineio::server::answer& a);
  void run(protocol::engineio::server::send_frames& a);
  void run(protocol::engineio::server::close_socket& a);
  void run(protocol::engineio::server::message& a);
  void run(protocol::engineio::server::upgraded& a);
  void run(protocol::engineio::server::closed& a);

  std::shared_ptr<core> host_; ///< which forgets us, at the latest when it is dropped
  protocol::engineio::server::session machine_;
  std::unique_ptr<engineio_peer> peer_;
  std::unique_ptr<engineio_listener> listener_;
  std::vector<waiting> requests_; ///< at most a GET and a POST, and what is about to be refused
  std::vector<std::shared_ptr<socket>> sockets_; ///< the same
  bool pumping_ = false;
  bool above_mark_ = false;
  bool hard_ = false; ///< sockets are dropped rather than closed
};

} // namespace dockhost::actors
