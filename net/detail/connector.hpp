// SPDX-License-Identifier: MIT
#pragma once

#include "net/detail/io_context.hpp"
#include "net/detail/remote.hpp"
#include "net/detail/resolver.hpp"
#include "net/detail/transport.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace dockhost::net::detail {

/// One try to reach a remote: name, addresses in their order, TLS; all of it before one deadline.
/// On the io thread only. Once started it keeps itself alive until it is done or cancelled; who
/// wants to cancel it holds a weak_ptr, so that nothing leaks when the io thread ends first.
class connector : public std::enable_shared_from_this<connector> {
public:
  using time_point = std::chrono::steady_clock::time_point;
  using done_fn = std::function<void(net_result<std::shared_ptr<transport>>)>;

  connector(io_thread::impl& io, std::shared_ptr<remote> to, time_point deadline, done_fn done);

  /// `done` runs once, never from within start().
  void start();
  /// After it `done` doesn't run any more.
  void cancel();

private:
  void begin();
  void resolved(net_result<std::vector<socket_endpoint>> found);
  void try_next();
  /// At once, or EAGAIN when the backlog is full: Asio (1.81) takes that for success.
  error_code connect_unix();
  void try_again_soon();
  void connected(error_code ec);
  void handshake();
  void finish(net_result<std::shared_ptr<transport>> outcome);
  void expired();

  io_thread::impl& io_;
  std::shared_ptr<remote> to_;
  time_point deadline_;
  done_fn done_;
  io_timer deadline_timer_;
  io_timer attempt_timer_; // of one address, where more are left to try
  io_socket socket_;
  std::shared_ptr<transport> transport_;
  std::vector<socket_endpoint> addresses_;
  std::size_t next_ = 0;
  std::size_t attempt_ = 0; // tells the current attempt's completions from those given up
  std::optional<net_error> last_error_;
  enum class phase { resolving, connecting, securing } phase_ = phase::resolving;
};

} // namespace dockhost::net::detail
