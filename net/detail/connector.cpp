// SPDX-License-Identifier: MIT
#include "net/detail/connector.hpp"

#include "net/detail/errors.hpp"
#include "net/detail/guard.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>

namespace dockhost::net::detail {

namespace {

using namespace std::chrono_literals;

template <int Level, int Name>
using int_option = asio::detail::socket_option::integer<Level, Name>;

/// The name or address of the endpoint itself: of several addresses, the one that failed.
std::string text_of(const socket_endpoint& e) {
  asio::ip::tcp::endpoint tcp;
  if (e.size() > tcp.capacity()) return {};
  std::memcpy(tcp.data(), e.data(), e.size());
  tcp.resize(e.size());
  return host_port(tcp.address().to_string(), tcp.port());
}

void tune_tcp(io_socket& socket) {
  error_code ignored;
  socket.set_option(asio::ip::tcp::no_delay(true), ignored);
  // A stream that only listens (events) would never notice that its peer's machine is gone.
  socket.set_option(asio::socket_base::keep_alive(true), ignored);
  socket.set_option(int_option<IPPROTO_TCP, TCP_KEEPIDLE>(30), ignored);
  socket.set_option(int_option<IPPROTO_TCP, TCP_KEEPINTVL>(10), ignored);
  socket.set_option(int_option<IPPROTO_TCP, TCP_KEEPCNT>(3), ignored);
}

} // namespace

connector::connector(io_thread::impl& io, std::shared_ptr<remote> to, time_point deadline,
                     done_fn done)
    : io_(io), to_(std::move(to)), deadline_(deadline), done_(std::move(done)),
      deadline_timer_(io.ctx), attempt_timer_(io.ctx), socket_(io.ctx) {}

void connector::start() {
  deadline_timer_.expires_at(deadline_);
  deadline_timer_.async_wait([self = shared_from_this()](error_code ec) {
    if (!ec) self->expired();
  });
  begin();
}

void connector::cancel() {
  done_ = nullptr;
  deadline_timer_.cancel();
  attempt_timer_.cancel();
  ++attempt_;
  error_code ignored;
  socket_.close(ignored);
  if (transport_) transport_->close();
}

void connector::begin() {
  const endpoint& where = to_->where();
  if (to_->is_unix()) {
    if (where.unix_path.size() >= sizeof(sockaddr_un::sun_path))
      return resolved(
          fail(net_error{net_errc::connect, "connect ENAMETOOLONG " + where.unix_path}));
    return resolved(
        std::vector<socket_endpoint>{asio::local::stream_protocol::endpoint(where.unix_path)});
  }
  error_code not_an_address;
  const auto address = asio::ip::make_address(where.host, not_an_address);
  if (!not_an_address)
    return resolved(std::vector<socket_endpoint>{asio::ip::tcp::endpoint(address, where.port)});
  resolve(io_, where.host, where.port,
          [weak = weak_from_this()](net_result<std::vector<socket_endpoint>> found) {
            if (const auto self = weak.lock()) self->resolved(std::move(found));
          });
}

void connector::resolved(net_result<std::vector<socket_endpoint>> found) {
  if (!done_) return;
  if (!found) { // posted: it may come from within start()
    asio::post(io_.ctx, [self = shared_from_this(), e = std::move(found).err()]() mutable {
      self->finish(fail(std::move(e)));
    });
    return;
  }
  addresses_ = std::move(found).value();
  phase_ = phase::connecting;
  try_next();
}

void connector::try_next() {
  const std::size_t left = addresses_.size() - next_;
  if (left == 0) return finish(fail(std::move(*last_error_)));
  const auto attempt = ++attempt_;
  error_code ignored;
  socket_.close(ignored);
  if (left > 1) {
    // A share of what time is left, so that one address which swallows everything (a broken IPv6
    // route) doesn't use up the deadline of the others.
    const auto now = std::chrono::steady_clock::now();
    attempt_timer_.expires_at(now + (deadline_ - now) / static_cast<long>(left));
    attempt_timer_.async_wait([self = shared_from_this(), attempt](error_code ec) {
      if (!ec && attempt == self->attempt_)
        self->connected(error_code(ETIMEDOUT, boost::system::system_category()));
    });
  }
  const auto tell = [self = shared_from_this(), attempt](error_code ec) {
    if (attempt == self->attempt_) self->connected(ec);
  };
  if (to_->is_unix()) {
    asio::post(io_.ctx, [tell, ec = connect_unix()] { tell(ec); });
  } else {
    socket_.async_connect(addresses_[next_], tell);
  }
}

error_code connector::connect_unix() {
  error_code ec;
  socket_.open(addresses_[next_].protocol(), ec);
  if (!ec) socket_.non_blocking(true, ec);
  if (!ec && ::connect(socket_.native_handle(), addresses_[next_].data(),
                       static_cast<socklen_t>(addresses_[next_].size())) != 0)
    ec = error_code(errno, boost::system::system_category());
  return ec;
}

void connector::try_again_soon() {
  attempt_timer_.expires_after(10ms);
  attempt_timer_.async_wait([self = shared_from_this()](error_code ec) {
    if (!ec && self->done_) self->try_next();
  });
}

void connector::connected(error_code ec) {
  if (!done_) return;
  ++attempt_;
  attempt_timer_.cancel();
  if (ec) {
    // A unix socket's full backlog; a busy engine makes room in a moment.
    if (to_->is_unix() && ec == asio::error::try_again) return try_again_soon();
    const std::string where = to_->is_unix() ? to_->name() : text_of(addresses_[next_]);
    last_error_ = to_net_error(ec, operation::connect, where);
    ++next_;
    return try_next();
  }
  if (!to_->is_unix()) tune_tcp(socket_);
  transport_ = std::make_shared<transport>(std::move(socket_), to_->name());
  if (!to_->where().tls) return finish(std::move(transport_));
  handshake();
}

void connector::handshake() {
  phase_ = phase::securing;
  auto context = to_->tls();
  if (!context) return finish(fail(std::move(context).err()));
  const endpoint& where = to_->where();
  transport_->start_tls(context.value(), where.host, where.tls_settings.verify,
                        io_handler([self = shared_from_this()](error_code ec, std::size_t) {
                          if (!self->done_) return;
                          if (ec) return self->finish(fail(self->transport_->tls_failure(ec)));
                          self->finish(std::move(self->transport_));
                        }));
}

void connector::expired() {
  switch (phase_) {
  case phase::resolving:
    return finish(fail(net_error{net_errc::timeout, "getaddrinfo ETIMEDOUT " + to_->where().host}));
  case phase::connecting:
    return finish(fail(net_error{net_errc::timeout, "connect ETIMEDOUT " + to_->name()}));
  case phase::securing:
    return finish(fail(
        net_error{net_errc::timeout, "TLS handshake with " + to_->name() + " failed: ETIMEDOUT"}));
  }
}

void connector::finish(net_result<std::shared_ptr<transport>> outcome) {
  if (!done_) return;
  auto done = std::move(done_);
  cancel(); // closes what is not handed over
  guarded(done, std::move(outcome));
}

} // namespace dockhost::net::detail
