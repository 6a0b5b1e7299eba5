// SPDX-License-Identifier: MIT
// The client side of one Engine.IO 4 session as a machine without sockets and without a clock:
// transports, fallback, upgrade, heartbeat and close. Calls go in; next() gives what is to be done.
#pragma once

#include "protocol/engineio_actions.hpp"
#include "protocol/engineio_codec.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace dockhost::protocol::engineio {

using time_point = std::chrono::steady_clock::time_point;

struct client_options {
  std::string path = "/socket.io/";
  std::vector<std::pair<std::string, std::string>> query; ///< beside EIO, transport and sid
  bool websocket = true; ///< begin with a WebSocket, and upgrade from polling to one
  bool polling = true;   ///< begin with polling where the WebSocket is refused (or not wanted)
  /// For the WebSocket's opening where polling may follow: half of it, so that a middlebox that
  /// swallows the handshake leaves time for polling.
  std::chrono::milliseconds connect_timeout{20'000};
  std::chrono::milliseconds upgrade_timeout{10'000}; ///< then the session stays on polling
  std::chrono::milliseconds close_timeout{3'000};
  std::size_t max_queued = 16 * 1024 * 1024; ///< bytes waiting for their POST
};

// Outputs beside the actions. `closed` is the last one.
struct opened {
  handshake server;
  bool websocket = false; ///< else polling
};
struct upgraded {};
struct message {
  bool binary = false;
  std::string data;
};
struct closed {
  close_reason reason = close_reason::local;
  std::string text; ///< for the log
};

using output = std::variant<open_websocket, send_text, send_binary, close_websocket, http_get,
                            http_post, cancel_http, opened, upgraded, message, closed>;

enum class send_status { sent, not_open, too_large, queue_full };

/// One session; a new connection takes a new object. Inputs for a socket or request that the
/// machine has given up are ignored.
class client {
public:
  explicit client(client_options options);

  void start(time_point now);
  void websocket_opened(ws_slot slot, time_point now);
  void websocket_text(ws_slot slot, std::string_view frame, time_point now);
  void websocket_binary(ws_slot slot, const std::string& frame, time_point now);
  void websocket_closed(ws_slot slot, const link_failure& why, time_point now);
  void http_get_done(int status, std::string_view body, time_point now);
  void http_get_failed(const link_failure& why, time_point now);
  void http_post_done(int status, time_point now);
  void http_post_failed(const link_failure& why, time_point now);
  void tick(time_point now);

  /// Sends a text message and the binary ones that belong to it, all or none. `too_large`: one of
  /// them is over the server's maxPayload on the present transport.
  [[nodiscard]] send_status send(std::string text, std::vector<std::string> attachments);
  /// Sends what is queued, closes, and waits for that at most close_timeout.
  void close(time_point now);
  /// Drops everything at once.
  void abort(close_reason reason, std::string text);

  /// Pings that were answered. A server sends the next one only after that answer, so with each
  /// one more it has read all that was sent before the answer to the one before.
  [[nodiscard]] std::uint64_t heartbeats() const { return heartbeats_; }
  /// Bytes that wait for their POST; none on a WebSocket.
  [[nodiscard]] std::size_t queued_bytes() const { return queued_bytes_; }
  /// When tick() is due, if ever.
  [[nodiscard]] std::optional<time_point> deadline() const;
  [[nodiscard]] std::optional<output> next();

private:
  enum class phase { idle, opening, open, closing, closed };
  enum class transport { websocket, polling };
  /// `draining`: the probe was answered, and what is out on polling must end before the switch.
  enum class upgrade { none, opening, probing, draining };

  [[nodiscard]] std::string target(std::string_view transport_name) const;
  [[nodiscard]] std::chrono::milliseconds patience() const;
  [[nodiscard]] bool owns(ws_slot slot) const;
  bool& alive(ws_slot slot) { return alive_[static_cast<std::size_t>(slot)]; }
  void open_socket(ws_slot slot, std::chrono::milliseconds timeout);
  void close_socket(ws_slot slot);
  void start_polling();
  void poll();
  void flush();
  void on_packet(packet_type type, bool binary, std::string_view data);
  void on_open(std::string_view data);
  void on_probe(std::string_view frame);
  void read_payload(std::string_view body);
  void polling_idle();
  void begin_upgrade();
  void abandon_upgrade();
  void finish_upgrade();

  client_options options_;
  phase phase_ = phase::idle;
  transport transport_ = transport::websocket;
  ws_slot slot_ = ws_slot::main; ///< the WebSocket in use, when transport_ says so
  upgrade upgrade_ = upgrade::none;
  bool socket_opened_ = false; ///< the first WebSocket got through its handshake
  std::array<bool, 2> alive_{};
  bool get_out_ = false;
  bool post_out_ = false;
  bool close_posted_ = false;
  bool pong_queued_ = false;
  std::string websocket_failure_; ///< why polling was fallen back to
  handshake server_;
  std::deque<packet> queue_; ///< for the next POSTs
  std::size_t queued_bytes_ = 0;
  std::uint64_t heartbeats_ = 0;
  time_point now_{};
  time_point ping_deadline_{};
  time_point upgrade_deadline_{};
  time_point close_deadline_{};
  std::deque<output> out_;
};

} // namespace dockhost::protocol::engineio
