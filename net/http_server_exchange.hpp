// SPDX-License-Identifier: MIT
// One request to an http_server and its answer: at once or later, whole, in pieces, or as a
// WebSocket. Everything here is used on the io thread only.
#pragma once

#include "net/http_server_websocket.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dockhost::net {

using header_list = std::vector<std::pair<std::string, std::string>>;

/// A request's head. What doesn't obey HTTP never reaches the application.
struct server_request {
  std::string method; ///< as it came: "GET"
  std::string target; ///< as it came, but of the absolute form only path and query
  /// Percent-decoded once, without the query: begins with "/" (or is "*" of OPTIONS), is valid
  /// UTF-8, and has no control character, no backslash and no segment "." or "..".
  std::string path;
  /// Of the query, decoded ("+" is a space), in their order. They may hold secrets: not for logs.
  std::vector<std::pair<std::string, std::string>> parameters;
  header_list headers;
  bool has_body = false;      ///< one is announced: see http_exchange::read_body
  std::string remote_address; ///< "127.0.0.1", "::1"; an IPv4 client of an IPv6 listener as IPv4
  std::uint16_t remote_port = 0;
  std::uint16_t local_port = 0; ///< tells the listener
  bool tls = false;
  bool websocket = false; ///< a valid handshake: accept_websocket() is allowed

  /// The first header of that name (case-insensitive), else empty.
  [[nodiscard]] std::string_view header(std::string_view name) const;
  /// The first parameter of that name (case-sensitive), nullopt where there is none.
  [[nodiscard]] std::optional<std::string_view> parameter(std::string_view name) const;
};

struct server_response {
  int status = 200; ///< 200 to 599
  /// Content-Length, Transfer-Encoding, Connection and Date are the server's to set; these here are
  /// left out. A name or value that HTTP doesn't allow turns the answer into a 500.
  header_list headers;
  /// Written one after another without a copy. Not sent, only counted, in answer to HEAD.
  std::vector<shared_bytes> body;
  bool close = false; ///< the connection ends after it
};

enum class body_outcome { whole, too_large };

/// An answer with a Content-Type and a body of one piece.
[[nodiscard]] server_response make_response(int status, std::string body,
                                            std::string_view type = "text/plain; charset=utf-8");

/// The body of an answer whose length is not known beforehand (chunked; to HTTP/1.0 ended by the
/// connection's end). Dropping the last reference before finish() is abort().
class body_writer {
public:
  virtual ~body_writer() = default;

  /// False where nothing was taken: the peer is gone, it is finished, or more than
  /// http_server_limits::max_queued bytes would wait.
  virtual bool write(shared_bytes bytes) = 0;
  /// Bytes taken and not yet given to the kernel.
  [[nodiscard]] virtual std::size_t bytes_queued() const = 0;
  /// `fn` runs each time that bytes_queued() falls from above `mark` to it or below; one at a time
  /// counts.
  virtual void on_drained(std::size_t mark, std::function<void()> fn) = 0;
  /// The regular end.
  virtual void finish() = 0;
  /// Breaks off, so that the peer sees that the body is not whole.
  virtual void abort() = 0;
};

/// Given to the application when a request's head is there. Answered once, by one of respond(),
/// respond_streaming(), accept_websocket(); what comes after that is ignored. No time limit runs
/// while the application thinks. Dropping the last reference without an answer answers 500 and
/// closes the connection.
class http_exchange {
public:
  virtual ~http_exchange() = default;

  [[nodiscard]] virtual const server_request& request() const = 0;
  /// Reads the body (and invites a peer that waits for a 100 to send it). `done` runs once, never
  /// from within this call: with the whole body, or with `too_large` and nothing as soon as it is
  /// known to pass `max`; not at all where the peer is gone first (on_gone) or takes longer than
  /// http_server_limits::body_time (then it got 408). Once per request. A body that wasn't read
  /// whole when the request is answered ends the connection after the answer.
  virtual void read_body(std::size_t max, std::function<void(body_outcome, std::string)> done) = 0;

  /// Whether the peer went away (closed, reset, timed out) or the server ended the connection
  /// before the answer was whole in the kernel.
  [[nodiscard]] virtual bool gone() const = 0;
  /// `fn` runs once when that happens, also while a streamed body is being written; not when it
  /// had already happened. It holds what it captures until the answer is written.
  virtual void on_gone(std::function<void()> fn) = 0;

  /// False: it was answered already or the peer is gone.
  virtual bool respond(server_response response) = 0;
  /// Status and headers now, the body through the writer. Null as respond() gives false.
  [[nodiscard]] virtual std::shared_ptr<body_writer> respond_streaming(int status,
                                                                       header_list headers) = 0;
  /// Only where request().websocket. Null as respond() gives false; else the listener is told of
  /// all that follows, never before this has returned. The socket may be sent to at once.
  [[nodiscard]] virtual std::shared_ptr<server_websocket>
  accept_websocket(const websocket_accept& how, std::shared_ptr<websocket_listener> listener) = 0;
  /// Closes the connection at once, without an answer; on_gone does not run.
  virtual void abort() = 0;
};

} // namespace dockhost::net
