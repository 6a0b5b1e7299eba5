// SPDX-License-Identifier: MIT
// The server side of one Socket.IO 5 client as a machine: the messages of its Engine.IO session go
// in, and next() gives what to send, what to tell the application, and when to close.
#pragma once

#include "protocol/engineio_server.hpp"
#include "protocol/socketio_codec.hpp"
#include "json/json.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace dockhost::protocol::socketio::server {

using engineio::server::end_reason;
using engineio::server::shared_outgoing;
using engineio::server::time_point;

/// Shared by all clients of a server.
struct options {
  std::set<std::string, std::less<>> namespaces{"/"}; ///< others are refused
  std::chrono::milliseconds connect_timeout{45'000};  ///< until the first namespace is joined
  std::size_t max_received = 4'000'000; ///< bytes of a packet, and of all its attachments together
  std::size_t max_pending_acks = 1'024; ///< of one client
};

// --- packets, encoded once for any number of clients; refused as socketio::encode() refuses

/// An event. Where an argument is binary it holds placeholder(i) for attachments[i].
[[nodiscard]] wire_result<shared_outgoing> encode_event(std::string_view nsp, std::string_view name,
                                                        json::array args,
                                                        std::vector<std::string> attachments = {});
/// The same with arguments that are JSON text already: "1,\"x\"", or empty for none. The text is
/// not looked at.
[[nodiscard]] wire_result<shared_outgoing>
encode_event_text(std::string_view nsp, std::string_view name, std::string_view args);

// --- outputs

struct send {
  shared_outgoing what;
};
/// Close the Engine.IO session in an orderly way.
struct close {
  end_reason why = end_reason::application;
};
/// The client wants into a namespace that exists: accept() or refuse() it, now or later.
struct connecting {
  std::string nsp;
  json::value auth; ///< an object, empty where the client sent none
};
struct event {
  std::string nsp;
  std::string name;
  json::array args; ///< with placeholders where an attachment belongs
  std::vector<std::string> attachments;
  std::optional<std::uint64_t> ack_id; ///< for acknowledge()
};
/// The answer to emit_with_ack().
struct acked {
  std::string nsp;
  std::uint64_t id = 0;
  json::array args;
  std::vector<std::string> attachments;
};
/// No answer came in time, or the client has left the namespace or gone.
struct ack_failed {
  std::string nsp;
  std::uint64_t id = 0;
  bool timeout = false;
};
/// The client has left a namespace that it was in, or was about to join.
struct left {
  std::string nsp;
  bool joined = false; ///< accept() had been called
};

using output = std::variant<send, close, connecting, event, acked, ack_failed, left>;

enum class send_error {
  not_connected, ///< the client isn't in that namespace
  invalid,       ///< see encode_event()
  too_many_acks, ///< max_pending_acks are out
};
[[nodiscard]] std::string_view to_string(send_error e);
template <class T>
using send_result = basic_result<T, send_error>;

/// One client. `o` outlives it.
class session {
public:
  session(const options& o, time_point now);

  /// A message of the client. What the protocol doesn't allow closes the session.
  void message(bool binary, std::string data, time_point now);
  /// The Engine.IO session is over.
  void ended();

  // The application's calls. accept() and refuse() are ignored for a client that didn't ask or is
  // gone.

  void accept(std::string_view nsp, std::string_view sid);
  /// CONNECT_ERROR; `data` is left out where it is null.
  void refuse(std::string_view nsp, std::string_view message, json::value data = nullptr);

  send_result<unit> emit(std::string_view nsp, shared_outgoing packet);
  /// `acked` or `ack_failed` with this id follows.
  send_result<std::uint64_t> emit_with_ack(std::string_view nsp, std::string_view name,
                                           json::array args, std::vector<std::string> attachments,
                                           std::chrono::milliseconds timeout, time_point now);
  /// Answers an event that had an ack_id.
  send_result<unit> acknowledge(std::string_view nsp, std::uint64_t ack_id, json::array args,
                                std::vector<std::string> attachments = {});
  /// Puts the client out of a namespace; the session goes on, and it may come again. What is still
  /// under way from it is ignored. No `left` follows.
  void disconnect(std::string_view nsp);
  /// Out of all of them, and the end of the session.
  void close_all(end_reason why);

  [[nodiscard]] bool is_connected(std::string_view nsp) const;
  /// Bytes of what next() has yet to give for sending.
  [[nodiscard]] std::size_t leaving_bytes() const { return leaving_bytes_; }

  void tick(time_point now);
  [[nodiscard]] std::optional<time_point> deadline() const;
  [[nodiscard]] std::optional<output> next();

private:
  enum class membership : std::uint8_t { connecting, connected, put_out };
  struct member {
    std::string nsp;
    membership state = membership::connecting;
  };
  struct pending_ack {
    std::string nsp;
    time_point deadline{};
  };
  struct ack_table {
    std::map<std::uint64_t, pending_ack> by_id;
    std::set<std::pair<time_point, std::uint64_t>> by_time;
  };

  [[nodiscard]] member* find(std::string_view nsp);
  void on_packet(packet p);
  void on_connect(packet& p);
  void on_event(packet& p);
  void on_ack(packet& p);
  void fail_acks_of(std::string_view nsp);
  void write(packet p);
  void put(shared_outgoing what);
  void give_up(end_reason why);

  const options& options_;
  decoder decoder_;
  bool over_ = false;   ///< closed, or about to be: nothing is heard and said any more
  bool joined_ = false; ///< some namespace, at some time: the connect timeout is off
  std::vector<member> members_;
  std::unique_ptr<ack_table> acks_; ///< only while there are some
  std::uint64_t next_ack_ = 0;
  time_point connect_deadline_{};
  std::vector<output> out_;
  std::size_t taken_ = 0;         ///< of out_
  std::size_t leaving_bytes_ = 0; ///< in out_
};

} // namespace dockhost::protocol::socketio::server
