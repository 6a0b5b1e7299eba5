// SPDX-License-Identifier: MIT
// The live view's side of the io thread: lets browsers in or not, looks at what they ask, and hands
// it on.
#pragma once

#include "actors/link/socketio_server.hpp"
#include "actors/live/http_rate.hpp"
#include "actors/live/live_guard.hpp"
#include "actors/live/live_messages.hpp"
#include "actors/node/environment.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace dockhost::actors {

/// Called on the io thread.
struct live_server_handlers {
  std::function<void(live_client)> on_joined;
  std::function<void(std::string client)> on_gone;
  std::function<void(std::string client)> on_drained;
  std::function<void(client_request)> on_request;
  std::function<void(page_request)> on_page;
  std::function<void(log_page_request)> on_log;
};

class live_server {
public:
  /// `env` has an io thread and a door.
  live_server(environment_ptr env, live_server_handlers handlers);
  /// Drops everybody; no handler runs afterwards.
  ~live_server();
  live_server(const live_server&) = delete;
  live_server& operator=(const live_server&) = delete;

  /// Why it can't, else nothing.
  [[nodiscard]] std::optional<std::string> listen();
  /// Tells everybody that it is over, and lets no one in any more. `done` runs on the io thread
  /// when they have gone, a second later at most.
  void close(std::function<void()> done);
  /// `behind`, on the io thread: those who have too much waiting.
  void broadcast(std::vector<socketio_remote> to, shared_outgoing packet, std::size_t budget,
                 std::function<void(std::vector<std::string>)> behind);
  [[nodiscard]] std::size_t clients() const { return server_.clients(); }
  [[nodiscard]] net::http_server_stats stats() const;
  [[nodiscard]] const live_guard& guard() const { return guard_; }

private:
  struct session; ///< what is kept of a client on the io thread
  [[nodiscard]] socketio_server_options options() const;
  void set_up();
  void admit(const socketio_request& request, const socketio_admission& admission) const;
  [[nodiscard]] bool within_rate(const socketio_socket_ptr& socket, std::string_view event,
                                 const socketio_ack& ack) const;
  void handle(const std::shared_ptr<net::http_exchange>& exchange);
  void handle_page(const std::shared_ptr<net::http_exchange>& exchange);
  void handle_log(const std::shared_ptr<net::http_exchange>& exchange, std::string container);
  /// Of an answer to a welcome request.
  [[nodiscard]] net::header_list headers_for(const net::server_request& request) const;
  [[nodiscard]] bool within_rate(net::http_exchange& exchange);
  [[nodiscard]] bool may_see(net::http_exchange& exchange) const;

  environment_ptr env_;
  live_guard guard_;
  http_rate http_rate_;
  live_server_handlers handlers_;
  socketio_server server_;
  std::unique_ptr<live_door> door_; ///< goes before the server
};

/// The `error` event and the acknowledgement of a request that was refused or has failed.
void refuse_request(socketio_socket& to, std::string_view event, std::string_view message,
                    std::string_view code, const socketio_ack& ack);

/// Headers for every answer that is not Socket.IO's.
[[nodiscard]] net::header_list security_headers();

} // namespace dockhost::actors
