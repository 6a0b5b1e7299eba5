// SPDX-License-Identifier: MIT
#include "bench/peers/websocket.hpp"

#include "bench/peers/sha1.hpp"
#include "core/base64.hpp"

#include <cctype>
#include <cstddef>
#include <stdexcept>
#include <utility>

#include <sys/socket.h>
#include <sys/time.h>

namespace dockhost::bench {

namespace {

enum opcode { text = 1, close = 8, ping = 9, pong = 10 };

// Masking is there against caches between the two sides; there are none here.
constexpr std::string_view mask = "\x5a\xc3\x17\x8e";
constexpr std::string_view accept_suffix = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"; // section 1.3
constexpr std::string_view client_key = "bWVhc3VyaW5nIHBlZXJzIQ==";

std::string header(std::string_view head, std::string_view lower_name) {
  for (std::size_t at = head.find("\r\n"); at != std::string_view::npos;
       at = head.find("\r\n", at + 2)) {
    const auto line = head.substr(at + 2, head.find("\r\n", at + 2) - at - 2);
    const auto colon = line.find(':');
    if (colon != lower_name.size()) continue;
    bool same = true;
    for (std::size_t i = 0; i < colon; ++i)
      same = same && std::tolower(static_cast<unsigned char>(line[i])) == lower_name[i];
    if (!same) continue;
    const auto from = line.find_first_not_of(" \t", colon + 1);
    return from == std::string_view::npos ? std::string() : std::string(line.substr(from));
  }
  return {};
}

void append_big_endian(std::string& out, std::uint64_t n, int bytes) {
  for (int i = bytes - 1; i >= 0; --i)
    out += static_cast<char>((n >> (8 * i)) & 0xff);
}

} // namespace

websocket::websocket(unique_fd accepted) : fd_(std::move(accepted)), side_(side::server) {
  no_delay(fd_.get());
  const auto request = head();
  auto key = header(request, "sec-websocket-key");
  if (key.empty() || !request.starts_with("GET ")) {
    static_cast<void>(send_all(fd_.get(), "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"));
    throw std::runtime_error("no WebSocket handshake");
  }
  target_ = request.substr(4, request.find(' ', 4) - 4);
  if (!send_all(fd_.get(), "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                           "Connection: Upgrade\r\nSec-WebSocket-Accept: " +
                               base64_encode(sha1(key.append(accept_suffix))) + "\r\n\r\n"))
    throw std::runtime_error("the client went away");
}

websocket::websocket(unique_fd connected, std::string_view target)
    : fd_(std::move(connected)), side_(side::client) {
  no_delay(fd_.get());
  std::string request = "GET ";
  request.append(target).append(" HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
                                "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                                "Sec-WebSocket-Key: ");
  request.append(client_key).append("\r\n\r\n");
  if (!send_all(fd_.get(), request) || !head().starts_with("HTTP/1.1 101 "))
    throw std::runtime_error("the handshake was refused");
}

void websocket::quiet_after(std::chrono::seconds time) {
  timeval value{};
  value.tv_sec = time.count();
  if (::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &value, sizeof value) != 0)
    throw std::runtime_error("SO_RCVTIMEO");
}

std::int64_t websocket::send(std::string_view packet) {
  return send_frame(opcode::text, packet);
}

void websocket::end() {
  ::shutdown(fd_.get(), SHUT_RDWR);
}

websocket::heard websocket::receive(message& out) {
  for (;;) {
    frame next;
    while (!take_frame(next)) {
      const auto got = receive_some(fd_.get(), pending_);
      read_at_ = now_ns();
      if (got == received::nothing) return heard::quiet;
      if (got == received::end) return heard::end;
    }
    if (next.op == opcode::close) {
      send_frame(opcode::close, {});
      ::shutdown(fd_.get(), SHUT_WR);
      return heard::end;
    }
    if (next.op == opcode::ping) send_frame(opcode::pong, next.payload);
    if (next.op >= opcode::close) continue;
    begun_ += next.payload;
    if (!next.last) continue;
    out.text = std::move(begun_);
    out.at = read_at_;
    begun_.clear();
    return heard::message;
  }
}

/// The first line and the headers that the other side sends first.
std::string websocket::head() {
  for (;;) {
    const auto end = pending_.find("\r\n\r\n");
    if (end != std::string::npos) {
      auto out = pending_.substr(0, end + 2);
      pending_.erase(0, end + 4);
      return out;
    }
    if (receive_some(fd_.get(), pending_) != received::bytes)
      throw std::runtime_error("the connection ended in its handshake");
  }
}

/// False while it is not there as a whole.
bool websocket::take_frame(frame& out) {
  const auto byte = [this](std::size_t i) { return static_cast<unsigned char>(pending_[i]); };
  if (pending_.size() < 2) return false;
  std::size_t length = byte(1) & 127U;
  std::size_t at = 2;
  if (length >= 126) {
    const std::size_t bytes = length == 126 ? 2 : 8;
    if (pending_.size() < at + bytes) return false;
    length = 0;
    for (; at < 2 + bytes; ++at)
      length = length << 8 | byte(at);
  }
  const std::size_t key = at;
  const bool masked = (byte(1) & 128U) != 0;
  if (masked) at += mask.size();
  if (pending_.size() < at + length) return false;
  out.last = (byte(0) & 128U) != 0;
  out.op = byte(0) & 15;
  out.payload = pending_.substr(at, length);
  for (std::size_t i = 0; masked && i < length; ++i)
    out.payload[i] = static_cast<char>(out.payload[i] ^ pending_[key + i % mask.size()]);
  pending_.erase(0, at + length);
  return true;
}

std::int64_t websocket::send_frame(int op, std::string_view payload) {
  const bool masks = side_ == side::client;
  const int mark = masks ? 128 : 0;
  std::string bytes(1, static_cast<char>(128 | op));
  if (payload.size() < 126) {
    bytes += static_cast<char>(mark | static_cast<int>(payload.size()));
  } else {
    const bool small = payload.size() < 65536;
    bytes += static_cast<char>(mark | (small ? 126 : 127));
    append_big_endian(bytes, payload.size(), small ? 2 : 8);
  }
  if (masks) bytes += mask;
  const auto begin = bytes.size();
  bytes += payload;
  for (std::size_t i = 0; masks && i < payload.size(); ++i)
    bytes[begin + i] = static_cast<char>(bytes[begin + i] ^ mask[i % mask.size()]);
  const std::lock_guard lock(sending_);
  const auto at = now_ns();
  return send_all(fd_.get(), bytes) ? at : 0;
}

} // namespace dockhost::bench
