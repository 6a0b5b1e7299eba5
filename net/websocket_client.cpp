// SPDX-License-Identifier: MIT
// The one client source that compiles Beast's WebSocket: that takes longer than all of Asio.
#include "net/websocket_client.hpp"

#include "net/detail/client_socket.hpp"
#include "net/detail/deadline.hpp"
#include "net/detail/errors.hpp"
#include "net/detail/guard.hpp"
#include "net/detail/http_request_text.hpp"

#include <boost/beast/http/error.hpp>
#include <boost/beast/websocket/rfc6455.hpp>

namespace dockhost::net {

namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;
namespace websocket = boost::beast::websocket;
using detail::error_code;
namespace asio = boost::asio;

/// Counted per message beside its bytes, so that empty ones are bounded too.
constexpr std::size_t message_cost = 64;
/// What the input buffer may keep between messages.
constexpr std::size_t spare_input = 64 * 1024;
constexpr std::size_t write_buffer = 16 * 1024;
/// What waits here can still be overtaken by what is more urgent (queued_bytes); what the kernel
/// holds can't.
constexpr int unsent_in_kernel = 128 * 1024;
/// The transport's own goodbye comes after the closing handshake.
constexpr std::chrono::seconds teardown_margin{2};

net_error to_net_error(error_code ec, detail::operation op, const std::string& peer) {
  if (ec == websocket::error::message_too_big || ec == websocket::error::buffer_overflow)
    return {net_errc::too_large, "a WebSocket message is over the limit"};
  if (ec == beast::error::timeout)
    return {net_errc::timeout, "the WebSocket did not close in time"};
  const error_code any_websocket = websocket::error::closed;
  if (ec.category() == any_websocket.category())
    return {net_errc::protocol, "Invalid WebSocket frame: " + ec.message()};
  return detail::to_net_error(ec, op, peer);
}

net_error closed_by_peer(const websocket::close_reason& reason) {
  std::string text = "the server closed the WebSocket";
  if (reason.code != websocket::close_code::none) text += ": " + std::to_string(reason.code);
  if (!reason.reason.empty()) text.append(" ").append(reason.reason.data(), reason.reason.size());
  return {net_errc::closed, std::move(text)};
}

} // namespace

websocket_client::impl::impl(io_thread::impl& thread, endpoint where, websocket_options options,
                             websocket_handlers handlers)
    : io(thread), to_(std::make_shared<detail::remote>(std::move(where))),
      options_(std::move(options)), handlers_(std::move(handlers)),
      deadline_(detail::deadline_after(options_.connect_timeout)), timer_(io.ctx) {}

const char* websocket_client::impl::invalid() const {
  if (!detail::valid_target(options_.target)) return "the WebSocket's target is invalid";
  if (!detail::valid_header("Host", to_->host_header())) return "the WebSocket's host is invalid";
  for (const auto& [name, value] : options_.headers)
    if (!detail::valid_header(name, value)) return "a WebSocket header is invalid";
  return nullptr;
}

void websocket_client::impl::start() {
  if (state_ != state::connecting) return;
  if (const char* wrong = invalid()) { // posted: the constructor has not returned yet
    asio::post(io.ctx, [self = shared_from_this(), wrong] {
      self->finish({net_errc::protocol, wrong});
    });
    return;
  }
  const auto connecting = std::make_shared<detail::connector>(
      io, to_, deadline_,
      [self = shared_from_this()](net_result<std::shared_ptr<detail::transport>> outcome) {
        self->connecting_.reset();
        if (!outcome) return self->finish(std::move(outcome).err());
        self->handshake(std::move(outcome).value());
      });
  connecting_ = connecting;
  connecting->start();
}

void websocket_client::impl::handshake(std::shared_ptr<detail::transport> stream) {
  state_ = state::handshake;
  stream_ = std::move(stream);
  stream_->limit_unsent(unsent_in_kernel);
  limit(deadline_);
  socket_.emplace(*stream_);
  socket_->read_message_max(options_.max_message);
  socket_->auto_fragment(false);
  socket_->write_buffer_bytes(write_buffer);
  socket_->set_option(websocket::stream_base::decorator([this](websocket::request_type& request) {
    request.set(http::field::user_agent, "dockhost/" DOCKHOST_VERSION);
    for (const auto& [name, value] : options_.headers)
      request.set(name, value);
  }));
  socket_->async_handshake(response_, to_->host_header(), options_.target,
                           [self = shared_from_this()](error_code ec) { self->handshaken(ec); });
}

/// The status of an answer that is no upgrade, else 0. Beast reads an answer whole before it tells,
/// and may fail or run out of time in its body.
int websocket_client::impl::refused_with() const {
  const std::string_view first = stream_ ? stream_->first_bytes() : std::string_view();
  if (!first.starts_with("HTTP/1.") || first.size() < 12) return 0;
  int status = 0;
  for (const char c : first.substr(9, 3)) {
    if (c < '0' || c > '9') return 0;
    status = status * 10 + (c - '0');
  }
  return status == 101 ? 0 : status;
}

net_error websocket_client::impl::handshake_error(error_code ec) const {
  if (const int status = refused_with())
    return {net_errc::handshake, "Unexpected server response: " + std::to_string(status), status};
  const error_code any_http = http::error::end_of_stream;
  const error_code any_websocket = websocket::error::closed;
  if (ec == http::error::end_of_stream || ec == http::error::partial_message)
    return detail::hang_up();
  if (ec == http::error::header_limit || ec == http::error::buffer_overflow)
    return {net_errc::too_large, "the answer to the WebSocket handshake is over the limit"};
  if (ec.category() == any_http.category())
    return {net_errc::protocol, "Parse Error: " + ec.message()};
  if (ec.category() == any_websocket.category())
    return {net_errc::protocol, "Invalid WebSocket handshake: " + ec.message()};
  return to_net_error(ec, detail::operation::read, to_->name());
}

void websocket_client::impl::handshaken(error_code ec) {
  if (state_ != state::handshake) return;
  timer_.cancel();
  if (ec) return finish(handshake_error(ec));
  state_ = state::open;
  response_ = {};
  // Beast's own limit covers the closing handshake that it begins by itself after a protocol error.
  socket_->set_option(websocket::stream_base::timeout{options_.close_timeout + teardown_margin,
                                                      websocket::stream_base::none(), false});
  detail::guarded(handlers_.on_open);
  if (state_ == state::over) return;
  read();
  if (!writing_) write();
}

void websocket_client::impl::read() {
  socket_->async_read(incoming_,
                      [self = shared_from_this()](error_code ec, std::size_t) { self->got(ec); });
}

void websocket_client::impl::got(error_code ec) {
  if (state_ == state::over) return;
  if (ec == websocket::error::closed) {
    return finish(closed_by_peer(socket_->reason()));
  }
  if (ec) return finish(to_net_error(ec, detail::operation::read, to_->name()));
  const auto bytes = incoming_.cdata();
  const std::string_view message(static_cast<const char*>(bytes.data()), bytes.size());
  detail::guarded(socket_->got_text() ? handlers_.on_text : handlers_.on_binary, message);
  if (state_ == state::over) return;
  incoming_.consume(incoming_.size());
  if (incoming_.capacity() > spare_input) incoming_.shrink_to_fit();
  read();
}

bool websocket_client::impl::take(std::string message, bool binary) {
  if (!accepting_.load(std::memory_order_relaxed)) return false;
  const std::size_t cost = message.size() + message_cost;
  if (queued_.fetch_add(cost) + cost > options_.max_queued) {
    queued_.fetch_sub(cost);
    return false;
  }
  detail::run_on(io, [self = shared_from_this(), f = frame{std::move(message), binary}]() mutable {
    self->enqueue(std::move(f));
  });
  return true;
}

void websocket_client::impl::enqueue(frame f) {
  if (state_ == state::over || goodbye_) return;
  outgoing_.push_back(std::move(f));
  if (!writing_) write();
}

void websocket_client::impl::write() {
  if (state_ != state::open && state_ != state::closing) return;
  if (outgoing_.empty()) {
    if (state_ == state::closing) say_goodbye();
    return;
  }
  writing_ = true;
  socket_->binary(outgoing_.front().binary);
  socket_->async_write(
      asio::buffer(outgoing_.front().bytes),
      [self = shared_from_this()](error_code ec, std::size_t) { self->wrote(ec); });
}

void websocket_client::impl::wrote(error_code ec) {
  writing_ = false;
  if (state_ == state::over) return;
  // A write that the end of the connection cut short: the read knows better why it ended.
  if (ec == asio::error::operation_aborted || ec == websocket::error::closed) return;
  if (ec) return finish(to_net_error(ec, detail::operation::write, to_->name()));
  queued_.fetch_sub(outgoing_.front().bytes.size() + message_cost);
  outgoing_.pop_front();
  write();
  if (outgoing_.empty() && state_ == state::open) detail::guarded(handlers_.on_drained);
}

void websocket_client::impl::close() {
  if (state_ == state::over || state_ == state::closing) return;
  if (state_ != state::open) { // posted: close() may not call back
    asio::post(io.ctx, [self = shared_from_this()] {
      self->finish({net_errc::cancelled, "closed before it was open"});
    });
    return;
  }
  state_ = state::closing;
  limit(detail::deadline_after(options_.close_timeout));
  if (!writing_) write();
}

void websocket_client::impl::say_goodbye() {
  if (goodbye_) return;
  goodbye_ = true;
  socket_->async_close(websocket::close_code::normal, [self = shared_from_this()](error_code) {
    self->finish({net_errc::cancelled, "closed"});
  });
}

void websocket_client::impl::limit(std::chrono::steady_clock::time_point when) {
  timer_.expires_at(when);
  timer_.async_wait([self = shared_from_this()](error_code ec) {
    if (!ec) self->expired();
  });
}

void websocket_client::impl::expired() {
  if (state_ == state::closing)
    return finish({net_errc::cancelled, "closed without the server's answer"});
  if (state_ != state::handshake) return; // it was already on its way when it was cancelled
  if (refused_with() != 0) return finish(handshake_error({}));
  finish({net_errc::timeout, "no answer to the WebSocket handshake from " + to_->name() +
                                 " within " + std::to_string(options_.connect_timeout.count()) +
                                 " ms"});
}

void websocket_client::impl::drop() {
  refuse();
  state_ = state::over;
  timer_.cancel();
  if (const auto connecting = connecting_.lock()) connecting->cancel();
  connecting_.reset();
  if (stream_) stream_->close();
}

void websocket_client::impl::finish(net_error why) {
  if (state_ == state::over) return;
  const bool ours = state_ == state::closing;
  const auto self = shared_from_this();
  drop();
  if (ours) why = {net_errc::cancelled, "closed"};
  detail::guarded(handlers_.on_closed, std::move(why));
}

websocket_client::websocket_client(io_thread& io, endpoint where, websocket_options options,
                                   websocket_handlers handlers)
    : impl_(std::make_shared<impl>(io.internals(), std::move(where), std::move(options),
                                   std::move(handlers))) {
  detail::run_on(impl_->io, [i = impl_] { i->start(); });
}

websocket_client::~websocket_client() {
  impl_->refuse();
  detail::run_on(impl_->io, [i = impl_] { i->drop(); });
}

bool websocket_client::send_text(std::string message) {
  return impl_->take(std::move(message), false);
}

bool websocket_client::send_binary(std::string message) {
  return impl_->take(std::move(message), true);
}

std::size_t websocket_client::queued_bytes() const {
  return impl_->queued();
}

void websocket_client::close() {
  impl_->refuse();
  detail::run_on(impl_->io, [i = impl_] { i->close(); });
}

} // namespace dockhost::net
