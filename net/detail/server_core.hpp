// SPDX-License-Identifier: MIT
// What the connections of one http_server share: limits, deadlines, memory to read into. On the io
// thread only, but for the counters.
#pragma once

#include "net/detail/deflate_codec.hpp"
#include "net/detail/intrusive_list.hpp"
#include "net/detail/io_context.hpp"
#include "net/http_server.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace dockhost::net::detail {

class server_connection;
struct any_connection; ///< tag of the list of all
struct timed;          ///< tag of those with a deadline
struct awaiting;       ///< tag of those that wait for a request

/// An address as IPv6, IPv4 mapped.
using peer_address = std::array<std::uint8_t, 16>;
[[nodiscard]] std::string to_string(const peer_address& address);

/// Written on the io thread, read on any.
struct server_counters {
  std::atomic<std::size_t> connections{0};
  std::atomic<std::size_t> websockets{0};
  std::atomic<std::size_t> queued{0};
  std::atomic<std::size_t> input{0};
  std::atomic<std::uint64_t> accepted{0};
  std::atomic<std::uint64_t> refused{0};
  std::atomic<std::uint64_t> requests{0};
};

class server_core : public std::enable_shared_from_this<server_core> {
public:
  using time_point = std::chrono::steady_clock::time_point;

  server_core(io_thread::impl& thread, http_server_limits server_limits,
              http_server_handlers server_handlers);

  io_thread::impl& io;
  const http_server_limits limits;
  http_server_handlers handlers;
  server_counters counters;

  void note(bool serious, std::string_view event, std::string_view text,
            std::string_view address = {});

  /// Whether one more of that address may come; closes an older one for it where that helps.
  [[nodiscard]] bool admit(const peer_address& from);
  /// Closes the connection that has waited longest for a request; false where none does.
  bool make_room();
  void add(server_connection& c, const peer_address& from);
  void removed(const peer_address& from);

  /// Has its deadlines looked at.
  void watch(server_connection& c);
  void await_request(server_connection& c);
  /// Has its queue written at the end of this turn.
  void flush_later(std::shared_ptr<server_connection> c);

  /// For one read at a time: whoever reads is done with it before another does.
  [[nodiscard]] std::span<char> scratch();
  [[nodiscard]] std::vector<char>& record() { return record_; }
  [[nodiscard]] deflate_codec& codec();
  /// Compresses what many connections send only once, as long as they do so in the same turn.
  [[nodiscard]] shared_bytes compressed(const shared_bytes& plain);
  /// The Date header's value.
  [[nodiscard]] const std::string& date();

  [[nodiscard]] bool stopping() const { return stopping_; }
  void stop(std::function<void()> done);
  /// Drops all without a word to anybody.
  void drop_all();

private:
  bool make_room(const peer_address* only);
  void flush();
  void arm_sweep();
  void sweep();
  void stop_if_empty();
  void close_all();

  intrusive_list<server_connection, any_connection> all_;
  intrusive_list<server_connection, timed> timed_;
  intrusive_list<server_connection, awaiting> awaiting_;
  std::map<peer_address, std::size_t> per_address_;
  std::vector<std::shared_ptr<server_connection>> to_flush_;
  io_timer sweep_timer_;
  bool sweep_armed_ = false;
  std::chrono::milliseconds sweep_every_;
  std::vector<char> scratch_;
  std::vector<char> record_;
  std::unique_ptr<deflate_codec> codec_;
  shared_bytes plain_;
  shared_bytes packed_;
  std::string date_;
  std::chrono::seconds date_of_{0};
  io_timer stop_timer_;
  bool stopping_ = false;
  bool dropped_ = false; // nobody is told anything any more
  std::vector<std::function<void()>> stopped_;
};

} // namespace dockhost::net::detail
