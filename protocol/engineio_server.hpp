// SPDX-License-Identifier: MIT
// The server side of one Engine.IO 4 session as a machine without sockets and without a clock:
// polling, WebSocket, the upgrade from one to the other, heartbeat and close. Calls go in; next()
// gives what is to be done, until nothing is left. Where the protocol leaves a choice, it does what
// npm's engine.io 6 does.
#pragma once

#include "protocol/engineio_codec.hpp"
#include "protocol/engineio_server_request.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace dockhost::protocol::engineio::server {

using time_point = std::chrono::steady_clock::time_point;

/// Shared by all sessions of a server.
struct options {
  std::chrono::milliseconds ping_interval{25'000};
  std::chrono::milliseconds ping_timeout{20'000};
  std::chrono::milliseconds upgrade_timeout{10'000}; ///< from a WebSocket's arrival to its `5`
  std::chrono::milliseconds close_timeout{30'000}; ///< how long a close waits for a GET to tell it
  std::size_t max_payload = 1'000'000;             ///< of one message or POST
  bool upgrades = true;                            ///< offer a WebSocket to sessions on polling
};

/// What goes out as one and in this order: a text frame, then binary ones. Encoded once, it may be
/// on its way to any number of clients.
struct outgoing {
  std::string text; ///< with the type's digit in front: "4hello"; empty: none
  std::vector<std::string> attachments;

  [[nodiscard]] std::size_t bytes() const;
};
using shared_outgoing = std::shared_ptr<const outgoing>;

/// The owner's names for its HTTP requests and its WebSockets; 0 is none.
using request_id = std::uint32_t;
using socket_id = std::uint32_t;

// Outputs. `closed` is the last one.

enum class answer_kind {
  packets, ///< 200, text/plain; charset=UTF-8
  ok,      ///< 200, text/html
  refused, ///< another status, without a body
};
struct answer {
  request_id to = 0;
  int status = 200;
  answer_kind kind = answer_kind::packets;
  std::string body;
};
struct send_frames {
  socket_id to = 0;
  shared_outgoing what;
};
/// After what was sent before: a close frame without a code.
struct close_socket {
  socket_id which = 0;
};
struct message {
  bool binary = false;
  std::string data;
};
struct upgraded {};

enum class end_reason {
  application,      ///< our own close()
  client,           ///< the client's close packet
  transport_closed, ///< its WebSocket ended
  transport_error,  ///< overlapping or broken-off requests, a ping from the client
  ping_timeout,     ///< no pong
  parse_error,      ///< bytes that are no Engine.IO
  bad_packet,       ///< what was in the messages is not what the application's protocol allows
  connect_timeout,  ///< the application's protocol was not begun in time
  overflow,         ///< the client doesn't read
  shutdown,         ///< the server ends
};
/// E.g. "ping timeout".
[[nodiscard]] std::string_view to_string(end_reason reason);

struct closed {
  end_reason reason = end_reason::application;
};

using output = std::variant<answer, send_frames, close_socket, message, upgraded, closed>;

/// One session. Inputs that name a request or socket which it no longer knows are ignored. `o`
/// outlives it.
class session {
public:
  session(const options& o, std::string sid);

  /// One of the two is the first input: the GET, or the WebSocket, that the session began with.
  void begin_polling(request_id get, time_point now);
  void begin_websocket(socket_id socket, time_point now);

  void get(request_id id, time_point now);
  /// A POST in two steps: its head (before its body is read, where the owner can tell), then all.
  void post_begun(request_id id, bool octet_stream, time_point now);
  void post_body(request_id id, std::string body, time_point now);
  /// Its body is over max_payload, and was not read.
  void post_too_large(request_id id);
  /// Another method than GET and POST.
  void other_request(request_id id);
  /// The peer went away before the answer.
  void request_gone(request_id id, time_point now);

  /// A WebSocket that came with this session's sid: the upgrade, or one too many.
  void another_websocket(socket_id socket, time_point now);
  void websocket_text(socket_id socket, std::string_view frame, time_point now);
  void websocket_binary(socket_id socket, std::string_view bytes, time_point now);
  void websocket_closed(socket_id socket, time_point now);

  /// Nothing is sent any more once it is closing. The bytes are counted until they are in a
  /// WebSocket's hands or in the answer to a GET; the caller sees to it that they don't grow.
  void send(shared_outgoing what);
  [[nodiscard]] std::size_t queued_bytes() const { return queued_bytes_ + leaving_bytes_; }

  /// Tells the client what is queued, and then the end: on polling it takes its next two GETs, at
  /// most close_timeout. `bad_packet` also refuses the POST that is being read.
  void close(end_reason why, time_point now);
  /// At once: what waits for nobody's GET is lost.
  void drop(end_reason why);

  void tick(time_point now);
  /// When tick() is due, if ever.
  [[nodiscard]] std::optional<time_point> deadline() const;
  [[nodiscard]] std::optional<output> next();

  [[nodiscard]] const std::string& sid() const { return sid_; }
  [[nodiscard]] transport now_on() const { return transport_; }
  [[nodiscard]] bool is_open() const { return phase_ == phase::open; }
  [[nodiscard]] bool is_closed() const { return phase_ == phase::closed; }

private:
  enum class phase : std::uint8_t { open, closing, closed };
  /// A POST whose packets are handed up one by one, so that a payload of many tiny ones takes no
  /// more memory than its text.
  struct reading {
    reading(request_id id, std::string text) : post(id), body(std::move(text)), reader(body) {}
    request_id post;
    std::string body;
    payload_reader reader;
  };

  void begin(transport first, time_point now);
  void on_packet(packet_type type, bool binary, std::string_view data);
  void on_probe(std::string_view frame);
  void finish_upgrade();
  void give_up_upgrade();
  void read_on();
  void answer_get();
  [[nodiscard]] std::string take_payload();
  void answer_packets(request_id& get, std::string body);
  void refuse(request_id& id, int status = 400);
  void end(end_reason why);

  const options& options_;
  std::string sid_;
  phase phase_ = phase::open;
  transport transport_ = transport::polling;
  end_reason closing_for_ = end_reason::application;
  bool awaiting_pong_ = false;
  bool pong_time_extended_ = false; ///< once per ping, by another packet
  bool probed_ = false;             ///< the client tries the upgrade: GETs are sent home
  request_id get_ = 0;
  request_id post_ = 0; ///< whose body has not come yet
  socket_id socket_ = 0;
  socket_id probe_ = 0;
  std::unique_ptr<reading> reading_;
  std::vector<shared_outgoing> queue_; ///< for the next GET
  std::size_t queued_bytes_ = 0;
  std::vector<output> out_;
  std::size_t taken_ = 0;         ///< of out_
  std::size_t leaving_bytes_ = 0; ///< in out_
  time_point now_{};
  time_point heartbeat_{};     ///< the next ping, or the end of the wait for the pong
  time_point side_deadline_{}; ///< of the upgrade, or of the close
  time_point noop_due_{};      ///< when a GET during an upgrade is sent home
};

} // namespace dockhost::protocol::engineio::server
