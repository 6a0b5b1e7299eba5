// SPDX-License-Identifier: MIT
// A server's end of one TCP connection, with or without TLS. Reads and writes never block and need
// no buffer while they wait: that is what lets thousands of idle connections cost next to nothing.
#pragma once

#include "net/detail/asio_types.hpp"
#include "net/detail/output_queue.hpp"

#include <openssl/ssl.h>

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace dockhost::net::detail {

enum class io_status {
  ok,
  again,      ///< nothing now: wait until it is readable (a read) or writable (a write)
  want_write, ///< a read (or handshake) that first has to write
  ended,      ///< the peer's end of stream
  failed,     ///< see problem()
};

struct io_outcome {
  io_status status = io_status::again;
  std::size_t bytes = 0;
};

class server_socket {
public:
  /// `tls`: null for none. Takes the socket, which doesn't block.
  server_socket(io_socket socket, SSL_CTX* tls);

  [[nodiscard]] bool tls() const { return ssl_ != nullptr; }
  /// Whether the file descriptor is still ours.
  [[nodiscard]] bool is_open() const { return socket_.is_open(); }

  /// Only with TLS; before anything else.
  [[nodiscard]] io_status handshake();
  /// The handshake failed because the peer speaks plain HTTP.
  [[nodiscard]] bool met_plain_http() const { return plain_http_; }

  [[nodiscard]] io_outcome read(std::span<char> into);
  /// Writes from the queue's front, without consuming it. `record` is memory for one TLS record.
  [[nodiscard]] io_outcome write(const output_queue& from, std::vector<char>& record);
  /// Bytes that were read from the kernel and not by us: waiting for readability would miss them.
  [[nodiscard]] bool pending() const { return ssl_ && SSL_has_pending(ssl_.get()) == 1; }

  template <class Fn>
  void wait_readable(Fn&& fn) {
    socket_.async_wait(io_socket::wait_read, std::forward<Fn>(fn));
  }
  template <class Fn>
  void wait_writable(Fn&& fn) {
    socket_.async_wait(io_socket::wait_write, std::forward<Fn>(fn));
  }

  /// Says that we send no more (close_notify, FIN).
  void shut_down();
  /// Answers on the bare socket, where TLS didn't come about.
  void send_plain(std::string_view bytes);
  /// close() will send a RST instead of a FIN.
  void reset_on_close();
  void close();

  /// What failed last, in words.
  [[nodiscard]] std::string problem(std::string_view verb) const;

private:
  struct free_ssl {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };
  io_status judge(int result);

  io_socket socket_;
  std::unique_ptr<SSL, free_ssl> ssl_;
  int errno_ = 0;
  unsigned long tls_error_ = 0;
  bool plain_http_ = false;
};

} // namespace dockhost::net::detail
