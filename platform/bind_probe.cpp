// SPDX-License-Identifier: MIT
#include "platform/bind_probe.hpp"

#include "platform/file.hpp"
#include "platform/unique_fd.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <string_view>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace dockhost::platform {

namespace {

struct target {
  int family = AF_INET;
  bool any = true; ///< the wildcard address
  sockaddr_storage address{};
  socklen_t size = 0;
};

bool make_target(target& out, int family, const std::string& address, std::uint16_t port) {
  out.family = family;
  out.any = address.empty();
  if (family == AF_INET) {
    sockaddr_in in{};
    in.sin_family = AF_INET;
    in.sin_port = htons(port);
    if (!address.empty() && ::inet_pton(AF_INET, address.c_str(), &in.sin_addr) != 1) return false;
    std::memcpy(&out.address, &in, sizeof in);
    out.size = sizeof in;
    return true;
  }
  sockaddr_in6 in{};
  in.sin6_family = AF_INET6;
  in.sin6_port = htons(port);
  if (!address.empty() && ::inet_pton(AF_INET6, address.c_str(), &in.sin6_addr) != 1) return false;
  std::memcpy(&out.address, &in, sizeof in);
  out.size = sizeof in;
  return true;
}

enum class how { plain, both, reuse, elsewhere };

/// errno of a bind, 0 when it worked. `how::both` takes IPv4 along where it is IPv6; `how::reuse`
/// shares with connections that are closing; `how::elsewhere` may use an address that isn't ours.
int try_bind(const target& where, how mode) {
  const unique_fd fd(::socket(where.family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) return errno;
  const int on = 1;
  const int alone = mode == how::both ? 0 : 1;
  if (where.family == AF_INET6 &&
      ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &alone, sizeof alone) != 0) {
    return errno;
  }
  if (mode == how::reuse && ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0) {
    return errno;
  }
  if (mode == how::elsewhere) {
    const bool six = where.family == AF_INET6;
    if (::setsockopt(fd.get(), six ? IPPROTO_IPV6 : IPPROTO_IP, six ? IPV6_FREEBIND : IP_FREEBIND,
                     &on, sizeof on) != 0) {
      return errno;
    }
  }
  const auto* address = reinterpret_cast<const sockaddr*>(&where.address);
  return ::bind(fd.get(), address, where.size) == 0 ? 0 : errno;
}

/// Calls `fn(state)` for each connection in /proc/net/tcp or tcp6 with that local port. Lines look
/// like "  0: 0100007F:1F90 00000000:0000 0A ...", all hex.
template <class Function>
void each_connection(const std::string& path, std::uint16_t port, Function fn) {
  const auto text = read_file(path, 64 * 1024 * 1024);
  if (!text) return;
  std::string_view rest = *text;
  for (rest.remove_prefix(std::min(rest.find('\n'), rest.size())); !rest.empty();) {
    rest.remove_prefix(1);
    const auto line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(line.size());
    const auto index_end = line.find(": ");
    if (index_end == std::string_view::npos) continue;
    const auto colon = line.find(':', index_end + 1);
    const auto gap = line.find(' ', colon);
    if (colon == std::string_view::npos || gap == std::string_view::npos) continue;
    const auto state_at = line.find(' ', gap + 1);
    if (state_at == std::string_view::npos || state_at + 3 > line.size()) continue;
    unsigned local = 0;
    unsigned state = 0;
    std::from_chars(line.data() + colon + 1, line.data() + gap, local, 16);
    std::from_chars(line.data() + state_at + 1, line.data() + state_at + 3, state, 16);
    if (local == port) fn(state);
  }
}

/// Whether connections are there and every one is on its way out: FIN_WAIT1/2, TIME_WAIT, CLOSE,
/// LAST_ACK, CLOSING (include/net/tcp_states.h).
bool only_closing(std::uint16_t port) {
  bool any = false;
  bool all = true;
  for (const char* path : {"/proc/net/tcp", "/proc/net/tcp6"}) {
    each_connection(path, port, [&](unsigned state) {
      any = true;
      all = all && ((state >= 4 && state <= 7) || state == 9 || state == 11);
    });
  }
  return any && all;
}

/// A documentation address (RFC 5737, RFC 3849) at the same port: conflicts with a socket on the
/// wildcard address, and with no connection.
target nowhere(const target& like, std::uint16_t port) {
  target out;
  make_target(out, like.family, like.family == AF_INET ? "192.0.2.1" : "2001:db8::1", port);
  return out;
}

bool free_on(const target& where, std::uint16_t port) {
  // Without SO_REUSEADDR the kernel refuses whatever is there, TIME_WAIT included; with it, it also
  // overlooks sockets which set the option themselves and don't listen. So: free when the strict
  // bind works, busy when the lenient one fails, and in between only closing connections may be
  // the cause.
  switch (try_bind(where, how::plain)) {
  case 0: return true;
  case EADDRINUSE: break;
  // No IPv6 here: nothing can be bound on it, so nothing is.
  case EAFNOSUPPORT:
  case EADDRNOTAVAIL: return where.any && where.family == AF_INET6;
  default: return false;
  }
  if (try_bind(where, how::reuse) != 0 || !only_closing(port)) return false;
  return try_bind(nowhere(where, port), how::elsewhere) == 0;
}

} // namespace

bool can_bind(std::uint16_t port, const std::string& address) {
  if (port == 0) return false; // would ask the kernel for any port
  target where;
  if (address.empty()) {
    // One dual-stack socket collides with whatever either family has there, and is half the price
    // of two; where it fails, the families one by one know why.
    if (make_target(where, AF_INET6, address, port) && try_bind(where, how::both) == 0) return true;
    for (const int family : {AF_INET, AF_INET6}) {
      if (!make_target(where, family, address, port) || !free_on(where, port)) return false;
    }
    return true;
  }
  const int family = address.find(':') == std::string::npos ? AF_INET : AF_INET6;
  return make_target(where, family, address, port) && free_on(where, port);
}

} // namespace dockhost::platform
