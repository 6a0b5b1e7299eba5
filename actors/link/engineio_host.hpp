// SPDX-License-Identifier: MIT
// An Engine.IO server on net's HTTP server: the sessions of all its clients, whatever they speak on
// top. Everything here is used on the io thread only.
#pragma once

#include "core/executor.hpp"
#include "net/http_server_exchange.hpp"
#include "protocol/engineio_server.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dockhost::actors {

/// Whether a request is welcome; and headers for its answer, such as those of CORS.
struct engineio_welcome {
  bool welcome = true; ///< else 403 (400 for a WebSocket), "Forbidden"
  net::header_list headers;
};

struct engineio_host_options {
  protocol::engineio::server::options engine;
  std::string path = "/socket.io/";
  std::size_t max_sessions = 8'192;          ///< more are answered 503
  std::size_t max_queued = 16 * 1024 * 1024; ///< bytes on their way to one client
  std::size_t low_mark = 256 * 1024;         ///< see engineio_listener::on_drained
  bool deflate = false;                      ///< permessage-deflate on WebSockets
  std::size_t deflate_from = 1'024;          ///< shorter messages go as they are
  /// Asked for each request, the origin's for instance. Empty: all are welcome. Where it gives
  /// headers, OPTIONS is answered 204 with them.
  std::function<engineio_welcome(const net::server_request&)> on_request;
};

/// The request that a session began with.
struct engineio_peer {
  /// Authorization, Cookie, Host, Origin, User-Agent, X-Forwarded-For, X-Real-IP; others are not
  /// kept.
  net::header_list headers;
  std::vector<std::pair<std::string, std::string>> parameters; ///< decoded; may hold secrets
  std::string remote_address;
  std::uint16_t remote_port = 0;
  std::uint16_t local_port = 0;
  bool tls = false;

  /// The first header (case-insensitive) or parameter of that name, else empty.
  [[nodiscard]] std::string_view header(std::string_view name) const;
  [[nodiscard]] std::string_view parameter(std::string_view name) const;
};

/// One session, there until its listener was told on_closed().
class engineio_connection {
public:
  virtual ~engineio_connection() = default;

  [[nodiscard]] virtual const engineio_peer& peer() const = 0;
  /// False, and nothing is taken, where max_queued would be passed or the session is closing.
  virtual bool send(protocol::engineio::server::shared_outgoing what) = 0;
  /// Whether send() would take so many bytes.
  [[nodiscard]] virtual bool has_room(std::size_t bytes) const = 0;
  /// Bytes taken and not yet in the kernel's hands, or not yet fetched by a GET.
  [[nodiscard]] virtual std::size_t queued_bytes() const = 0;
  /// After what was sent.
  virtual void close(protocol::engineio::server::end_reason why) = 0;
  /// At once, with all that is queued lost.
  virtual void drop(protocol::engineio::server::end_reason why) = 0;
  [[nodiscard]] virtual protocol::engineio::server::transport transport() const = 0;
  /// For a listener whose deadline has changed while it wasn't called.
  virtual void deadline_changed() = 0;
};

/// What runs on a session.
class engineio_listener {
public:
  using time_point = std::chrono::steady_clock::time_point;

  virtual ~engineio_listener() = default;
  virtual void on_message(bool binary, std::string data) = 0;
  /// queued_bytes() was above low_mark and is so no more.
  virtual void on_drained() {}
  /// Once, as the last.
  virtual void on_closed(protocol::engineio::server::end_reason why) = 0;
  /// When on_tick() is due, if ever. Asked after each call to it, and by deadline_changed().
  [[nodiscard]] virtual std::optional<time_point> deadline() const { return std::nullopt; }
  virtual void on_tick(time_point) {}
};

/// Gives what is to run on a new session. The connection outlives it.
using engineio_factory = std::function<std::unique_ptr<engineio_listener>(engineio_connection&)>;

class engineio_host {
public:
  engineio_host(executor& io, engineio_host_options options, engineio_factory factory);
  /// Drops all sessions without a word; their listeners are told nothing.
  ~engineio_host();
  engineio_host(const engineio_host&) = delete;
  engineio_host& operator=(const engineio_host&) = delete;

  /// False: the path is not ours, and nothing was done with the exchange.
  bool handle(const std::shared_ptr<net::http_exchange>& exchange);

  /// Ends every session, telling each client where one listens, and refuses new ones with 503.
  void shut_down();

  [[nodiscard]] std::size_t sessions() const;

private:
  class core;
  class session;
  class socket;
  std::shared_ptr<core> core_;
};

} // namespace dockhost::actors
