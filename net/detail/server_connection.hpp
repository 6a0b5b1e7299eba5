// SPDX-License-Identifier: MIT
// One accepted connection: reads, writes and deadlines, for the protocol that is spoken on it. On
// the io thread only.
#pragma once

#include "net/detail/output_queue.hpp"
#include "net/detail/server_core.hpp"
#include "net/detail/server_socket.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace dockhost::net::detail {

/// What speaks on a connection. It learns of its connection by begin(), and lets go of it when it
/// calls finish() or drop(), or hears on_closed().
class connection_protocol {
public:
  virtual ~connection_protocol() = default;
  /// May change the bytes; they are there during the call only.
  virtual void on_bytes(std::span<char> bytes) = 0;
  /// The peer sends no more.
  virtual void on_end_of_stream() = 0;
  /// Some of what was queued is in the kernel.
  virtual void on_written() = 0;
  virtual void on_deadline() = 0;
  /// All connections together hold too much unfinished input, and this one wants more.
  virtual void on_overload() = 0;
  virtual void on_stop() = 0;
  /// Once; the connection is gone.
  virtual void on_closed(const std::string& why) = 0;
  /// Once, instead of on_closed(): nobody is to be told. May have let go already.
  virtual void on_dropped() = 0;
  /// Memory that unfinished input takes.
  [[nodiscard]] virtual std::size_t held() const = 0;
};

class server_connection final : public std::enable_shared_from_this<server_connection>,
                                public list_hook<any_connection>,
                                public list_hook<timed>,
                                public list_hook<awaiting> {
public:
  using time_point = server_core::time_point;

  server_connection(std::shared_ptr<server_core> core, io_socket socket, SSL_CTX* tls,
                    const peer_address& from, std::uint16_t from_port, std::uint16_t to_port);

  /// Counts it, and begins to read for `protocol`; it keeps itself alive until it is closed.
  void start(std::shared_ptr<connection_protocol> protocol);

  [[nodiscard]] server_core& core() { return *core_; }
  [[nodiscard]] const peer_address& address() const { return from_; }
  [[nodiscard]] std::uint16_t remote_port() const { return from_port_; }
  [[nodiscard]] std::uint16_t local_port() const { return to_port_; }
  [[nodiscard]] bool tls() const { return socket_.tls(); }

  /// Another protocol takes over; `ahead` is what came for it already.
  void become(std::shared_ptr<connection_protocol> protocol, std::string ahead);

  /// Queues; written at the end of this turn.
  void send(std::string_view prefix, shared_bytes bytes);
  [[nodiscard]] const output_queue& queue() const { return out_; }
  void pause_reading() { paused_ = true; }
  void resume_reading();

  /// One deadline of the protocol's own; a new one replaces it.
  void set_deadline(std::chrono::milliseconds from_now);
  void clear_deadline() { deadline_ = never; }
  /// May be closed to make room for another until it is so no longer.
  void await_request() { core_->await_request(*this); }
  void busy() { list_hook<awaiting>::unlink(); }

  /// Writes what is queued, says goodbye, and waits a little for the peer to do so: closing at once
  /// could destroy what it hasn't read. The protocol hears no more.
  void finish();
  /// Ends it at once; the protocol is told.
  void close(const std::string& why);
  /// The same after this turn; nothing is read and written meanwhile.
  void close_soon(std::string why);
  /// Ends it at once, and nobody is told.
  void drop();
  /// The same, in such a way that the peer can't take it for a regular end.
  void reset();

  // For server_core.
  void flush();
  void stop();
  [[nodiscard]] bool late(time_point now) const { return deadline_ <= now || stalled_ <= now; }
  [[nodiscard]] bool timed_now() const { return deadline_ != never || stalled_ != never; }
  void expire(time_point now);

private:
  static constexpr time_point never = time_point::max();

  void wait_readable();
  void wait_writable();
  void on_readable();
  void read();
  void shake_hands();
  void account();
  void end();
  void watch();
  void release();

  std::shared_ptr<server_core> core_;
  std::shared_ptr<server_connection> self_; // until closed
  std::shared_ptr<connection_protocol> protocol_;
  server_socket socket_;
  output_queue out_;
  time_point deadline_ = never;
  time_point stalled_ = never; // the peer is due bytes and takes none
  std::size_t accounted_ = 0;
  peer_address from_;
  std::uint16_t from_port_;
  std::uint16_t to_port_;
  bool shaking_ = false; // the TLS handshake is under way
  bool waiting_to_read_ = false;
  bool waiting_to_write_ = false;
  bool read_needs_write_ = false; // TLS
  bool flush_due_ = false;
  bool paused_ = false;
  bool input_ended_ = false;
  bool finishing_ = false;
  bool shut_down_ = false;
  bool closed_ = false;
};

} // namespace dockhost::net::detail
