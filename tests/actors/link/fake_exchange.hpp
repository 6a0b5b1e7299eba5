// SPDX-License-Identifier: MIT
// Requests and WebSockets without a network: what net's HTTP server would hand over.
#pragma once

#include "net/http_server_exchange.hpp"

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace dockhost::actors::test {

/// Remembers what was sent; the test says when it is written.
class fake_websocket final : public net::server_websocket {
public:
  explicit fake_websocket(std::shared_ptr<net::websocket_listener> heard_by, std::size_t mark)
      : listener(std::move(heard_by)), low_mark(mark) {}

  bool send(net::message_kind kind, net::shared_bytes bytes) override {
    if (!open()) return false;
    queued += bytes->size();
    frames.emplace_back(kind == net::message_kind::text ? *bytes : "binary " + *bytes);
    pointers.push_back(bytes.get());
    return true;
  }
  [[nodiscard]] std::size_t bytes_queued() const override { return queued; }
  void set_low_mark(std::size_t bytes) override { low_mark = bytes; }
  void close(std::uint16_t code, std::string_view) override {
    if (open()) frames.push_back("close " + std::to_string(code));
    closing = true;
  }
  void abort() override {
    frames.emplace_back("abort");
    closing = true;
    listener.reset(); // it is told nothing any more
  }
  [[nodiscard]] bool open() const override { return !closing; }

  // The test's side.
  void receive(std::string_view text) {
    const auto to = listener;
    if (to) to->on_message(net::message_kind::text, text);
  }
  void written() {
    const bool was_above = queued > low_mark;
    queued = 0;
    if (was_above && listener) listener->on_drained();
  }
  void end() {
    closing = true;
    if (const auto last = std::move(listener)) last->on_closed({});
  }
  std::vector<std::string> take() {
    written();
    return std::exchange(frames, {});
  }

  std::shared_ptr<net::websocket_listener> listener;
  std::vector<std::string> frames;
  std::vector<const std::string*> pointers;
  std::size_t queued = 0;
  std::size_t low_mark;
  bool closing = false;
};

/// A body that the peer takes when the test says so.
class fake_body final : public net::body_writer {
public:
  bool write(net::shared_bytes bytes) override {
    if (finished || aborted) return false;
    text += *bytes;
    queued += bytes->size();
    most_queued = std::max(most_queued, queued);
    return true;
  }
  [[nodiscard]] std::size_t bytes_queued() const override { return queued; }
  void on_drained(std::size_t at, std::function<void()> fn) override {
    mark = at;
    drained = std::move(fn);
  }
  void finish() override { finished = true; }
  void abort() override { aborted = true; }

  // The test's side.
  void take() {
    const bool was_above = queued > mark;
    queued = 0;
    if (was_above && drained) drained();
  }

  std::string text;
  std::size_t queued = 0;
  std::size_t most_queued = 0;
  std::size_t mark = 0;
  std::function<void()> drained;
  bool finished = false;
  bool aborted = false;
};

class fake_exchange final : public net::http_exchange {
public:
  explicit fake_exchange(std::string method, const std::string& target, bool websocket = false) {
    request_.method = std::move(method);
    request_.target = target;
    request_.path = target.substr(0, target.find('?'));
    request_.remote_address = "192.0.2.7";
    request_.websocket = websocket;
  }

  [[nodiscard]] const net::server_request& request() const override { return request_; }
  void read_body(std::size_t, std::function<void(net::body_outcome, std::string)> done) override {
    read = std::move(done);
  }
  [[nodiscard]] bool gone() const override { return left; }
  void on_gone(std::function<void()> fn) override { gone_fn = std::move(fn); }
  bool respond(net::server_response response) override {
    if (answer) return false;
    answer = std::move(response);
    return true;
  }
  [[nodiscard]] std::shared_ptr<net::body_writer>
  respond_streaming(int status, net::header_list headers) override {
    if (answer || left) return nullptr;
    answer = net::server_response{status, std::move(headers), {}, false};
    auto writer = std::make_shared<fake_body>();
    stream = writer;
    return writer;
  }
  [[nodiscard]] std::shared_ptr<net::server_websocket>
  accept_websocket(const net::websocket_accept& how,
                   std::shared_ptr<net::websocket_listener> listener) override {
    accepted_with = how;
    socket = std::make_shared<fake_websocket>(std::move(listener), how.low_mark);
    return socket;
  }
  void abort() override { aborted = true; }

  // The test's side.
  void leave() {
    left = true;
    if (const auto fn = std::exchange(gone_fn, nullptr)) fn();
  }
  void set_header(std::string name, std::string value) {
    request_.headers.emplace_back(std::move(name), std::move(value));
  }
  void come_from(std::string address) { request_.remote_address = std::move(address); }
  void set_parameter(std::string name, std::string value) {
    request_.parameters.emplace_back(std::move(name), std::move(value));
  }
  [[nodiscard]] int status() const { return answer ? answer->status : 0; }
  [[nodiscard]] std::string body() const {
    std::string out;
    if (answer) {
      for (const auto& part : answer->body)
        out += *part;
    }
    return out;
  }
  [[nodiscard]] std::string header(std::string_view name) const {
    if (answer) {
      for (const auto& [key, value] : answer->headers) {
        if (key == name) return value;
      }
    }
    return "";
  }

  std::optional<net::server_response> answer;
  std::optional<net::websocket_accept> accepted_with;
  std::shared_ptr<fake_websocket> socket;
  std::shared_ptr<fake_body> stream; ///< of a streamed answer
  bool left = false;
  std::function<void(net::body_outcome, std::string)> read;
  std::function<void()> gone_fn;
  bool aborted = false;

private:
  net::server_request request_;
};

} // namespace dockhost::actors::test
