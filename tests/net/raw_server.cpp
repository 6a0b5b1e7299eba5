// SPDX-License-Identifier: MIT
#include "tests/net/raw_server.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <stdexcept>

namespace dockhost::net::test {

namespace {

using namespace std::chrono_literals;
constexpr std::chrono::milliseconds patience = 10s;

void check(bool ok, const char* what) {
  if (!ok) throw std::runtime_error(what);
}

std::size_t content_length(std::string head) {
  std::ranges::transform(head, head.begin(), [](unsigned char c) { return ::tolower(c); });
  const auto at = head.find("\r\ncontent-length:");
  return at == std::string::npos ? 0 : std::stoul(head.substr(at + 17));
}

} // namespace

peer::peer(int fd, SSL_CTX* tls) : fd_(fd) {
  ::fcntl(fd_, F_SETFL, O_NONBLOCK);
  const int one = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  if (tls) {
    ssl_ = SSL_new(tls);
    SSL_set_fd(ssl_, fd_);
    SSL_set_accept_state(ssl_);
  }
}

peer::~peer() {
  close();
  SSL_free(ssl_);
}

bool peer::wait(short events, std::chrono::milliseconds time) {
  pollfd p{fd_, events, 0};
  return ::poll(&p, 1, static_cast<int>(time.count())) == 1;
}

std::string peer::read_some(std::size_t max) {
  if (!ahead_.empty()) {
    std::string got = ahead_.substr(0, max);
    ahead_.erase(0, got.size());
    return got;
  }
  max = std::min<std::size_t>(max, 65536);
  std::string into(max, '\0');
  for (;;) {
    if (ssl_) {
      const int n = SSL_read(ssl_, into.data(), static_cast<int>(max));
      if (n > 0) {
        into.resize(static_cast<std::size_t>(n));
        return into;
      }
      const int why = SSL_get_error(ssl_, n);
      if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE) return {};
    } else {
      const auto n = ::recv(fd_, into.data(), max, 0);
      if (n > 0) {
        into.resize(static_cast<std::size_t>(n));
        return into;
      }
      if (n == 0 || errno != EAGAIN) return {};
    }
    if (!wait(POLLIN, patience)) return {};
  }
}

std::string peer::read_until(std::string_view mark) {
  std::string all;
  for (;;) {
    if (const auto at = all.find(mark); at != std::string::npos) {
      ahead_.insert(0, all.substr(at + mark.size()));
      all.resize(at + mark.size());
      return all;
    }
    const std::string more = read_some();
    if (more.empty()) return all;
    all += more;
  }
}

std::string peer::read_exactly(std::size_t n) {
  std::string all;
  while (all.size() < n) {
    const std::string more = read_some(n - all.size());
    if (more.empty()) break;
    all += more;
  }
  return all;
}

std::string peer::read_request() {
  std::string head = read_until("\r\n\r\n");
  return head + read_exactly(content_length(head));
}

bool peer::send(std::string_view bytes) {
  while (!bytes.empty()) {
    if (ssl_) {
      const int n = SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size()));
      if (n > 0) {
        bytes.remove_prefix(static_cast<std::size_t>(n));
        continue;
      }
      const int why = SSL_get_error(ssl_, n);
      if (why == SSL_ERROR_WANT_READ && wait(POLLIN, patience)) continue;
      if (why == SSL_ERROR_WANT_WRITE && wait(POLLOUT, patience)) continue;
      return false;
    }
    const auto n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(n));
    } else if (errno != EAGAIN || !wait(POLLOUT, patience)) {
      return false;
    }
  }
  return true;
}

std::size_t peer::send_until_stuck(std::string_view chunk, std::chrono::milliseconds quiet,
                                   std::size_t max) {
  std::size_t sent = 0;
  std::string_view rest = chunk;
  while (sent < max) {
    const auto n = ::send(fd_, rest.data(), rest.size(), MSG_NOSIGNAL);
    if (n > 0) {
      sent += static_cast<std::size_t>(n);
      rest.remove_prefix(static_cast<std::size_t>(n));
      if (rest.empty()) rest = chunk;
    } else if (errno != EAGAIN || !wait(POLLOUT, quiet)) {
      break;
    }
  }
  return sent;
}

bool peer::wait_closed() {
  const auto end = std::chrono::steady_clock::now() + patience;
  char sink[4096];
  while (std::chrono::steady_clock::now() < end) {
    const auto n = ::recv(fd_, sink, sizeof sink, 0);
    if (n == 0 || (n < 0 && errno != EAGAIN)) return true;
    if (n < 0) wait(POLLIN, patience);
  }
  return false;
}

void peer::close() {
  if (fd_ < 0) return;
  if (ssl_) SSL_shutdown(ssl_);
  const std::scoped_lock lock(mutex_);
  ::close(fd_);
  fd_ = -1;
}

void peer::reset() {
  const linger hard{1, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
  const std::scoped_lock lock(mutex_);
  ::close(fd_);
  fd_ = -1;
}

void peer::shut_down() {
  const std::scoped_lock lock(mutex_);
  if (fd_ >= 0) ::shutdown(fd_, SHUT_RDWR);
}

raw_server::raw_server(script run, std::string unix_path, SSL_CTX* tls, bool ipv6)
    : run_(std::move(run)), tls_(tls) {
  ::signal(SIGPIPE, SIG_IGN); // OpenSSL writes without MSG_NOSIGNAL
  if (!unix_path.empty()) {
    sockaddr_un a{};
    a.sun_family = AF_UNIX;
    check(unix_path.size() < sizeof a.sun_path, "path too long");
    unix_path.copy(a.sun_path, unix_path.size());
    fd_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    check(::bind(fd_, reinterpret_cast<sockaddr*>(&a), sizeof a) == 0, "bind");
    where_.unix_path = std::move(unix_path);
  } else {
    sockaddr_storage a{};
    socklen_t size = ipv6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
    if (ipv6) {
      auto& six = reinterpret_cast<sockaddr_in6&>(a);
      six.sin6_family = AF_INET6;
      six.sin6_addr = in6addr_loopback;
    } else {
      auto& four = reinterpret_cast<sockaddr_in&>(a);
      four.sin_family = AF_INET;
      four.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    }
    fd_ = ::socket(ipv6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    check(::bind(fd_, reinterpret_cast<sockaddr*>(&a), size) == 0, "bind");
    check(::getsockname(fd_, reinterpret_cast<sockaddr*>(&a), &size) == 0, "getsockname");
    where_.host = ipv6 ? "::1" : "127.0.0.1";
    where_.port = ntohs(ipv6 ? reinterpret_cast<sockaddr_in6&>(a).sin6_port
                             : reinterpret_cast<sockaddr_in&>(a).sin_port);
  }
  where_.tls = tls != nullptr;
  check(::listen(fd_, where_.unix_path.empty() ? 128 : 16) == 0, "listen");
  acceptor_ = std::thread([this] { accept_all(); });
}

raw_server::~raw_server() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
    for (peer& p : peers_)
      p.shut_down();
  }
  ::shutdown(fd_, SHUT_RDWR);
  acceptor_.join();
  for (std::thread& t : threads_)
    t.join();
  ::close(fd_);
  if (!where_.unix_path.empty()) ::unlink(where_.unix_path.c_str());
}

void raw_server::accept_all() {
  for (;;) {
    const int fd = ::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) return;
    const std::scoped_lock lock(mutex_);
    peer& p = peers_.emplace_back(fd, tls_);
    const int n = accepted_++;
    if (stopping_) return;
    threads_.emplace_back([this, &p, n] { run_(p, n); });
  }
}

temp_folder::temp_folder() {
  std::string name = (std::filesystem::temp_directory_path() / "dockhost-net-XXXXXX").string();
  check(::mkdtemp(name.data()) != nullptr, "mkdtemp");
  path_ = name;
}

temp_folder::~temp_folder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

bool eventually(const std::function<bool()>& condition) {
  const auto end = std::chrono::steady_clock::now() + patience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(1ms);
  }
  return true;
}

} // namespace dockhost::net::test
