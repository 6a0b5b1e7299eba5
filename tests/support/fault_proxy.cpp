// SPDX-License-Identifier: MIT
#include "tests/support/fault_proxy.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>
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

/// What one side sends to the other. Where that one takes nothing, only this direction waits.
struct one_way {
  int from = -1;
  int to = -1;
  bool over = false;   ///< half-closed by `from`
  std::string waiting; ///< for `to`

  [[nodiscard]] ::pollfd wants() const {
    if (!waiting.empty()) return {to, POLLOUT, 0};
    return {over ? -1 : from, POLLIN, 0};
  }
  /// Something of what it wants is there; `got` is what has come. False: the connection is over.
  bool move(std::string& got, bool forward) {
    if (waiting.empty()) {
      std::array<char, 64 * 1024> buffer;
      const auto n = ::recv(from, buffer.data(), buffer.size(), 0);
      if (n < 0) return false;
      if (n == 0) { // `from` stays readable at its end, hence the flag
        over = true;
        ::shutdown(to, SHUT_WR);
        return true;
      }
      got.assign(buffer.data(), static_cast<std::size_t>(n));
      if (!forward) return true;
      waiting = got;
    }
    const auto n = ::send(to, waiting.data(), waiting.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0) return errno == EAGAIN || errno == EWOULDBLOCK;
    waiting.erase(0, static_cast<std::size_t>(n));
    return true;
  }
};

} // namespace

struct fault_proxy::link {
  one_way request;
  one_way answer;
  bool follows = false; ///< a log

  ~link() {
    ::close(request.from);
    ::close(request.to);
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
  while (!done_) {
    if (cutting_) links.clear();
    open_ = links.size();
    followed_ = static_cast<std::size_t>(std::count_if(
        links.begin(), links.end(), [](const auto& l) { return l->follows && !l->request.over; }));
    most_followed_ = std::max<std::size_t>(most_followed_, followed_);
    std::vector<::pollfd> fds{{listener_, POLLIN, 0}};
    for (const auto& one : links) {
      const ::pollfd nothing{-1, 0, 0};
      fds.push_back(stalled_ ? nothing : one->request.wants());
      fds.push_back(stalled_ ? nothing : one->answer.wants());
    }
    constexpr int tick_ms = 5; // how soon an order is obeyed
    ::poll(fds.data(), fds.size(), tick_ms);
    std::vector<std::size_t> ended;
    for (std::size_t i = 0; i < links.size(); ++i) {
      auto& one = *links[i];
      bool alive = true;
      if (fds[1 + 2 * i].revents != 0) {
        std::string request;
        alive = one.request.move(request, true);
        one.follows = one.follows || (request.find("/logs?") != request.npos &&
                                      request.find("follow=1") != request.npos);
        if (!request.empty()) ++received_;
      }
      std::string answer;
      if (alive && fds[2 + 2 * i].revents != 0) alive = one.answer.move(answer, !swallowing_);
      if (!alive || (one.request.over && one.answer.over)) ended.push_back(i);
    }
    for (auto i = ended.rbegin(); i != ended.rend(); ++i)
      links.erase(links.begin() + static_cast<std::ptrdiff_t>(*i));
    if (fds[0].revents == 0) continue;
    auto fresh = std::make_unique<link>();
    fresh->request.from = fresh->answer.to = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fresh->request.from < 0 || cutting_) continue;
    ++accepted_;
    const address server(target_);
    fresh->request.to = fresh->answer.from = server.socket(0);
    if (::connect(fresh->request.to, server.get(), server.size) == 0)
      links.push_back(std::move(fresh));
  }
}

} // namespace dockhost::test
