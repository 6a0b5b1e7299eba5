// SPDX-License-Identifier: MIT
// HTTP/1.1 and WebSocket server on the io thread, plain or with TLS.
#pragma once

#include "core/result.hpp"
#include "net/http_server_exchange.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace dockhost::net {

class io_thread;

/// What a peer may cost. Times are checked by one sweep, a quarter of the shortest of them apart
/// and at most a second: that is how late they may be.
struct http_server_limits {
  std::size_t max_connections = 8192;
  /// Of one address, loopback included. Where either limit is met, the oldest connection that
  /// waits for a request makes room; where there is none, the new one is closed.
  std::size_t max_connections_per_address = 1024;
  std::size_t max_header = 16 * 1024;        ///< request line and headers; more: 431
  std::size_t max_queued = 4 * 1024 * 1024;  ///< of a streamed answer
  std::size_t max_input = 128 * 1024 * 1024; ///< of unfinished requests and messages, all together;
                                             ///< whoever passes it is refused (503, 1013)
  std::chrono::milliseconds header_time{10'000}; ///< for TLS handshake and headers; then 408
  std::chrono::milliseconds body_time{30'000};   ///< for the rest of a request or message
  std::chrono::milliseconds idle_time{30'000};   ///< between two requests
  std::chrono::milliseconds write_time{30'000}; ///< without a byte taken by a peer that is due some
  std::chrono::milliseconds close_time{3'000};  ///< for closing handshakes
  std::chrono::milliseconds stop_time{1'000};   ///< see stop()
};

/// PEM files. TLS 1.2 and later.
struct server_tls_options {
  std::string certificate_file; ///< with the chain
  std::string key_file;         ///< empty: in certificate_file
};

struct listen_options {
  std::string address = "127.0.0.1"; ///< numeric; "::" takes IPv4 too
  std::uint16_t port = 0;            ///< 0: any free one
  std::optional<server_tls_options> tls;
};

/// Something worth a line in a log. This layer has no logger.
struct server_note {
  bool serious = false;   ///< wants somebody's attention; else: what peers do, of use in debugging
  std::string_view event; ///< stable: "accept", "tls", "request", "websocket", "limit"
  std::string_view text;  ///< for people; without queries and headers
  std::string_view address; ///< of the peer, may be empty
};

struct http_server_handlers {
  /// Each request, when its head is there; on the io thread. What it throws answers 500.
  std::function<void(std::shared_ptr<http_exchange>)> on_request;
  std::function<void(const server_note&)> on_note; ///< may be empty
};

/// A snapshot; the last three count from the start on.
struct http_server_stats {
  std::size_t connections = 0; ///< open now, WebSockets included
  std::size_t websockets = 0;
  std::size_t bytes_queued = 0; ///< taken and not yet given to the kernel, all together
  std::size_t bytes_input = 0;  ///< of unfinished requests and messages
  std::uint64_t accepted = 0;
  std::uint64_t refused = 0; ///< closed by a connection limit, old or new
  std::uint64_t requests = 0;
};

/// Its own functions are safe from any thread; what it hands out is for the io thread. The io
/// thread outlives it.
class http_server {
public:
  http_server(io_thread& io, http_server_limits limits, http_server_handlers handlers);
  /// Drops every connection. On the io thread no handler or listener runs after it has returned;
  /// elsewhere it waits for the io thread to have dropped them.
  ~http_server();
  http_server(const http_server&) = delete;
  http_server& operator=(const http_server&) = delete;

  /// Any number of times. Gives the port, or what is wrong in words for a person: the address is
  /// not to be had, a file is not what it should be.
  [[nodiscard]] basic_result<std::uint16_t, std::string> listen(const listen_options& options);

  /// Reads the certificate and key files of all listeners again, for connections to come. Where one
  /// fails, all stay as they were, and what is wrong is given.
  [[nodiscard]] basic_result<unit, std::string> reload_tls();

  /// No new connections and requests; connections without a request in work are closed. The
  /// application answers what it has and closes its WebSockets; what is left after `stop_time` is
  /// dropped. Then `done` runs on the io thread. A second call only adds its `done`.
  void stop(std::function<void()> done);

  [[nodiscard]] http_server_stats stats() const;

private:
  struct impl;
  std::shared_ptr<impl> impl_;
};

} // namespace dockhost::net
