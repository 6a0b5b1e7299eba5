// SPDX-License-Identifier: MIT
#include "bench/peers/sockets.hpp"

#include <array>
#include <cerrno>
#include <ctime>
#include <system_error>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace dockhost::bench {

namespace {

constexpr int backlog = 128;

int checked(int result, const char* what) {
  if (result < 0) throw std::system_error(errno, std::generic_category(), what);
  return result;
}

unique_fd stream(int family) {
  return unique_fd(checked(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket"));
}

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

sockaddr_un named(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path)
    throw std::system_error(ENAMETOOLONG, std::generic_category(), path);
  path.copy(static_cast<char*>(address.sun_path), path.size());
  return address;
}

template <class Address>
const sockaddr* generic(const Address& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

} // namespace

std::int64_t now_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

unique_fd listen_tcp() {
  auto fd = stream(AF_INET);
  const auto address = loopback(0);
  checked(::bind(fd.get(), generic(address), sizeof address), "bind");
  checked(::listen(fd.get(), backlog), "listen");
  return fd;
}

std::uint16_t port_of(int listener) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  checked(::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size), "getsockname");
  return ntohs(address.sin_port);
}

unique_fd listen_unix(const std::string& path) {
  auto fd = stream(AF_UNIX);
  const auto address = named(path);
  ::unlink(path.c_str());
  checked(::bind(fd.get(), generic(address), sizeof address), "bind");
  checked(::listen(fd.get(), backlog), "listen");
  return fd;
}

unique_fd accept_one(int listener) {
  return unique_fd(checked(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC), "accept"));
}

unique_fd connect_tcp(std::uint16_t port) {
  auto fd = stream(AF_INET);
  const auto address = loopback(port);
  checked(::connect(fd.get(), generic(address), sizeof address), "connect");
  return fd;
}

unique_fd connect_unix(const std::string& path) {
  auto fd = stream(AF_UNIX);
  const auto address = named(path);
  checked(::connect(fd.get(), generic(address), sizeof address), path.c_str());
  return fd;
}

void no_delay(int fd) {
  const int on = 1;
  checked(::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on), "TCP_NODELAY");
}

bool send_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

received receive_some(int fd, std::string& into) {
  std::array<char, 65536> buffer; // left uninitialised: it is written before it is read
  for (;;) {
    const auto got = ::recv(fd, buffer.data(), buffer.size(), 0);
    if (got > 0) {
      into.append(buffer.data(), static_cast<std::size_t>(got));
      return received::bytes;
    }
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && (errno == EAGAIN)) return received::nothing;
    return received::end;
  }
}

} // namespace dockhost::bench
