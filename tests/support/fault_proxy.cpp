// SPDX-License-Identifier: MIT
#include "tests/support/fault_proxy.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <stdexcept>
#include <string_view>
#include <vector>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace dockhost::test {
namespace {

struct address {
  ::sockaddr_storage storage{};
  ::socklen_t size = 0;
  std::string unix_path;

  explicit address(const std::string& url) {
    const std::string unix_scheme = "unix://", tcp_scheme = "tcp://127.0.0.1:";
    if (url.starts_with(unix_scheme)) {
      unix_path = url.substr(unix_scheme.size());
      ::sockaddr_un a{};
      a.sun_family = AF_UNIX;
      if (unix_path.size() >= sizeof a.sun_path) throw std::runtime_error("socket path too long");
      std::copy(unix_path.begin(), unix_path.end(), a.sun_path);
      std::memcpy(&storage, &a, sizeof a);
      size = sizeof a;
    } else if (url.starts_with(tcp_scheme)) {
      ::sockaddr_in a{};
      a.sin_family = AF_INET;
      a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      a.sin_port = htons(static_cast<std::uint16_t>(std::stoi(url.substr(tcp_scheme.size()))));
      std::memcpy(&storage, &a, sizeof a);
      size = sizeof a;
    } else {
      throw std::runtime_error("not an address of the proxy: " + url);
    }
  }
  [[nodiscard]] const ::sockaddr* get() const {
    return reinterpret_cast<const ::sockaddr*>(&storage);
  }
  [[nodiscard]] int socket(int flags) const {
    return ::socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
  }
};

/// Sends all of it; the proxy may block for a moment, the tests' peers read.
bool send_all(int fd, const char* data, std::size_t size) {
  while (size > 0) {
    const auto n = ::send(fd, data, size, MSG_NOSIGNAL);
    if (n <= 0) return false;
    data += n;
    size -= static_cast<std::size_t>(n);
  }
  return true;
}

} // namespace

struct fault_proxy::link {
  int client = -1;
  int server = -1;
  bool client_done = false; ///< half-closed by that side
  bool server_done = false;
  bool follows = false; ///< a log

  ~link() {
    ::close(client);
    ::close(server);
  }
};

fault_proxy::fault_proxy(const std::string& listen, std::string target)
    : target_(std::move(target)) {
  const address where(listen);
  listener_ = where.socket(0);
  if (::bind(listener_, where.get(), where.size) != 0 || ::listen(listener_, 128) != 0)
    throw std::runtime_error("the proxy could not listen on " + listen);
  unix_path_ = where.unix_path;
  if (unix_path_.empty()) {
    ::sockaddr_in a{};
    ::socklen_t size = sizeof a;
    ::getsockname(listener_, reinterpret_cast<::sockaddr*>(&a), &size);
    port_ = ntohs(a.sin_port);
  }
  thread_ = std::thread([this] { run(); });
}

fault_proxy::~fault_proxy() {
  done_ = true;
  thread_.join();
  ::close(listener_);
  if (!unix_path_.empty()) ::unlink(unix_path_.c_str());
}

void fault_proxy::run() {
  std::vector<std::unique_ptr<link>> links;
  std::array<char, 64 * 1024> buffer;
  std::size_t last_size = 0; // of what passed last
  // False when the connection is over. `from` stays readable at its end, hence the flag.
  const auto pass = [&](int from, int to, bool& over, bool forward) {
    const auto n = ::recv(from, buffer.data(), buffer.size(), 0);
    if (n < 0) return false;
    last_size = static_cast<std::size_t>(n);
    if (n == 0) {
      over = true;
      ::shutdown(to, SHUT_WR);
      return true;
    }
    return !forward || send_all(to, buffer.data(), static_cast<std::size_t>(n));
  };
  while (!done_) {
    if (cutting_) links.clear();
    open_ = links.size();
    followed_ = static_cast<std::size_t>(std::count_if(
        links.begin(), links.end(), [](const auto& l) { return l->follows && !l->client_done; }));
    most_followed_ = std::max<std::size_t>(most_followed_, followed_);
    std::vector<::pollfd> fds{{listener_, POLLIN, 0}};
    for (const auto& one : links) {
      const bool moving = !stalled_;
      fds.push_back({moving && !one->client_done ? one->client : -1, POLLIN, 0});
      fds.push_back({moving && !one->server_done ? one->server : -1, POLLIN, 0});
    }
    constexpr int tick_ms = 5; // how soon an order is obeyed
    ::poll(fds.data(), fds.size(), tick_ms);
    std::vector<std::size_t> ended;
    for (std::size_t i = 0; i < links.size(); ++i) {
      auto& one = *links[i];
      bool alive = true;
      if (fds[1 + 2 * i].revents != 0) {
        alive = pass(one.client, one.server, one.client_done, true);
        const std::string_view request(buffer.data(), alive ? last_size : 0);
        one.follows = one.follows || (request.find("/logs?") != request.npos &&
                                      request.find("follow=1") != request.npos);
        ++received_;
      }
      if (alive && fds[2 + 2 * i].revents != 0)
        alive = pass(one.server, one.client, one.server_done, !swallowing_);
      if (!alive || (one.client_done && one.server_done)) ended.push_back(i);
    }
    for (auto i = ended.rbegin(); i != ended.rend(); ++i)
      links.erase(links.begin() + static_cast<std::ptrdiff_t>(*i));
    if (fds[0].revents == 0) continue;
    auto fresh = std::make_unique<link>();
    fresh->client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fresh->client < 0 || cutting_) continue;
    ++accepted_;
    const address server(target_);
    fresh->server = server.socket(0);
    if (::connect(fresh->server, server.get(), server.size) == 0) links.push_back(std::move(fresh));
  }
}

} // namespace dockhost::test
