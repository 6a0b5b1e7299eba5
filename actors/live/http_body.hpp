// SPDX-License-Identifier: MIT
// The body of an HTTP answer that is made bit by bit on another thread, no faster than the peer
// takes it.
#pragma once

#include "core/executor.hpp"
#include "net/http_server_exchange.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

namespace dockhost::actors {

/// Called on the io thread.
struct http_body_handlers {
  /// So much of the credit that came with write() is free again.
  std::function<void(std::size_t)> on_room;
  /// Once: the peer has gone, nothing more is taken.
  std::function<void()> on_gone;
};

/// For any thread; keeps order. Given up before finish() the peer sees that the body is not whole;
/// given up before begin() it gets a 500. No handler begins once the io thread has heard of the end
/// of this object.
class http_body {
public:
  http_body(executor& io, std::shared_ptr<net::http_exchange> exchange,
            http_body_handlers handlers);
  ~http_body();
  http_body(const http_body&) = delete;
  http_body& operator=(const http_body&) = delete;

  void begin(int status, net::header_list headers);
  /// `credit` is the writer's own measure of what these bytes stand for; both may be none.
  void write(std::string bytes, std::size_t credit);
  void finish();

private:
  struct state;
  executor& io_;
  std::shared_ptr<state> state_;
};

} // namespace dockhost::actors
