// SPDX-License-Identifier: MIT
#include "net/detail/transport.hpp"

#include "net/detail/errors.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

namespace dockhost::net::detail {

namespace {

constexpr std::chrono::seconds linger_limit{1};
/// What one TLS record holds at most.
constexpr std::size_t record_size = 16 * 1024;

bool is_address(const std::string& host) {
  error_code ec;
  asio::ip::make_address(host, ec);
  return !ec;
}

} // namespace

struct transport::tls_layer {
  tls_layer(io_socket& socket, std::shared_ptr<asio::ssl::context> ctx)
      : context(std::move(ctx)), stream(socket, *context) {}

  std::shared_ptr<asio::ssl::context> context;
  asio::ssl::stream<io_socket&> stream;
  std::string gathered; ///< pieces of one write, joined into one record
};

transport::transport(io_socket socket, std::string peer)
    : socket_(std::move(socket)), linger_(socket_.get_executor()), peer_(std::move(peer)) {}

transport::~transport() = default;

void transport::limit_unsent(int bytes) {
  // What it can't be set on takes more than that, which is all.
  (void)::setsockopt(socket_.native_handle(), IPPROTO_TCP, TCP_NOTSENT_LOWAT, &bytes, sizeof bytes);
}

void transport::start_tls(std::shared_ptr<asio::ssl::context> context, const std::string& host,
                          bool verify, io_handler done) {
  tls_ = std::make_unique<tls_layer>(socket_, std::move(context));
  SSL* const ssl = tls_->stream.native_handle();
  const bool address = is_address(host);
  bool set = true;
  // RFC 6066 section 3: an address is not allowed as a server name.
  if (!address) set = SSL_set_tlsext_host_name(ssl, host.c_str()) == 1;
  if (verify) {
    X509_VERIFY_PARAM* const param = SSL_get0_param(ssl);
    X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    set = set && (address ? X509_VERIFY_PARAM_set1_ip_asc(param, host.c_str())
                          : X509_VERIFY_PARAM_set1_host(param, host.c_str(), host.size())) == 1;
  }
  if (!set) { // never go on with a certificate that would be checked against nothing
    asio::post(get_executor(), [d = held(std::move(done))]() mutable {
      d(error_code(EINVAL, boost::system::system_category()), 0);
    });
    return;
  }
  tls_->stream.async_handshake(asio::ssl::stream_base::client,
                               [d = held(std::move(done))](error_code ec) mutable { d(ec, 0); });
}

net_error transport::tls_failure(error_code ec) const {
  std::string reason;
  const long verdict = tls_ ? SSL_get_verify_result(tls_->stream.native_handle()) : X509_V_OK;
  if (verdict != X509_V_OK) {
    reason = X509_verify_cert_error_string(verdict);
  } else if (ec == asio::error::eof || ec == asio::ssl::error::stream_truncated) {
    reason = "the peer closed the connection";
  } else if (ec.category() == boost::system::system_category()) {
    reason = errno_name(ec.value());
  } else {
    reason = ec.message();
  }
  return {net_errc::tls, "TLS handshake with " + peer_ + " failed: " + reason};
}

void transport::read_some(const few_buffers<asio::mutable_buffer>& into, io_handler done) {
  if (first_size_ < first_.size()) {
    done = io_handler([self = shared_from_this(), into,
                       d = std::move(done)](error_code ec, std::size_t n) mutable {
      self->note_first(into, n);
      d(ec, n);
    });
  }
  if (tls_) {
    tls_->stream.async_read_some(into, held(std::move(done)));
  } else {
    socket_.async_read_some(into, std::move(done));
  }
}

void transport::write_some(const few_buffers<asio::const_buffer>& from, io_handler done) {
  if (!tls_) {
    socket_.async_write_some(from, std::move(done));
    return;
  }
  if (from.size() <= 1) {
    tls_->stream.async_write_some(from, held(std::move(done)));
    return;
  }
  // Asio would make a record, and a segment, of each piece.
  std::string& all = tls_->gathered;
  all.resize(std::min(asio::buffer_size(from), record_size));
  asio::buffer_copy(asio::buffer(all), from);
  tls_->stream.async_write_some(asio::buffer(all), held(std::move(done)));
}

bool transport::quiet() {
  char byte = 0;
  const auto n = ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

void transport::teardown(io_handler done) {
  linger_.expires_after(linger_limit);
  linger_.async_wait([weak = weak_from_this()](error_code ec) {
    if (const auto self = weak.lock(); self && !ec) self->close();
  });
  if (tls_) {
    tls_->stream.async_shutdown(
        [self = shared_from_this(), d = std::move(done)](error_code, std::size_t = 0) mutable {
          self->close();
          d({}, 0);
        });
    return;
  }
  error_code ignored;
  socket_.shutdown(io_socket::shutdown_send, ignored);
  drain(std::move(done));
}

void transport::drain(io_handler done) {
  // 16 bytes at a time would do: hardly ever does anything come between the close frame and the
  // end.
  socket_.async_read_some(asio::buffer(first_), [self = shared_from_this(), d = std::move(done)](
                                                    error_code ec, std::size_t) mutable {
    if (!ec) return self->drain(std::move(d));
    self->close();
    d({}, 0);
  });
}

void transport::close() {
  linger_.cancel();
  error_code ignored;
  socket_.close(ignored);
}

void transport::note_first(const few_buffers<asio::mutable_buffer>& into, std::size_t n) {
  first_size_ += asio::buffer_copy(asio::buffer(first_) + first_size_, into,
                                   std::min(n, asio::buffer_size(into)));
}

io_handler transport::held(io_handler done) {
  return io_handler([self = shared_from_this(),
                     d = std::move(done)](error_code ec, std::size_t n) mutable { d(ec, n); });
}

void beast_close_socket(transport& t) {
  t.close();
}

void teardown(boost::beast::role_type, transport& t, error_code& ec) {
  t.close();
  ec = {};
}

} // namespace dockhost::net::detail
