// SPDX-License-Identifier: MIT
#include "tests/support/scripted_server.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <stdexcept>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace dockhost::test {

scripted_server::scripted_server(const std::string& unix_path, script what)
    : script_(std::move(what)), path_(unix_path) {
  ::sockaddr_un a{};
  a.sun_family = AF_UNIX;
  if (path_.size() >= sizeof a.sun_path) throw std::runtime_error("socket path too long");
  std::copy(path_.begin(), path_.end(), a.sun_path);
  listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (::bind(listener_, reinterpret_cast<const ::sockaddr*>(&a), sizeof a) != 0 ||
      ::listen(listener_, 16) != 0 || ::pipe2(stop_, O_CLOEXEC) != 0)
    throw std::runtime_error("the scripted server could not listen");
  thread_ = std::thread([this] { run(); });
}

scripted_server::~scripted_server() {
  ::close(stop_[1]); // its reading end becomes readable
  thread_.join();
  ::close(stop_[0]);
  ::close(listener_);
  ::unlink(path_.c_str());
}

std::vector<std::string> scripted_server::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

scripted_server::answer scripted_server::reply(int status, const std::string& body,
                                               const std::string& headers) {
  return {{"HTTP/1.1 " + std::to_string(status) + " X\r\nConnection: close\r\n" + headers +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body},
          false};
}

std::string scripted_server::stream_head() {
  return "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: application/json\r\n\r\n";
}

void scripted_server::run() {
  struct client {
    int fd;
    std::string head;
    bool left_open = false;
  };
  std::vector<client> clients;
  for (;;) {
    std::vector<::pollfd> fds{{stop_[0], POLLIN, 0}, {listener_, POLLIN, 0}};
    for (const auto& one : clients)
      fds.push_back({one.fd, POLLIN, 0});
    ::poll(fds.data(), fds.size(), -1);
    if (fds[0].revents != 0) break;
    const auto known = clients.size();
    if (fds[1].revents != 0)
      clients.push_back({::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC), {}, false});
    for (std::size_t i = known; i-- > 0;) {
      if (fds[2 + i].revents == 0) continue;
      auto& one = clients[i];
      std::array<char, 4096> buffer;
      const auto n = ::recv(one.fd, buffer.data(), buffer.size(), 0);
      bool over = n <= 0;
      if (!over && !one.left_open) {
        one.head.append(buffer.data(), static_cast<std::size_t>(n));
        if (one.head.find("\r\n\r\n") != one.head.npos) {
          const auto line = one.head.substr(0, one.head.find("\r\n"));
          {
            const std::lock_guard lock(mutex_);
            requests_.push_back(line);
          }
          const auto said = script_(line);
          for (const auto& piece : said.pieces)
            ::send(one.fd, piece.data(), piece.size(), MSG_NOSIGNAL);
          one.left_open = said.leave_open;
          over = !said.leave_open;
        }
      }
      if (!over) continue;
      ::close(one.fd);
      clients.erase(clients.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }
  for (const auto& one : clients)
    ::close(one.fd);
}

} // namespace dockhost::test
