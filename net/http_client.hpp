// SPDX-License-Identifier: MIT
// HTTP/1.1 client over unix sockets, TCP and TLS: pooled unary requests, and streams with
// back-pressure.
#pragma once

#include "net/endpoint.hpp"
#include "net/error.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dockhost::net {

class io_thread;

struct http_request {
  std::string method = "GET";
  std::string target = "/"; ///< path and query, already encoded
  std::vector<std::pair<std::string, std::string>>
      headers; ///< Host and Content-Length are set by the client
  std::string body;
};

struct http_response {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;

  /// The first header of that name (case-insensitive), else empty.
  [[nodiscard]] std::string_view header(std::string_view name) const;
};

/// An open response stream. Destroying it closes its connection; no callback starts after the
/// destructor has returned when it is destroyed on the io thread.
class http_stream {
public:
  virtual ~http_stream() = default;
  /// Stops and resumes reading: what is not read waits in the kernel, and then in the sender. On
  /// the io thread no on_data comes after pause() has returned; from others both are asynchronous.
  /// A paused stream doesn't notice that its peer has gone.
  virtual void pause() = 0;
  virtual void resume() = 0;
};

struct http_stream_handlers {
  std::function<void(const http_response&)> on_headers; ///< status and headers, body empty
  std::function<void(std::string_view)> on_data;        ///< de-chunked body bytes
  std::function<void(net_result<unit>)> on_end; ///< once: the end of the body, or why it broke off
};

struct http_client_options {
  std::size_t max_connections = 8;         ///< unary ones; more requests wait in order
  std::size_t max_waiting = 4096;          ///< then `too_large` at once
  std::size_t max_body = 16 * 1024 * 1024; ///< of a unary response
  std::chrono::milliseconds connect_timeout{10'000};
  std::chrono::milliseconds idle_timeout{
      30'000}; ///< a pooled connection unused for so long is closed
};

class http_client {
public:
  http_client(io_thread& io, endpoint where, http_client_options options = {});
  /// Answers what is still out with `cancelled` before it returns, on the io thread. Streams are
  /// not touched: they live as long as their handles.
  ~http_client();
  http_client(const http_client&) = delete;
  http_client& operator=(const http_client&) = delete;

  /// One request, one answer, exactly once, on the io thread; `timeout` covers waiting for a
  /// connection too. A request that meets a pooled connection which the server had already closed
  /// is sent once more on a new one, if no byte of an answer came; but where the server may have
  /// read it, only when it is idempotent (RFC 9110 section 9.2.2: not POST, not PATCH). Safe from
  /// any thread.
  void send(http_request request, std::chrono::milliseconds timeout,
            std::function<void(net_result<http_response>)> done);

  /// A response that goes on: on a connection of its own. `connect_timeout` bounds the wait for its
  /// headers; then nothing but the handle's end does. Handlers run on the io thread. Safe from any
  /// thread.
  [[nodiscard]] std::unique_ptr<http_stream> open(http_request request,
                                                  http_stream_handlers handlers);

private:
  struct impl;
  std::shared_ptr<impl> impl_;
};

} // namespace dockhost::net
