// SPDX-License-Identifier: MIT
#pragma once

#include "net/detail/connector.hpp"
#include "net/detail/http_connection.hpp"

#include <chrono>
#include <memory>

namespace dockhost::net::detail {

/// What is behind an http_stream: one connection, one exchange. On the io thread only.
class response_stream final : public exchange_listener,
                              public std::enable_shared_from_this<response_stream> {
public:
  response_stream(io_thread::impl& io, std::shared_ptr<remote> to, http_stream_handlers handlers);

  /// `timeout` bounds the wait for the headers.
  void start(net_result<request_text> request, std::chrono::milliseconds timeout);
  void pause();
  void resume();
  /// No handler runs any more.
  void drop();

  [[nodiscard]] io_thread::impl& io() { return io_; }

  void on_headers(http_response& head) override;
  void on_data(std::string_view bytes) override;
  void on_end(exchange_end end) override;

private:
  void end(net_result<unit> how);

  io_thread::impl& io_;
  std::shared_ptr<remote> to_;
  http_stream_handlers handlers_;
  std::shared_ptr<const request_text> request_;
  io_timer timer_;
  std::weak_ptr<connector> connecting_;
  std::shared_ptr<http_connection> connection_;
  bool paused_ = false;
  bool over_ = false; // ended or dropped
};

} // namespace dockhost::net::detail
