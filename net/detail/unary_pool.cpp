// SPDX-License-Identifier: MIT
#include "net/detail/unary_pool.hpp"

#include "net/detail/deadline.hpp"
#include "net/detail/guard.hpp"

#include <algorithm>
#include <vector>

namespace dockhost::net::detail {

using namespace std::chrono_literals;

unary_call::unary_call(io_thread::impl& io, request_text request, std::chrono::milliseconds timeout,
                       done_fn done)
    : request_(std::make_shared<const request_text>(std::move(request))), timeout_(timeout),
      deadline_(deadline_after(timeout)), timer_(io.ctx), done_(std::move(done)) {}

void unary_call::on_headers(http_response& head) {
  response_ = std::move(head);
}

void unary_call::on_data(std::string_view bytes) {
  response_.body.append(bytes);
}

void unary_call::on_end(exchange_end end) {
  if (const auto pool = pool_.lock()) pool->ended(shared_from_this(), std::move(end));
}

void unary_call::answer(net_result<http_response> outcome) {
  const auto done = std::move(done_);
  done_ = nullptr;
  guarded(done, std::move(outcome));
}

void unary_call::drop_connection() {
  if (const auto connecting = connecting_.lock()) connecting->cancel();
  if (connection_) connection_->close();
  connecting_.reset();
  connection_ = nullptr;
}

unary_pool::unary_pool(io_thread::impl& io, std::shared_ptr<remote> to, http_client_options options)
    : io_(io), to_(std::move(to)), options_(options), idle_timer_(io.ctx) {
  options_.max_connections = std::max<std::size_t>(options_.max_connections, 1);
  options_.idle_timeout = std::min<std::chrono::milliseconds>(options_.idle_timeout, 24h);
}

void unary_pool::submit(call_ptr call) {
  if (closed_) return later(std::move(call), {net_errc::cancelled, "the client is closed"});
  const bool at_once = waiting_.empty() && busy_.size() < options_.max_connections;
  if (!at_once && waiting_.size() >= options_.max_waiting)
    return later(std::move(call), {net_errc::too_large, "too many requests are waiting"});
  call->pool_ = shared_from_this();
  call->timer_.expires_at(call->deadline_);
  call->timer_.async_wait([call](error_code ec) {
    if (const auto pool = call->pool_.lock(); pool && !ec) pool->expired(call);
  });
  if (at_once) {
    dispatch(std::move(call));
  } else {
    waiting_.push_back(std::move(call));
  }
}

void unary_pool::later(call_ptr call, net_error error) {
  asio::post(io_.ctx, [c = std::move(call), e = std::move(error)]() mutable {
    c->answer(fail(std::move(e)));
  });
}

void unary_pool::dispatch(call_ptr call) {
  busy_.insert(call);
  if (auto idle = take_idle()) {
    begin(call, std::move(idle), true);
  } else {
    connect(call);
  }
}

void unary_pool::connect(const call_ptr& call) {
  const auto limit = std::min(call->deadline_, deadline_after(options_.connect_timeout));
  const auto connecting = std::make_shared<connector>(
      io_, to_, limit,
      [self = shared_from_this(), call](net_result<std::shared_ptr<transport>> outcome) {
        call->connecting_.reset();
        if (!outcome) return self->complete(call, fail(std::move(outcome).err()));
        self->begin(call, std::make_shared<http_connection>(std::move(outcome).value()), false);
      });
  call->connecting_ = connecting;
  connecting->start();
}

void unary_pool::begin(const call_ptr& call, connection_ptr connection, bool reused) {
  call->reused_ = reused;
  call->connection_ = std::move(connection);
  call->connection_->start(call->request_, options_.max_body, call);
}

void unary_pool::ended(const call_ptr& call, exchange_end end) {
  const auto connection = std::move(call->connection_);
  call->connection_ = nullptr;
  if (end.error) {
    // The server closed a connection that had been at rest. Whether it saw the request can't be
    // known once bytes were taken: then only what may be done twice is sent again.
    const bool stale = call->reused_ && !end.answered && end.error->code == net_errc::closed;
    if (stale && (!end.sent || call->request_->repeatable))
      return connect(call); // on a new connection, so this happens once
    return complete(call, fail(std::move(*end.error)));
  }
  if (end.reusable) put_idle(connection);
  complete(call, std::move(call->response_));
}

void unary_pool::expired(const call_ptr& call) {
  call->drop_connection();
  complete(call,
           fail(net_error{net_errc::timeout, call->request_->name + ": no answer within " +
                                                 std::to_string(call->timeout_.count()) + " ms"}));
}

void unary_pool::complete(call_ptr call, net_result<http_response> outcome) {
  const auto self = shared_from_this(); // the callback may destroy the client
  if (busy_.erase(call) == 0) std::erase(waiting_, call);
  call->timer_.cancel();
  call->pool_.reset();
  while (!waiting_.empty() && busy_.size() < options_.max_connections) {
    auto next = std::move(waiting_.front());
    waiting_.pop_front();
    dispatch(std::move(next));
  }
  call->answer(std::move(outcome));
}

unary_pool::connection_ptr unary_pool::take_idle() {
  while (!idle_.empty()) {
    auto connection = std::move(idle_.back().connection); // the freshest
    idle_.pop_back();
    if (connection->usable()) return connection;
  }
  return nullptr;
}

void unary_pool::put_idle(connection_ptr connection) {
  if (closed_) return;
  idle_.push_back({std::move(connection), std::chrono::steady_clock::now()});
  if (!idle_armed_) arm_idle();
}

void unary_pool::arm_idle() {
  idle_armed_ = true;
  idle_timer_.expires_at(idle_.front().since + options_.idle_timeout);
  idle_timer_.async_wait([weak = weak_from_this()](error_code ec) {
    const auto self = weak.lock();
    if (!self || ec) return;
    self->idle_armed_ = false;
    const auto now = std::chrono::steady_clock::now();
    auto& idle = self->idle_;
    while (!idle.empty() && idle.front().since + self->options_.idle_timeout <= now)
      idle.pop_front();
    if (!idle.empty()) self->arm_idle();
  });
}

void unary_pool::shutdown() {
  closed_ = true;
  idle_timer_.cancel();
  idle_.clear();
  std::vector<call_ptr> all(busy_.begin(), busy_.end());
  all.insert(all.end(), waiting_.begin(), waiting_.end());
  busy_.clear();
  waiting_.clear();
  for (const auto& call : all) {
    call->drop_connection();
    call->timer_.cancel();
    call->pool_.reset();
  }
  for (const auto& call : all)
    call->answer(fail(net_error{net_errc::cancelled, "cancelled"}));
}

} // namespace dockhost::net::detail
