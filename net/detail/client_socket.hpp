// SPDX-License-Identifier: MIT
#pragma once

#include "net/detail/connector.hpp"
#include "net/detail/websocket_stream.hpp"
#include "net/websocket_client.hpp"

#include <boost/beast/core/flat_buffer.hpp>

#include <atomic>
#include <deque>
#include <memory>
#include <optional>
#include <string>

namespace dockhost::net {

/// What is behind a websocket_client. On the io thread only, but for take().
struct websocket_client::impl : std::enable_shared_from_this<impl> {
  impl(io_thread::impl& io, endpoint where, websocket_options options, websocket_handlers handlers);

  void start();
  /// From any thread: counts the message against the bound and passes it on.
  bool take(std::string message, bool binary);
  [[nodiscard]] std::size_t queued() const { return queued_.load(std::memory_order_relaxed); }
  /// From any thread: nothing more is taken.
  void refuse() { accepting_.store(false, std::memory_order_relaxed); }
  void close();
  /// No handler runs any more.
  void drop();

  io_thread::impl& io;

private:
  using error_code = detail::error_code;
  struct frame {
    std::string bytes;
    bool binary;
  };

  /// What is wrong with the options, if anything.
  [[nodiscard]] const char* invalid() const;
  void handshake(std::shared_ptr<detail::transport> stream);
  void handshaken(error_code ec);
  [[nodiscard]] net_error handshake_error(error_code ec) const;
  [[nodiscard]] int refused_with() const;
  void read();
  void got(error_code ec);
  void enqueue(frame f);
  void write();
  void wrote(error_code ec);
  void say_goodbye();
  void limit(std::chrono::steady_clock::time_point when);
  void expired();
  void finish(net_error why);

  std::shared_ptr<detail::remote> to_;
  websocket_options options_;
  websocket_handlers handlers_;
  std::atomic<bool> accepting_{true};
  std::atomic<std::size_t> queued_{0}; // bytes, from take() until written
  enum class state { connecting, handshake, open, closing, over } state_ = state::connecting;
  std::chrono::steady_clock::time_point deadline_;
  detail::io_timer timer_; // until open: the deadline; while closing: the hard limit
  std::weak_ptr<detail::connector> connecting_;
  std::shared_ptr<detail::transport> stream_;
  std::optional<detail::websocket_stream> socket_; // refers to *stream_
  boost::beast::websocket::response_type response_;
  boost::beast::flat_buffer incoming_;
  std::deque<frame> outgoing_; // the front one is being written while writing_
  bool writing_ = false;
  bool goodbye_ = false; // our close frame is on its way
};

} // namespace dockhost::net
