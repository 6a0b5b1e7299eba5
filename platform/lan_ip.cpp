// SPDX-License-Identifier: MIT
#include "platform/machine.hpp"
#include "platform/unique_fd.hpp"

#include <array>
#include <cstring>
#include <memory>
#include <string_view>

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace dockhost::platform {

namespace {

/// The text of an address that others can reach; nullopt for the rest.
std::optional<std::string> usable(const sockaddr* address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address->sa_family == AF_INET) {
    sockaddr_in in{};
    std::memcpy(&in, address, sizeof in);
    const auto host = ntohl(in.sin_addr.s_addr);
    const bool loopback = (host >> 24) == 127;
    const bool link_local = (host >> 16) == 0xA9FE; // 169.254/16
    if (host == 0 || loopback || link_local) return std::nullopt;
    return ::inet_ntop(AF_INET, &in.sin_addr, text.data(), text.size());
  }
  if (address->sa_family == AF_INET6) {
    sockaddr_in6 in{};
    std::memcpy(&in, address, sizeof in);
    if (IN6_IS_ADDR_LOOPBACK(&in.sin6_addr) || IN6_IS_ADDR_LINKLOCAL(&in.sin6_addr) ||
        IN6_IS_ADDR_UNSPECIFIED(&in.sin6_addr)) {
      return std::nullopt;
    }
    return ::inet_ntop(AF_INET6, &in.sin6_addr, text.data(), text.size());
  }
  return std::nullopt;
}

/// Which address the kernel would send from. Connecting a datagram socket only chooses the route.
template <class Address>
std::optional<std::string> source_towards(const Address& target, int family) {
  const unique_fd fd(::socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!fd) return std::nullopt;
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&target), sizeof target) != 0) {
    return std::nullopt;
  }
  sockaddr_storage own{};
  socklen_t size = sizeof own;
  if (::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&own), &size) != 0) return std::nullopt;
  return usable(reinterpret_cast<const sockaddr*>(&own));
}

bool container_bridge(std::string_view name) {
  return name.starts_with("docker") || name.starts_with("br-") || name.starts_with("veth") ||
         name.starts_with("virbr");
}

std::optional<std::string> first_interface() {
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return std::nullopt;
  const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> owner(list, &::freeifaddrs);
  for (const int family : {AF_INET, AF_INET6}) {
    for (const ifaddrs* each = list; each != nullptr; each = each->ifa_next) {
      if (each->ifa_addr == nullptr || each->ifa_addr->sa_family != family) continue;
      if ((each->ifa_flags & IFF_UP) == 0 || (each->ifa_flags & IFF_LOOPBACK) != 0) continue;
      if (container_bridge(each->ifa_name)) continue;
      if (auto found = usable(each->ifa_addr)) return found;
    }
  }
  return std::nullopt;
}

} // namespace

std::optional<std::string> lan_ip() {
  // Documentation addresses (RFC 5737, RFC 3849): routed like any other, owned by nobody.
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(9);
  ::inet_pton(AF_INET, "192.0.2.1", &v4.sin_addr);
  if (auto found = source_towards(v4, AF_INET)) return found;
  if (auto found = first_interface(); found && found->find(':') == std::string::npos) return found;
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(9);
  ::inet_pton(AF_INET6, "2001:db8::1", &v6.sin6_addr);
  if (auto found = source_towards(v6, AF_INET6)) return found;
  return first_interface();
}

} // namespace dockhost::platform
