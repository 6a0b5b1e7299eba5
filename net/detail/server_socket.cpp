// SPDX-License-Identifier: MIT
#include "net/detail/server_socket.hpp"

#include "net/detail/errors.hpp"

#include <openssl/err.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace dockhost::net::detail {

namespace {

/// Parts of one write: more gain nothing.
constexpr std::size_t most_parts = 64;
/// What one TLS record holds at most.
constexpr std::size_t record_size = 16 * 1024;

bool would_block(int number) {
  return number == EAGAIN || number == EWOULDBLOCK || number == EINTR;
}

} // namespace

server_socket::server_socket(io_socket socket, SSL_CTX* tls) : socket_(std::move(socket)) {
  if (!tls) return;
  ssl_.reset(SSL_new(tls));
  if (!ssl_ || SSL_set_fd(ssl_.get(), socket_.native_handle()) != 1) {
    close();
    return;
  }
  SSL_set_accept_state(ssl_.get());
}

io_status server_socket::judge(int result) {
  switch (SSL_get_error(ssl_.get(), result)) {
  case SSL_ERROR_NONE: return io_status::ok;
  case SSL_ERROR_WANT_READ: return io_status::again;
  case SSL_ERROR_WANT_WRITE: return io_status::want_write;
  case SSL_ERROR_ZERO_RETURN: return io_status::ended;
  case SSL_ERROR_SYSCALL: errno_ = errno; return errno_ == 0 ? io_status::ended : io_status::failed;
  default: break;
  }
  tls_error_ = ERR_peek_last_error();
  plain_http_ = ERR_GET_REASON(tls_error_) == SSL_R_HTTP_REQUEST;
  return io_status::failed;
}

io_status server_socket::handshake() {
  ERR_clear_error();
  errno = 0;
  return judge(SSL_do_handshake(ssl_.get()));
}

io_outcome server_socket::read(std::span<char> into) {
  if (!ssl_) {
    const auto n = ::recv(socket_.native_handle(), into.data(), into.size(), 0);
    if (n > 0) return {io_status::ok, static_cast<std::size_t>(n)};
    if (n == 0) return {io_status::ended};
    if (would_block(errno)) return {io_status::again};
    errno_ = errno;
    return {io_status::failed};
  }
  std::size_t all = 0;
  while (all < into.size()) { // a record at a time
    std::size_t n = 0;
    ERR_clear_error();
    errno = 0;
    const int result = SSL_read_ex(ssl_.get(), into.data() + all, into.size() - all, &n);
    all += n;
    if (result == 1) continue;
    if (all > 0) break; // the next call meets it again
    return {judge(result)};
  }
  return {io_status::ok, all};
}

io_outcome server_socket::write(const output_queue& from, std::vector<char>& record) {
  std::array<iovec, most_parts> parts;
  const std::size_t count = from.gather(parts);
  if (!ssl_) {
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = count;
    const auto n = ::sendmsg(socket_.native_handle(), &message, MSG_NOSIGNAL);
    if (n >= 0) return {io_status::ok, static_cast<std::size_t>(n)};
    if (would_block(errno)) return {io_status::again};
    errno_ = errno;
    return {io_status::failed};
  }
  const char* data = static_cast<const char*>(parts[0].iov_base);
  std::size_t size = std::min(parts[0].iov_len, record_size);
  if (count > 1 && size < record_size) { // one record, and segment, for several small parts
    record.resize(record_size);
    size = 0;
    for (std::size_t i = 0; i < count && size < record_size; ++i) {
      const std::size_t n = std::min(parts[i].iov_len, record_size - size);
      std::memcpy(record.data() + size, parts[i].iov_base, n);
      size += n;
    }
    data = record.data();
  }
  std::size_t n = 0;
  ERR_clear_error();
  errno = 0;
  const int result = SSL_write_ex(ssl_.get(), data, size, &n);
  if (result == 1) return {io_status::ok, n};
  const io_status status = judge(result);
  // Renegotiation is off, so a write never waits for a read.
  if (status == io_status::want_write || status == io_status::again) return {io_status::again};
  return {io_status::failed};
}

void server_socket::shut_down() {
  if (!socket_.is_open()) return;
  ERR_clear_error();
  if (ssl_ && SSL_is_init_finished(ssl_.get())) SSL_shutdown(ssl_.get());
  ::shutdown(socket_.native_handle(), SHUT_WR);
}

void server_socket::send_plain(std::string_view bytes) {
  // A few bytes into an empty socket buffer; whether they arrive is of no importance.
  [[maybe_unused]] const auto n =
      ::send(socket_.native_handle(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

void server_socket::reset_on_close() {
  const linger hard{1, 0};
  ::setsockopt(socket_.native_handle(), SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
}

void server_socket::close() {
  ssl_.reset();
  error_code ignored;
  socket_.close(ignored);
}

std::string server_socket::problem(std::string_view verb) const {
  if (errno_ != 0) return std::string(verb) + " " + errno_name(errno_);
  if (tls_error_ == 0) return std::string(verb) + " failed";
  const char* reason = ERR_reason_error_string(tls_error_);
  return "TLS: " + (reason ? std::string(reason) : "error " + std::to_string(tls_error_));
}

} // namespace dockhost::net::detail
