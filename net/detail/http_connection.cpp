// SPDX-License-Identifier: MIT
#include "net/detail/http_connection.hpp"

#include "net/detail/chunked_start.hpp"
#include "net/detail/errors.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

namespace dockhost::net::detail {

namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;

constexpr std::size_t first_buffer = 16 * 1024;
/// Of all headers together; also of the trailers and of one chunk's size line.
constexpr std::uint32_t header_limit = 64 * 1024;
constexpr int most_interim = 16;

net_error parse_error(error_code ec) {
  if (ec == http::error::body_limit)
    return {net_errc::too_large, "the answer's body is over the limit"};
  if (ec == http::error::header_limit || ec == http::error::buffer_overflow)
    return {net_errc::too_large, "the answer's headers are over the limit"};
  return {net_errc::protocol, "Parse Error: " + ec.message()};
}

} // namespace

/// Beast's parser, told to stop after every piece (not eager), so that a pause or a close from
/// within a callback takes effect at once.
class http_connection::parser final : public http::basic_parser<false> {
public:
  explicit parser(http_connection& owner) : owner_(owner) {
    header_limit(detail::header_limit);
    eager(false);
    if (owner.body_limit_) {
      body_limit(*owner.body_limit_);
    } else {
      body_limit(boost::none);
    }
    skip(owner.request_->no_body);
  }

  [[nodiscard]] bool interim() const { return head_.status / 100 == 1; }
  [[nodiscard]] bool had_chunk() const { return had_chunk_; }

private:
  void on_request_impl(http::verb, beast::string_view, beast::string_view, int,
                       error_code&) override {}
  void on_response_impl(int code, beast::string_view, int, error_code&) override {
    head_.status = code;
  }
  void on_field_impl(http::field, beast::string_view name, beast::string_view value,
                     error_code&) override {
    if (!told_) head_.headers.emplace_back(name, value); // not the trailers
  }
  void on_header_impl(error_code& ec) override {
    told_ = true;
    if (head_.status == 101) { // nothing here asks for an upgrade
      ec = http::error::bad_status;
    } else if (!interim()) {
      if (const auto listener = owner_.listener_.lock()) listener->on_headers(head_);
    }
  }
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  std::size_t on_body_impl(beast::string_view body, error_code&) override { return deliver(body); }
  void on_chunk_header_impl(std::uint64_t, beast::string_view, error_code&) override {
    had_chunk_ = true;
  }
  std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view body, error_code&) override {
    return deliver(body);
  }
  void on_finish_impl(error_code&) override {}

  std::size_t deliver(beast::string_view body) {
    const auto listener = owner_.listener_.lock();
    if (listener && owner_.active_) listener->on_data({body.data(), body.size()});
    return body.size();
  }

  http_connection& owner_;
  http_response head_;
  bool told_ = false;
  bool had_chunk_ = false;
};

http_connection::http_connection(std::shared_ptr<transport> stream) : stream_(std::move(stream)) {}

http_connection::~http_connection() {
  stream_->close();
}

void http_connection::start(std::shared_ptr<const request_text> request,
                            std::optional<std::uint64_t> body_limit,
                            const std::shared_ptr<exchange_listener>& listener) {
  request_ = std::move(request);
  body_limit_ = body_limit;
  listener_ = listener;
  active_ = true;
  begin_ = end_ = written_ = 0;
  interim_ = 0;
  paused_ = answered_ = write_failed_ = false;
  if (buffer_.empty()) buffer_.resize(first_buffer);
  parser_ = std::make_unique<parser>(*this);
  write();
  read();
}

void http_connection::write() {
  std::array<asio::const_buffer, 2> rest{asio::buffer(request_->head),
                                         asio::buffer(request_->body)};
  std::size_t skip = written_;
  for (auto& b : rest) {
    const std::size_t n = std::min(skip, b.size());
    b += n;
    skip -= n;
  }
  writing_ = true;
  stream_->write_some(few_buffers<asio::const_buffer>(rest),
                      io_handler([self = shared_from_this()](error_code ec, std::size_t n) {
                        self->wrote(ec, n);
                      }));
}

void http_connection::wrote(error_code ec, std::size_t n) {
  writing_ = false;
  if (!active_) return;
  written_ += n;
  if (ec) {
    // Not the end: the answer that says why may have come already, and if not, the read fails too.
    write_failed_ = true;
    return;
  }
  if (written_ < request_->head.size() + request_->body.size()) write();
}

void http_connection::read() {
  if (reading_ || paused_ || !active_) return;
  if (!make_room()) return finish(parse_error(http::error::buffer_overflow));
  reading_ = true;
  const std::array<asio::mutable_buffer, 1> room{asio::buffer(buffer_) + end_};
  stream_->read_some(
      few_buffers<asio::mutable_buffer>(room),
      io_handler([self = shared_from_this()](error_code ec, std::size_t n) { self->got(ec, n); }));
}

bool http_connection::make_room() {
  if (begin_ == end_) begin_ = end_ = 0;
  if (end_ < buffer_.size()) return true;
  if (begin_ > 0) {
    std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_),
              buffer_.begin() + static_cast<std::ptrdiff_t>(end_), buffer_.begin());
    end_ -= begin_;
    begin_ = 0;
    return true;
  }
  if (buffer_.size() > header_limit) return false;
  buffer_.resize(buffer_.size() * 2);
  return true;
}

void http_connection::got(error_code ec, std::size_t n) {
  reading_ = false;
  if (!active_) return;
  if (n > 0) answered_ = true;
  end_ += n;
  if (ec) return ended_by_peer(ec);
  parse();
}

void http_connection::parse() {
  if (parsing_ || !active_) return;
  const auto keep = listener_.lock(); // may close the connection from within, and so drop itself
  if (!keep) return close();
  parsing_ = true;
  while (begin_ < end_ && active_ && !paused_) {
    const std::string_view bytes(buffer_.data() + begin_, end_ - begin_);
    if (wait_for_chunk(*parser_, parser_->had_chunk(), bytes)) break;
    error_code ec;
    begin_ += parser_->put(asio::buffer(buffer_.data() + begin_, end_ - begin_), ec);
    if (!active_) break; // closed from within a callback
    if (ec == http::error::need_more) break;
    if (ec) {
      parsing_ = false;
      return finish(parse_error(ec));
    }
    if (!parser_->is_done()) continue;
    if (parser_->interim()) {
      if (next_parser()) continue;
      parsing_ = false;
      return finish(net_error{net_errc::protocol, "Parse Error: too many interim answers"});
    }
    parsing_ = false;
    return finish(std::nullopt);
  }
  parsing_ = false;
  read();
}

bool http_connection::next_parser() {
  parser_ = std::make_unique<parser>(*this);
  return ++interim_ <= most_interim;
}

void http_connection::ended_by_peer(error_code ec) {
  if (ec == asio::error::eof && parser_->got_some()) {
    error_code end; // the end of the body where no length was given, else a broken one
    parser_->put_eof(end);
    return end ? finish(hang_up()) : finish(std::nullopt);
  }
  if (write_failed_ && !answered_ && ec == asio::error::eof)
    return finish(net_error{net_errc::closed, "write EPIPE"});
  finish(to_net_error(ec, operation::read, stream_->peer()));
}

void http_connection::finish(std::optional<net_error> error) {
  exchange_end end;
  end.reusable = !error && !writing_ && !write_failed_ && !closed_ && begin_ == end_ &&
                 written_ == request_->head.size() + request_->body.size() && parser_->keep_alive();
  end.error = std::move(error);
  end.answered = answered_;
  end.sent = written_ > 0 || writing_;
  const auto self = shared_from_this();
  const auto listener = listener_.lock();
  active_ = false;
  if (!end.reusable) close();
  if (buffer_.size() > first_buffer) std::vector<char>().swap(buffer_);
  if (listener) listener->on_end(std::move(end));
}

void http_connection::resume() {
  if (!paused_) return;
  paused_ = false;
  if (parsing_ || !active_) return;
  asio::post(stream_->get_executor(), [self = shared_from_this()] { self->parse(); });
}

void http_connection::close() {
  closed_ = true;
  active_ = false;
  stream_->close();
}

} // namespace dockhost::net::detail
