// SPDX-License-Identifier: MIT
#include "net/detail/response_stream.hpp"

#include "net/detail/deadline.hpp"
#include "net/detail/guard.hpp"

namespace dockhost::net::detail {

response_stream::response_stream(io_thread::impl& io, std::shared_ptr<remote> to,
                                 http_stream_handlers handlers)
    : io_(io), to_(std::move(to)), handlers_(std::move(handlers)), timer_(io.ctx) {}

void response_stream::start(net_result<request_text> request, std::chrono::milliseconds timeout) {
  if (over_) return;
  if (!request) { // posted: open() has not returned yet
    asio::post(io_.ctx, [self = shared_from_this(), e = std::move(request).err()]() mutable {
      self->end(fail(std::move(e)));
    });
    return;
  }
  request_ = std::make_shared<const request_text>(std::move(request).value());
  const auto deadline = deadline_after(timeout);
  timer_.expires_at(deadline);
  timer_.async_wait([self = shared_from_this(), timeout](error_code ec) {
    if (ec || self->over_) return;
    self->end(fail(net_error{net_errc::timeout, self->request_->name + ": no answer within " +
                                                    std::to_string(timeout.count()) + " ms"}));
  });
  const auto connecting = std::make_shared<connector>(
      io_, to_, deadline,
      [self = shared_from_this()](net_result<std::shared_ptr<transport>> outcome) {
        self->connecting_.reset();
        if (!outcome) return self->end(fail(std::move(outcome).err()));
        self->connection_ = std::make_shared<http_connection>(std::move(outcome).value());
        self->connection_->start(self->request_, std::nullopt, self);
        if (self->paused_) self->connection_->pause();
      });
  connecting_ = connecting;
  connecting->start();
}

void response_stream::pause() {
  paused_ = true;
  if (connection_) connection_->pause();
}

void response_stream::resume() {
  paused_ = false;
  if (connection_) connection_->resume();
}

void response_stream::drop() {
  over_ = true;
  timer_.cancel();
  if (const auto connecting = connecting_.lock()) connecting->cancel();
  if (connection_) connection_->close();
  connecting_.reset();
  connection_ = nullptr;
}

void response_stream::on_headers(http_response& head) {
  timer_.cancel();
  guarded(handlers_.on_headers, head);
}

void response_stream::on_data(std::string_view bytes) {
  if (!over_) guarded(handlers_.on_data, bytes);
}

void response_stream::on_end(exchange_end how) {
  if (how.error) return end(fail(std::move(*how.error)));
  end(unit{});
}

void response_stream::end(net_result<unit> how) {
  if (over_) return;
  const auto self = shared_from_this();
  drop();
  guarded(handlers_.on_end, std::move(how));
}

} // namespace dockhost::net::detail
