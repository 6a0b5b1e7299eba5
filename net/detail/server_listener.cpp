// SPDX-License-Identifier: MIT
#include "net/detail/server_listener.hpp"

#include "net/detail/errors.hpp"
#include "net/detail/http_session.hpp"
#include "net/detail/server_connection.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace dockhost::net::detail {

namespace {

using namespace std::chrono_literals;

constexpr int backlog = 1024;
/// Accepted in one turn, so that a flood doesn't starve those who are in.
constexpr int accepts_per_turn = 64;
/// Out of descriptors or memory: nothing is gained by asking at once again.
constexpr auto out_of_resources_pause = 100ms;

struct address_list {
  addrinfo* first = nullptr;
  ~address_list() {
    if (first) ::freeaddrinfo(first);
  }
};

std::string bind_problem(const listen_options& at, int number) {
  const std::string where = at.address + " port " + std::to_string(at.port);
  switch (number) {
  case EADDRINUSE: return where + " is taken by another program (EADDRINUSE)";
  case EADDRNOTAVAIL: return at.address + " is not an address of this machine (EADDRNOTAVAIL)";
  case EACCES: return where + " needs a permission that this process lacks (EACCES)";
  default: return where + " can't be listened on: " + errno_name(number);
  }
}

peer_address address_of(const sockaddr_storage& from, std::uint16_t& port) {
  peer_address out{};
  if (from.ss_family == AF_INET) {
    sockaddr_in four{};
    std::memcpy(&four, &from, sizeof four);
    out[10] = out[11] = 0xff;
    std::memcpy(out.data() + 12, &four.sin_addr, 4);
    port = ntohs(four.sin_port);
  } else {
    sockaddr_in6 six{};
    std::memcpy(&six, &from, sizeof six);
    std::memcpy(out.data(), &six.sin6_addr, out.size());
    port = ntohs(six.sin6_port);
  }
  return out;
}

} // namespace

server_listener::server_listener(std::shared_ptr<server_core> core, listen_options options,
                                 server_tls tls)
    : core_(std::move(core)), options_(std::move(options)), tls_(std::move(tls)),
      socket_(core_->io.ctx), pause_(core_->io.ctx) {}

server_listener::~server_listener() {
  if (fd_ >= 0) ::close(fd_);
}

basic_result<std::shared_ptr<server_listener>, std::string>
server_listener::open(std::shared_ptr<server_core> core, const listen_options& options) {
  server_tls tls;
  if (options.tls) {
    auto made = make_server_tls(*options.tls);
    if (!made) return fail(std::move(made).err());
    tls = std::move(made).value();
  }
  auto out = std::make_shared<server_listener>(std::move(core), options, std::move(tls));
  if (std::string problem = out->bind(); !problem.empty()) return fail(std::move(problem));
  return out;
}

std::string server_listener::bind() {
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE;
  hints.ai_socktype = SOCK_STREAM;
  address_list list;
  const std::string port = std::to_string(options_.port);
  if (options_.address.empty() ||
      ::getaddrinfo(options_.address.c_str(), port.c_str(), &hints, &list.first) != 0)
    return "\"" + options_.address +
           "\" is no address to listen on: a numeric one is needed, like "
           "127.0.0.1, 0.0.0.0 or ::";
  const addrinfo& where = *list.first;
  fd_ = ::socket(where.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd_ < 0) return bind_problem(options_, errno);
  const int on = 1;
  const int off = 0;
  ::setsockopt(fd_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (where.ai_family == AF_INET6) ::setsockopt(fd_, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  if (::bind(fd_, where.ai_addr, where.ai_addrlen) != 0 || ::listen(fd_, backlog) != 0)
    return bind_problem(options_, errno);
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  if (::getsockname(fd_, reinterpret_cast<sockaddr*>(&bound), &size) != 0)
    return bind_problem(options_, errno);
  static_cast<void>(address_of(bound, port_));
  return {};
}

void server_listener::start() {
  if (stopped_) return;
  error_code ec;
  socket_.assign(fd_, ec);
  if (ec) {
    core_->note(true, "accept", "can't wait for connections: " + ec.message());
    return;
  }
  fd_ = -1;
  wait();
}

void server_listener::stop() {
  stopped_ = true;
  error_code ignored;
  socket_.close(ignored);
  pause_.cancel();
}

void server_listener::wait() {
  socket_.async_wait(asio::posix::descriptor_base::wait_read,
                     [self = shared_from_this()](error_code ec) {
                       if (!ec) self->accept_some();
                     });
}

void server_listener::accept_some() {
  for (int i = 0; i < accepts_per_turn && !stopped_; ++i) {
    sockaddr_storage from{};
    socklen_t size = sizeof from;
    const int fd = ::accept4(socket_.native_handle(), reinterpret_cast<sockaddr*>(&from), &size,
                             SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
      take(fd, from);
      continue;
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK) break;
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
      return pause(errno);
    // Else that one connection is at fault (ECONNABORTED and what else the network reports).
  }
  if (!stopped_) wait();
}

void server_listener::pause(int why) {
  core_->note(true, "accept", "no new connections for a moment: accept " + errno_name(why));
  core_->make_room();
  pause_.expires_after(out_of_resources_pause);
  pause_.async_wait([self = shared_from_this()](error_code ec) {
    if (!ec && !self->stopped_) self->accept_some();
  });
}

void server_listener::take(int fd, const sockaddr_storage& from) {
  std::uint16_t from_port = 0;
  const peer_address address = address_of(from, from_port);
  if (!core_->admit(address)) {
    core_->note(false, "limit", "too many connections: one was refused", to_string(address));
    ::close(fd);
    return;
  }
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  io_socket socket(core_->io.ctx);
  error_code ec;
  socket.assign(asio::generic::stream_protocol(from.ss_family, IPPROTO_TCP), fd, ec);
  if (ec) {
    core_->note(true, "accept", "a connection can't be served: " + ec.message());
    ::close(fd);
    return;
  }
  const auto connection = std::make_shared<server_connection>(core_, std::move(socket), tls_.get(),
                                                              address, from_port, port_);
  connection->start(std::make_shared<http_session>(*connection));
}

} // namespace dockhost::net::detail
