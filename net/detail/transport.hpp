// SPDX-License-Identifier: MIT
// One connected byte stream: unix socket or TCP, with or without TLS. Fits Asio's and Beast's
// AsyncStream, with the work compiled once in transport.cpp.
#pragma once

#include "net/detail/io_handler.hpp"
#include "net/error.hpp"

#include <boost/asio/async_result.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/beast/core/role.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace dockhost::net::detail {

/// At most eight buffers, by value: a read or write of "some" may take fewer than it was given.
template <class Buffer>
class few_buffers {
public:
  few_buffers() = default;
  template <class Sequence>
  explicit few_buffers(const Sequence& from) {
    const auto end = asio::buffer_sequence_end(from);
    for (auto it = asio::buffer_sequence_begin(from); it != end && count_ < items_.size(); ++it)
      if (const Buffer b(*it); b.size() > 0) items_[count_++] = b;
  }
  [[nodiscard]] const Buffer* begin() const { return items_.data(); }
  [[nodiscard]] const Buffer* end() const { return items_.data() + count_; }
  [[nodiscard]] std::size_t size() const { return count_; }

private:
  std::array<Buffer, 8> items_{};
  std::size_t count_ = 0;
};

/// All on the io thread. Operations keep it alive; close() makes them complete at once.
class transport : public std::enable_shared_from_this<transport> {
public:
  using executor_type = io_executor;

  /// `peer` is for messages.
  transport(io_socket socket, std::string peer);
  ~transport();
  transport(const transport&) = delete;
  transport& operator=(const transport&) = delete;

  [[nodiscard]] executor_type get_executor() { return socket_.get_executor(); }
  [[nodiscard]] const std::string& peer() const { return peer_; }

  /// A TLS client's handshake; SNI and the check of the certificate's name (or address) go by
  /// `host`. An error in `done` is explained by tls_failure().
  void start_tls(std::shared_ptr<asio::ssl::context> context, const std::string& host, bool verify,
                 io_handler done);
  [[nodiscard]] net_error tls_failure(error_code ec) const;

  /// How many bytes the kernel takes beyond what it can send at once. Without effect on a unix
  /// socket.
  void limit_unsent(int bytes);

  void read_some(const few_buffers<asio::mutable_buffer>& into, io_handler done);
  void write_some(const few_buffers<asio::const_buffer>& from, io_handler done);

  template <class Buffers, class Token>
  auto async_read_some(const Buffers& into, Token&& token) {
    return asio::async_initiate<Token, void(error_code, std::size_t)>(
        [this](auto&& done, const few_buffers<asio::mutable_buffer>& b) {
          read_some(b, io_handler(std::forward<decltype(done)>(done)));
        },
        token, few_buffers<asio::mutable_buffer>(into));
  }
  template <class Buffers, class Token>
  auto async_write_some(const Buffers& from, Token&& token) {
    return asio::async_initiate<Token, void(error_code, std::size_t)>(
        [this](auto&& done, const few_buffers<asio::const_buffer>& b) {
          write_some(b, io_handler(std::forward<decltype(done)>(done)));
        },
        token, few_buffers<asio::const_buffer>(from));
  }

  /// Whether an idle connection is still of use: open, and the peer has sent nothing (an end of
  /// stream, or bytes nobody asked for).
  [[nodiscard]] bool quiet();

  /// Says goodbye (TLS close_notify, FIN), waits for the peer's end of stream for at most a second,
  /// and closes.
  void teardown(io_handler done);

  /// Ends it at once; operations complete with operation_aborted. Any number of times.
  void close();

  /// The first bytes that came in, at most 16: what a peer that doesn't speak our protocol began
  /// with.
  [[nodiscard]] std::string_view first_bytes() const { return {first_.data(), first_size_}; }

private:
  struct tls_layer;
  void note_first(const few_buffers<asio::mutable_buffer>& into, std::size_t n);
  io_handler held(io_handler done);
  void drain(io_handler done);

  io_socket socket_;
  io_timer linger_;
  std::string peer_;
  std::unique_ptr<tls_layer> tls_;
  std::array<char, 16> first_{};
  std::size_t first_size_ = 0;
};

// Beast finds these by the type of its stream.
void beast_close_socket(transport& t);
void teardown(boost::beast::role_type role, transport& t, error_code& ec);
template <class Handler>
void async_teardown(boost::beast::role_type, transport& t, Handler&& done) {
  t.teardown(
      io_handler([d = std::forward<Handler>(done)](error_code ec, std::size_t) mutable { d(ec); }));
}

} // namespace dockhost::net::detail
