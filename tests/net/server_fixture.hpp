// SPDX-License-Identifier: MIT
// An http_server with an application whose behaviour goes by the path, and raw clients for it.
#pragma once

#include "net/http_server.hpp"
#include "net/io_thread.hpp"
#include "tests/net/frames.hpp"
#include "tests/net/http_fixture.hpp"
#include "tests/net/raw_server.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace dockhost::net::test {

/// A connected socket, or -1. `from`: the address to connect from; all of 127/8 is ours.
inline int connect_to(std::uint16_t port, const char* from = "127.0.0.1", int receive_buffer = 0) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  if (receive_buffer > 0)
    ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  sockaddr_in a{};
  a.sin_family = AF_INET;
  ::inet_pton(AF_INET, from, &a.sin_addr);
  if (::bind(fd, reinterpret_cast<sockaddr*>(&a), sizeof a) != 0) return ::close(fd), -1;
  a.sin_port = htons(port);
  ::inet_pton(AF_INET, "127.0.0.1", &a.sin_addr);
  if (::connect(fd, reinterpret_cast<sockaddr*>(&a), sizeof a) != 0) return ::close(fd), -1;
  return fd;
}

struct answer_seen {
  int status = 0;
  std::string head;
  std::string body;
  [[nodiscard]] std::string header(const std::string& name) const {
    const auto at = head.find("\r\n" + name + ": ");
    if (at == std::string::npos) return {};
    const auto from = at + name.size() + 4;
    return head.substr(from, head.find("\r\n", from) - from);
  }
};

/// One answer off a connection, by Content-Length or chunks; `head_only` as to HEAD.
inline answer_seen read_answer(peer& p, bool head_only = false) {
  answer_seen out;
  out.head = p.read_until("\r\n\r\n");
  if (out.head.size() > 12 && out.head.starts_with("HTTP/1.1 "))
    out.status = std::stoi(out.head.substr(9, 3));
  if (head_only) return out;
  if (out.header("Transfer-Encoding") == "chunked") {
    for (;;) {
      const std::string line = p.read_until("\r\n");
      if (line.empty()) return out.body += "<cut>", out;
      const std::size_t size = std::stoul(line, nullptr, 16);
      out.body += p.read_exactly(size);
      p.read_exactly(2);
      if (size == 0) return out;
    }
  }
  const std::string length = out.header("Content-Length");
  if (!length.empty()) out.body = p.read_exactly(std::stoul(length));
  return out;
}

/// A client's frame: masked (RFC 6455 section 5.3).
inline std::string masked(unsigned char first, const std::string& payload) {
  std::string out = frame_bytes(first, payload);
  out.resize(out.size() - payload.size());
  out[1] = static_cast<char>(out[1] | 0x80);
  const std::string mask = "\x12\x34\x56\x78";
  out += mask;
  for (std::size_t i = 0; i < payload.size(); ++i)
    out += static_cast<char>(payload[i] ^ mask[i % 4]);
  return out;
}
inline std::string client_message(opcode op, const std::string& payload) {
  return masked(static_cast<unsigned char>(0x80 | op), payload);
}

inline std::string upgrade_request(const std::string& target, const std::string& more = {}) {
  return "GET " + target +
         " HTTP/1.1\r\nHost: x\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n"
         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n" +
         more + "\r\n";
}

/// The application's end of a WebSocket: records, and echoes where told to.
struct recording_listener : websocket_listener {
  std::shared_ptr<server_websocket> socket;
  bool echo = false;
  std::atomic<int> messages{0};
  std::atomic<int> drained{0};
  std::atomic<int> closed{0};
  std::mutex mutex;
  std::vector<std::string> got; // "t:..." and "b:..."
  websocket_end end;

  void on_message(message_kind kind, std::string_view bytes) override {
    {
      const std::scoped_lock lock(mutex);
      got.push_back((kind == message_kind::text ? "t:" : "b:") + std::string(bytes));
    }
    ++messages;
    if (echo) socket->send(kind, share(std::string(bytes)));
  }
  void on_drained() override { ++drained; }
  void on_closed(const websocket_end& how) override {
    end = how;
    ++closed;
  }
  bool wait_closed() {
    return eventually([this] { return closed == 1; });
  }
};

class ServerTest : public ::testing::Test {
protected:
  ~ServerTest() override {
    on_io(io, [this] {
      kept.clear();
      writers.clear();
      for (const auto& l : listeners)
        l->socket.reset();
    });
    server.reset();
  }

  /// The paths that it knows are in answer().
  void start(std::optional<server_tls_options> tls = std::nullopt) {
    http_server_handlers handlers;
    handlers.on_request = [this](std::shared_ptr<http_exchange> e) { answer(std::move(e)); };
    handlers.on_note = [this](const server_note& n) {
      const std::scoped_lock lock(mutex);
      notes.push_back(std::string(n.event) + ": " + std::string(n.text));
      if (n.serious) ++serious;
    };
    server.emplace(io, limits, std::move(handlers));
    const auto got = server->listen({.address = "127.0.0.1", .port = 0, .tls = std::move(tls)});
    ASSERT_TRUE(got.ok()) << got.err();
    port = *got;
  }

  void answer(std::shared_ptr<http_exchange> e) {
    const server_request& r = e->request();
    if (r.path == "/hello") {
      e->respond(make_response(200, "hello"));
    } else if (r.path == "/show") {
      std::string text = r.method + " " + r.path + " " + r.remote_address;
      for (const auto& [name, value] : r.parameters)
        text.append(" ").append(name).append("=").append(value);
      e->respond(make_response(200, text));
    } else if (r.path == "/echo") {
      e->read_body(body_limit, [e](body_outcome outcome, std::string body) {
        e->respond(outcome == body_outcome::whole ? make_response(200, std::move(body))
                                                  : make_response(413, "too large"));
      });
    } else if (r.path == "/late") {
      e->on_gone([this] { ++gone; });
      kept.push_back(std::move(e));
      ++waiting;
    } else if (r.path == "/early") {
      e->respond(make_response(403, "no"));
    } else if (r.path == "/throw") {
      throw std::runtime_error("on purpose");
    } else if (r.path == "/drop") {
      e.reset();
    } else if (r.path == "/abort") {
      e->abort();
    } else if (r.path == "/bad-answer") {
      server_response bad = make_response(200, "x");
      bad.headers.emplace_back("X-A", "1\r\nX-B: 2");
      e->respond(std::move(bad));
    } else if (r.path == "/empty") {
      server_response none;
      none.status = 204;
      e->respond(std::move(none));
    } else if (r.path == "/big") {
      e->respond({.status = 200, .headers = {}, .body = {big, big}});
    } else if (r.path == "/stream") {
      e->on_gone([this] { ++gone; });
      writers.push_back(e->respond_streaming(200, {{"Content-Type", "text/plain"}}));
      ++waiting;
    } else if (r.path == "/ws") {
      auto l = std::make_shared<recording_listener>();
      l->echo = r.parameter("echo").has_value();
      l->socket = e->accept_websocket(accept, l);
      listeners.push_back(l);
      if (r.parameter("greet")) l->socket->send(message_kind::text, share("welcome"));
      ++opened;
    } else {
      e->respond(make_response(404, "no such path"));
    }
  }

  std::unique_ptr<peer> connect(const char* from = "127.0.0.1", int receive_buffer = 0) {
    const int fd = connect_to(port, from, receive_buffer);
    EXPECT_GE(fd, 0) << strerror(errno);
    return std::make_unique<peer>(fd, nullptr);
  }
  /// One request on a connection of its own.
  answer_seen ask_raw(const std::string& request) {
    const auto p = connect();
    p->send(request);
    return read_answer(*p, request.starts_with("HEAD"));
  }
  answer_seen get_raw(const std::string& target) {
    return ask_raw("GET " + target + " HTTP/1.1\r\nHost: x\r\n\r\n");
  }
  /// A client that has upgraded; the listener is listeners.back().
  std::unique_ptr<peer> upgraded(const std::string& target = "/ws", const std::string& more = {}) {
    const int before = opened;
    auto p = connect();
    p->send(upgrade_request(target, more));
    head = p->read_until("\r\n\r\n");
    EXPECT_TRUE(head.starts_with("HTTP/1.1 101 ")) << head;
    EXPECT_TRUE(eventually([&] { return opened == before + 1; }));
    return p;
  }
  recording_listener& listener() { return *listeners.back(); }
  bool saw(const std::string& note) {
    const std::scoped_lock lock(mutex);
    for (const std::string& n : notes)
      if (n.find(note) != std::string::npos) return true;
    return false;
  }
  /// Nothing is left of all that came and went.
  bool empty() {
    return eventually([this] {
      const auto s = server->stats();
      return s.connections == 0 && s.websockets == 0 && s.bytes_queued == 0 && s.bytes_input == 0;
    });
  }

  io_thread io;
  http_server_limits limits;
  std::optional<http_server> server;
  std::uint16_t port = 0;
  websocket_accept accept;
  std::size_t body_limit = 1'000'000;
  shared_bytes big = share(std::string(3'000'000, 'b'));
  std::string head; // of the last upgrade
  std::atomic<int> waiting{0};
  std::atomic<int> gone{0};
  std::atomic<int> opened{0};
  std::atomic<int> serious{0};
  // On the io thread.
  std::vector<std::shared_ptr<http_exchange>> kept;
  std::vector<std::shared_ptr<body_writer>> writers;
  std::vector<std::shared_ptr<recording_listener>> listeners;
  std::mutex mutex;
  std::vector<std::string> notes;
};

} // namespace dockhost::net::test
