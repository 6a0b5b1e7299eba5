// SPDX-License-Identifier: MIT
// A WebSocket on one connection. On the io thread only.
#pragma once

#include "net/detail/server_connection.hpp"
#include "net/detail/websocket_frames.hpp"
#include "net/http_server_websocket.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace dockhost::net::detail {

class websocket_session final : public connection_protocol,
                                public server_websocket,
                                public std::enable_shared_from_this<websocket_session> {
public:
  /// `deflate`: it was agreed on.
  websocket_session(server_connection& connection, const websocket_accept& how, bool deflate,
                    std::shared_ptr<websocket_listener> listener);

  /// What the application holds; with the last of it the connection goes.
  [[nodiscard]] std::shared_ptr<server_websocket> handle();

  bool send(message_kind kind, shared_bytes bytes) override;
  [[nodiscard]] std::size_t bytes_queued() const override;
  void set_low_mark(std::size_t bytes) override;
  void close(std::uint16_t code, std::string_view reason) override;
  void abort() override;
  [[nodiscard]] bool open() const override { return connection_ && !closing_; }

  void on_bytes(std::span<char> bytes) override;
  void on_end_of_stream() override;
  void on_written() override;
  void on_deadline() override;
  void on_overload() override;
  void on_stop() override {} // the application's to close, with its own words
  void on_closed(const std::string& why) override;
  void on_dropped() override;
  [[nodiscard]] std::size_t held() const override { return decoder_.held(); }

private:
  void forget();
  void take(const frame_decoder::item& item);
  void take_message(const frame_decoder::item& item);
  void take_ping(std::string_view payload);
  void take_close(std::string_view payload);
  /// Sends a close frame with this code, and that's that.
  void fail_with(std::uint16_t code, std::string_view what);
  void end(websocket_end how);
  void send_frame(opcode op, shared_bytes payload, bool compressed = false);
  void send_close(std::uint16_t code, std::string_view reason);
  void count_down();

  server_connection* connection_; // null: over
  std::shared_ptr<websocket_listener> listener_;
  frame_decoder decoder_;
  std::size_t max_message_;
  std::size_t max_queued_;
  std::size_t low_mark_;
  std::size_t deflate_from_;
  std::unique_ptr<std::string> owed_pong_; // the latest ping, while an answer waits to be written
  std::uint16_t too_big_code_;
  std::uint16_t bad_text_code_;
  std::uint16_t protocol_code_;
  bool deflate_;
  bool above_mark_ = false;
  bool pong_queued_ = false;
  bool closing_ = false; // our close frame is queued, or abort() was called
  bool timing_ = false;  // a message has begun and has a deadline
};

} // namespace dockhost::net::detail
