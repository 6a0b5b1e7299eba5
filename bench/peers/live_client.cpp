// SPDX-License-Identifier: MIT
#include "bench/peers/live_client.hpp"

#include <array>
#include <cerrno>
#include <stdexcept>

#include <sys/epoll.h>
#include <sys/socket.h>

namespace dockhost::bench {

namespace {

constexpr std::string_view request =
    "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: localhost\r\n"
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: bWVhc3VyaW5nIHBlZXJzIQ==\r\n\r\n";
constexpr std::string_view head_end = "\r\n\r\n";

/// Bytes of a frame's header and payload (RFC 6455, section 5.2; servers do not mask).
struct frame_size {
  std::size_t head = 0; ///< 0: not all of it is there yet
  std::size_t payload = 0;
};

frame_size measure(std::string_view bytes) {
  if (bytes.size() < 2) return {};
  const auto at = [&](std::size_t i) { return static_cast<std::uint8_t>(bytes[i]); };
  const std::size_t length = at(1) & 0x7fU;
  if (length < 126) return {2, length};
  const std::size_t extra = length == 126 ? 2 : 8;
  if (bytes.size() < 2 + extra) return {};
  std::size_t size = 0;
  for (std::size_t i = 0; i < extra; ++i)
    size = size << 8U | at(2 + i);
  return {2 + extra, size};
}

} // namespace

live_client::live_client(std::uint16_t port) : fd_(connect_tcp(port)) {
  no_delay(fd_.get());
  if (!send_all(fd_.get(), request)) throw std::runtime_error("the live view is gone");
  std::size_t end = 0;
  while ((end = pending_.find(head_end)) == std::string::npos) {
    if (receive_some(fd_.get(), pending_) != received::bytes) {
      throw std::runtime_error("the live view does not shake hands");
    }
  }
  if (!pending_.starts_with("HTTP/1.1 101 ")) {
    throw std::runtime_error("the live view refuses: " + pending_.substr(0, pending_.find('\r')));
  }
  pending_.erase(0, end + head_end.size());
}

void live_client::send(std::string_view packet) {
  // A mask of zeros leaves the payload as it is.
  std::string frame = "\x81";
  if (packet.size() < 126) {
    frame += static_cast<char>(0x80U | packet.size());
  } else {
    frame += '\xfe';
    frame += static_cast<char>(packet.size() >> 8U);
    frame += static_cast<char>(packet.size() & 0xffU);
  }
  frame.append(4, '\0').append(packet);
  if (!send_all(fd_.get(), frame)) throw std::runtime_error("the live view is gone");
}

bool live_client::receive(const heard& each) {
  std::array<char, 65'536> buffer;
  const auto n = ::recv(fd_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (n < 0) return errno == EAGAIN || errno == EINTR;
  const auto at = now_ns();
  if (n == 0) return false;
  pending_.append(buffer.data(), static_cast<std::size_t>(n));
  return take(each, at);
}

bool live_client::take(const heard& each, std::int64_t at) {
  std::string_view rest = pending_;
  for (auto size = measure(rest); size.head != 0 && rest.size() >= size.head + size.payload;
       size = measure(rest)) {
    const int op = rest[0] & 0x0f;
    const auto payload = rest.substr(size.head, size.payload);
    if (op == 8) return false;
    if (payload == "2") {
      send("3");
    } else {
      each(payload, at);
    }
    rest.remove_prefix(size.head + size.payload);
  }
  pending_.erase(0, pending_.size() - rest.size());
  return true;
}

namespace {

class turns {
public:
  turns(std::vector<live_client>& clients, int stop_fd, const on_packet& heard)
      : clients_(clients), heard_(heard) {
    for (std::size_t i = 0; i < clients.size(); ++i)
      watch(clients[i].fd(), i);
    if (stop_fd >= 0) watch(stop_fd, clients.size());
  }

  /// Waits for something, `milliseconds` at most (-1: for ever). False: at `stop_fd`.
  bool turn(int milliseconds) {
    std::array<epoll_event, 256> ready;
    const int n =
        ::epoll_wait(poll_.get(), ready.data(), static_cast<int>(ready.size()), milliseconds);
    for (int i = 0; i < n; ++i) {
      const auto number = ready[static_cast<std::size_t>(i)].data.u64;
      if (number == clients_.size()) return false;
      const bool there = clients_[number].receive(
          [&](std::string_view packet, std::int64_t at) { heard_(number, packet, at); });
      if (!there) throw std::runtime_error("the live view has closed a connection");
    }
    return true;
  }

private:
  void watch(int fd, std::size_t number) {
    epoll_event e{};
    e.events = EPOLLIN;
    e.data.u64 = number;
    if (::epoll_ctl(poll_.get(), EPOLL_CTL_ADD, fd, &e) != 0) throw std::runtime_error("epoll_ctl");
  }

  std::vector<live_client>& clients_;
  const on_packet& heard_;
  const unique_fd poll_{::epoll_create1(EPOLL_CLOEXEC)};
};

} // namespace

void serve(std::vector<live_client>& clients, int stop_fd, const on_packet& heard) {
  turns all(clients, stop_fd, heard);
  while (all.turn(-1)) {
  }
}

bool serve_until(std::vector<live_client>& clients, const on_packet& heard,
                 const std::function<bool()>& done, std::chrono::nanoseconds limit) {
  turns all(clients, -1, heard);
  const auto end = now_ns() + limit.count();
  while (!done()) {
    if (now_ns() > end) return false;
    static_cast<void>(all.turn(2));
  }
  return true;
}

std::vector<live_client> join(std::uint16_t port, std::size_t clients, std::string_view until) {
  std::vector<live_client> out;
  for (std::size_t i = 0; i < clients; ++i)
    out.emplace_back(port);
  for (auto& each : out)
    each.send("40");
  std::size_t waiting = clients;
  const bool in = serve_until(
      out,
      [&](std::size_t, std::string_view packet, std::int64_t) {
        if (packet.starts_with(until)) --waiting;
      },
      [&] { return waiting == 0; }, std::chrono::seconds(60));
  if (!in) throw std::runtime_error("the live view lets nobody in");
  return out;
}

} // namespace dockhost::bench
