// SPDX-License-Identifier: MIT
// HTTP on one connection: one request after another, each handed out as an exchange. On the io
// thread only.
#pragma once

#include "net/detail/request_reader.hpp"
#include "net/detail/server_connection.hpp"
#include "net/http_server_exchange.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace dockhost::net::detail {

class http_session final : public connection_protocol,
                           public std::enable_shared_from_this<http_session> {
public:
  explicit http_session(server_connection& connection) : connection_(&connection) {}

  // What an exchange, told apart by its number, asks for.
  [[nodiscard]] bool current(std::uint64_t exchange) const;
  [[nodiscard]] bool lost(std::uint64_t exchange) const { return lost_ == exchange; }
  void read_body(std::uint64_t exchange, std::size_t max,
                 std::function<void(body_outcome, std::string)> done);
  void on_gone(std::uint64_t exchange, std::function<void()> fn);
  bool respond(std::uint64_t exchange, server_response response);
  bool begin_stream(std::uint64_t exchange, int status, header_list headers);
  [[nodiscard]] std::shared_ptr<server_websocket>
  accept_websocket(std::uint64_t exchange, const server_request& request,
                   const websocket_accept& how, std::shared_ptr<websocket_listener> listener);
  void abort(std::uint64_t exchange);
  /// Nobody will answer it.
  void forsaken(std::uint64_t exchange);

  // And the writer of its streamed body.
  bool write(std::uint64_t exchange, shared_bytes bytes);
  [[nodiscard]] std::size_t queued(std::uint64_t exchange) const;
  void on_drained(std::uint64_t exchange, std::size_t mark, std::function<void()> fn);
  void finish_stream(std::uint64_t exchange);

  void on_bytes(std::span<char> bytes) override;
  void on_end_of_stream() override;
  void on_written() override;
  void on_deadline() override;
  void on_overload() override;
  void on_stop() override;
  void on_closed(const std::string& why) override;
  void on_dropped() override;
  [[nodiscard]] std::size_t held() const override;

private:
  enum class phase {
    head,      ///< between requests, or in a head
    thinking,  ///< handed out; the body, if any, was not asked for or is whole
    body,      ///< reading the body
    streaming, ///< the head of the answer is out, its body is being written
    answered,  ///< the answer is whole in our queue
  };

  /// Reads requests out of `bytes`; what is left of them goes to in_. `owner` holds them, where it
  /// isn't the connection's memory.
  void work(std::string_view bytes, std::string* owner);
  void work_on_input();
  /// Both take off the front of `bytes`; false: more is needed first.
  bool take_head(std::string_view& bytes);
  bool take_body(std::string_view& bytes);
  void dispatch();
  [[nodiscard]] bool answerable(std::uint64_t exchange) const;
  void refuse(int status, std::string_view why);
  void send_answer(const server_response& response);
  void deliver_body(body_outcome outcome);
  void next_request();
  void gone();
  [[nodiscard]] bool unread_body() const;
  [[nodiscard]] std::string head_text(int status, const header_list& headers,
                                      std::string_view framing);
  void end_answer();
  void end_if_written();

  server_connection* connection_; // null: over
  phase phase_ = phase::head;
  std::uint64_t exchange_ = 0; // the number of the latest
  std::uint64_t lost_ = 0;     // of the one whose peer went away
  std::string in_;             // what came and isn't read yet
  std::size_t scanned_ = 0;    // of it, in search of the head's end
  std::unique_ptr<request_reader> reader_;
  std::size_t body_max_ = 0;
  std::function<void(body_outcome, std::string)> body_done_;
  std::function<void()> on_gone_;
  std::function<void()> drained_;
  std::size_t mark_ = 0;
  bool above_mark_ = false;
  bool working_ = false; // in work(): what is left of the bytes is put into in_ at its end
  bool begun_ = false;   // bytes of a head have come
  bool body_asked_ = false;
  bool keep_alive_ = true;
  bool http_1_1_ = true;
  bool head_only_ = false; // HEAD
  bool chunked_ = false;
  bool first_chunk_ = true;
  std::shared_ptr<connection_protocol> successor_; // accepted while in work()
  server_connection* handed_over_ = nullptr;
};

} // namespace dockhost::net::detail
