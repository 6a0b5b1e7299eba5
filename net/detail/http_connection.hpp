// SPDX-License-Identifier: MIT
#pragma once

#include "net/detail/http_request_text.hpp"
#include "net/detail/transport.hpp"
#include "net/http_client.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace dockhost::net::detail {

/// How one exchange ended.
struct exchange_end {
  std::optional<net_error> error;
  bool reusable = false; ///< the connection may carry the next request
  bool answered = false; ///< at least one byte came back
  bool sent = false;     ///< perhaps a byte of the request was taken
};

/// What becomes of an answer. Every function may close the connection or start its next exchange.
class exchange_listener {
public:
  virtual ~exchange_listener() = default;
  virtual void on_headers(http_response& head) = 0;
  virtual void on_data(std::string_view bytes) = 0;
  virtual void on_end(exchange_end end) = 0; ///< once, as the last
};

/// HTTP/1.1 on one transport, one exchange at a time. On the io thread only.
class http_connection : public std::enable_shared_from_this<http_connection> {
public:
  explicit http_connection(std::shared_ptr<transport> stream);
  ~http_connection();

  /// Writes the request and reads its answer, at the same time: a server may refuse a long body
  /// before it has come. The listener is not kept alive; without it the exchange just ends.
  /// `body_limit` applies to the decoded body; none: no limit.
  void start(std::shared_ptr<const request_text> request, std::optional<std::uint64_t> body_limit,
             const std::shared_ptr<exchange_listener>& listener);

  /// No on_data between pause() and resume(); nothing is read meanwhile either. What resume() sets
  /// free comes later, not from within it.
  void pause() { paused_ = true; }
  void resume();

  /// Ends everything; the listener hears no more.
  void close();

  /// For a connection at rest: whether the server still holds it open, as far as can be seen.
  [[nodiscard]] bool usable() { return !closed_ && stream_->quiet(); }

private:
  class parser;

  void write();
  void wrote(error_code ec, std::size_t n);
  void read();
  void got(error_code ec, std::size_t n);
  void parse();
  bool next_parser();
  void ended_by_peer(error_code ec);
  void finish(std::optional<net_error> error);
  bool make_room();

  std::shared_ptr<transport> stream_;
  std::weak_ptr<exchange_listener> listener_; // who owns us, so no shared_ptr; gone: see parse()
  std::shared_ptr<const request_text> request_;
  std::unique_ptr<parser> parser_;
  std::optional<std::uint64_t> body_limit_;
  std::vector<char> buffer_; // bytes [begin_, end_) are not parsed yet
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::size_t written_ = 0;
  int interim_ = 0;     // 1xx answers so far
  bool active_ = false; // an exchange is under way
  bool writing_ = false;
  bool reading_ = false;
  bool parsing_ = false;
  bool paused_ = false;
  bool closed_ = false;
  bool answered_ = false;
  bool write_failed_ = false;
};

} // namespace dockhost::net::detail
