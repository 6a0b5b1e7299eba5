// SPDX-License-Identifier: MIT
#pragma once

#include "net/detail/connector.hpp"
#include "net/detail/http_connection.hpp"

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <unordered_set>

namespace dockhost::net::detail {

class unary_pool;

/// One request with its one answer.
class unary_call final : public exchange_listener, public std::enable_shared_from_this<unary_call> {
public:
  using time_point = std::chrono::steady_clock::time_point;
  using done_fn = std::function<void(net_result<http_response>)>;

  unary_call(io_thread::impl& io, request_text request, std::chrono::milliseconds timeout,
             done_fn done);

  void on_headers(http_response& head) override;
  void on_data(std::string_view bytes) override;
  void on_end(exchange_end end) override;

  /// Gives the answer to the caller; the first one counts.
  void answer(net_result<http_response> outcome);

private:
  friend class unary_pool;
  void drop_connection();

  std::shared_ptr<const request_text> request_;
  std::chrono::milliseconds timeout_;
  time_point deadline_;
  io_timer timer_;
  done_fn done_;
  http_response response_;
  std::weak_ptr<unary_pool> pool_; // which owns us from submit() to the answer
  std::weak_ptr<connector> connecting_;
  std::shared_ptr<http_connection> connection_;
  bool reused_ = false; // the connection has carried another exchange before
};

/// Calls wait in order for one of a bounded number of connections. On the io thread only.
class unary_pool : public std::enable_shared_from_this<unary_pool> {
public:
  unary_pool(io_thread::impl& io, std::shared_ptr<remote> to, http_client_options options);

  void submit(std::shared_ptr<unary_call> call);
  /// Answers all that is out with `cancelled`, before it returns.
  void shutdown();

private:
  friend class unary_call;
  using call_ptr = std::shared_ptr<unary_call>;
  using connection_ptr = std::shared_ptr<http_connection>;
  struct resting {
    connection_ptr connection;
    std::chrono::steady_clock::time_point since;
  };

  void later(call_ptr call, net_error error);
  void dispatch(call_ptr call);
  void connect(const call_ptr& call);
  void begin(const call_ptr& call, connection_ptr connection, bool reused);
  void ended(const call_ptr& call, exchange_end end);
  void expired(const call_ptr& call);
  void complete(call_ptr call, net_result<http_response> outcome);
  connection_ptr take_idle();
  void put_idle(connection_ptr connection);
  void arm_idle();

  io_thread::impl& io_;
  std::shared_ptr<remote> to_;
  http_client_options options_;
  std::deque<call_ptr> waiting_;
  std::unordered_set<call_ptr> busy_; // each holds or awaits one connection
  std::deque<resting> idle_;          // the oldest in front
  io_timer idle_timer_;
  bool idle_armed_ = false;
  bool closed_ = false;
};

} // namespace dockhost::net::detail
