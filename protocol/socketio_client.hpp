// SPDX-License-Identifier: MIT
// A whole Socket.IO 5 client as a machine without sockets and without a clock. A driver feeds it
// what happens on the sockets and carries out what next() returns, until nothing is left; tick() is
// due at next_deadline(). One object is one connection: after `disconnected` it is done.
#pragma once

#include "protocol/engineio_client.hpp"
#include "protocol/socketio_codec.hpp"
#include "json/json.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace dockhost::protocol::socketio {

using engineio::close_reason;
using engineio::time_point;

struct client_options {
  engineio::client_options engine; ///< path, query, transports
  std::string nsp = "/";           ///< the primary namespace: the connection ends with it
  json::value auth;                ///< payload of its CONNECT: an object, or null for none
  std::chrono::milliseconds connect_timeout{20'000}; ///< from start() to the answer to CONNECT
  std::size_t max_received = 16 * 1024 * 1024;       ///< bytes of a packet with its attachments
  std::size_t max_pending_acks = 1'024;
  std::size_t max_namespaces = 16;
};

// Events for the application, beside the engine's actions for the driver.

/// The server has accepted us in a namespace.
struct connected {
  std::string nsp;
  std::string sid; ///< ours in that namespace
  engineio::handshake server;
  bool websocket = false; ///< else polling, perhaps to be followed by `upgraded`
};
/// CONNECT_ERROR. For the primary namespace `disconnected` follows.
struct connect_refused {
  std::string nsp;
  std::string message;
  json::value data; ///< the `data` member that some servers add, else null
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
  std::uint64_t id = 0;
  json::array args;
  std::vector<std::string> attachments;
};
/// No answer came in time, or the connection or the namespace ended before.
struct ack_failed {
  std::uint64_t id = 0;
  bool timeout = false;
};
/// The server has put us out of a namespace that isn't the primary one.
struct namespace_closed {
  std::string nsp;
};
/// Last of all, exactly once after start().
struct disconnected {
  close_reason reason = close_reason::local;
  std::string text;   ///< for the log
  bool clean = false; ///< both sides know: closed by us, by a DISCONNECT packet or a refusal
};

using output = std::variant<engineio::open_websocket, engineio::send_text, engineio::send_binary,
                            engineio::close_websocket, engineio::http_get, engineio::http_post,
                            engineio::cancel_http, engineio::upgraded, connected, connect_refused,
                            event, acked, ack_failed, namespace_closed, disconnected>;

enum class send_error {
  not_connected, ///< not yet, not any more, or not in this namespace
  invalid,       ///< reserved event name, bad placeholders, too many attachments, bad id
  too_large,     ///< over the server's maxPayload: it would drop the link
  queue_full,    ///< too many bytes wait for the server
  too_many_acks, ///< max_pending_acks are out
};

[[nodiscard]] std::string_view to_string(send_error e);

template <class T>
using send_result = basic_result<T, send_error>;

class client {
public:
  explicit client(client_options options);

  void start(time_point now);
  void websocket_opened(engineio::ws_slot slot, time_point now);
  void websocket_text(engineio::ws_slot slot, std::string_view frame, time_point now);
  void websocket_binary(engineio::ws_slot slot, const std::string& frame, time_point now);
  void websocket_closed(engineio::ws_slot slot, const engineio::link_failure& why, time_point now);
  void http_get_done(int status, std::string_view body, time_point now);
  void http_get_failed(const engineio::link_failure& why, time_point now);
  void http_post_done(int status, time_point now);
  void http_post_failed(const engineio::link_failure& why, time_point now);
  void tick(time_point now);

  /// Sends an event. Where an argument is binary it holds placeholder(i) for attachments[i].
  send_result<unit> emit(std::string_view name, json::array args,
                         std::vector<std::string> attachments = {}, std::string_view nsp = {});
  /// Sends an event of the primary namespace that was encoded before: `text` begins with the
  /// packet's type.
  send_result<unit> emit_encoded(std::string text, std::vector<std::string> attachments);
  /// The same, and asks for an answer: `acked` or `ack_failed` with this id follows.
  send_result<std::uint64_t> emit_with_ack(std::string_view name, json::array args,
                                           std::vector<std::string> attachments,
                                           std::chrono::milliseconds timeout, time_point now,
                                           std::string_view nsp = {});
  /// Answers an event that had an ack_id.
  send_result<unit> acknowledge(std::uint64_t ack_id, json::array args,
                                std::vector<std::string> attachments = {},
                                std::string_view nsp = {});

  /// One more namespace on this connection; `connected` or `connect_refused` (also when no answer
  /// comes within connect_timeout) follows. One that we left, or that did not answer, can't be
  /// joined again: packets of the first time could still be under way. Refused as `invalid`.
  send_result<unit> join(const std::string& nsp, json::value auth, time_point now);
  /// Leaves one that was joined; what is still under way from it is ignored.
  void leave(const std::string& nsp);

  /// DISCONNECT packets, then the engine's close; `disconnected` follows within its close_timeout.
  void close(time_point now);

  [[nodiscard]] std::optional<time_point> next_deadline() const;
  [[nodiscard]] std::optional<output> next();
  /// engineio::client::heartbeats
  [[nodiscard]] std::uint64_t heartbeats() const { return engine_.heartbeats(); }
  /// Bytes that wait for a POST; none on a WebSocket.
  [[nodiscard]] std::size_t queued_bytes() const { return engine_.queued_bytes(); }
  [[nodiscard]] bool is_connected() const { return phase_ == phase::connected; }

private:
  enum class phase { idle, connecting, connected, closing, ended };
  enum class membership { connecting, connected, left };
  struct member {
    membership state = membership::connecting;
    time_point deadline{};
  };

  void pump();
  void take(engineio::opened& o);
  void take(engineio::message& m);
  void take(engineio::closed& c);
  void on_packet(packet p);
  void on_connect(packet& p, member& m);
  void on_connect_error(packet& p);
  void on_disconnect(const packet& p);
  void protocol_error(std::string text);
  void fail_acks_of(const std::string& nsp);
  void end_engine(close_reason reason, std::string text);
  send_result<unit> send(packet p);
  send_result<unit> send_encoded(std::string text, std::vector<std::string> attachments);
  send_result<unit> send_connected(packet p);

  struct pending_ack {
    std::string nsp;
    time_point deadline{};
  };

  client_options options_;
  engineio::client engine_;
  decoder decoder_;
  phase phase_ = phase::idle;
  std::map<std::string, member> members_;
  std::map<std::uint64_t, pending_ack> acks_;
  std::set<std::pair<time_point, std::uint64_t>> ack_deadlines_;
  std::uint64_t next_ack_ = 0;
  engineio::handshake server_;
  bool websocket_ = false;
  std::optional<std::pair<close_reason, std::string>> ending_; ///< why we are closing, if not local
  time_point now_{};
  time_point connect_deadline_{};
  std::deque<output> out_;
};

} // namespace dockhost::protocol::socketio
