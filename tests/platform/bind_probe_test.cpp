// SPDX-License-Identifier: MIT
#include "platform/bind_probe.hpp"

#include "platform/unique_fd.hpp"

#include <chrono>
#include <cstring>
#include <string>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace dockhost::platform {
namespace {

struct held {
  unique_fd fd;
  std::uint16_t port = 0;
};

enum class option { none, reuse };

/// Binds a socket; port 0 takes a free one.
held bind_socket(int family, const char* address, std::uint16_t port = 0,
                 option reuse = option::none, bool v6only = true) {
  held out{unique_fd(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0)), 0};
  const int on = 1;
  const int only = v6only ? 1 : 0;
  if (reuse == option::reuse) {
    ::setsockopt(out.fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  }
  sockaddr_storage storage{};
  socklen_t size = 0;
  if (family == AF_INET) {
    sockaddr_in in{};
    in.sin_family = AF_INET;
    in.sin_port = htons(port);
    inet_pton(AF_INET, address, &in.sin_addr);
    std::memcpy(&storage, &in, size = sizeof in);
  } else {
    ::setsockopt(out.fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof only);
    sockaddr_in6 in{};
    in.sin6_family = AF_INET6;
    in.sin6_port = htons(port);
    inet_pton(AF_INET6, address, &in.sin6_addr);
    std::memcpy(&storage, &in, size = sizeof in);
  }
  if (::bind(out.fd.get(), reinterpret_cast<sockaddr*>(&storage), size) != 0) return {};
  socklen_t length = sizeof storage;
  ::getsockname(out.fd.get(), reinterpret_cast<sockaddr*>(&storage), &length);
  in_port_t network_order = 0; // at the same place in both families
  std::memcpy(&network_order, reinterpret_cast<const char*>(&storage) + 2, sizeof network_order);
  out.port = ntohs(network_order);
  return out;
}

bool has_ipv6() {
  return bind_socket(AF_INET6, "::1").port != 0;
}

/// What holds on a machine without IPv6.
void expect_ipv4_alone_is_probed() {
  auto four = bind_socket(AF_INET, "0.0.0.0");
  ASSERT_NE(four.port, 0);
  EXPECT_FALSE(can_bind(four.port));
  four.fd = unique_fd();
  EXPECT_TRUE(can_bind(four.port)) << "what IPv6 lacks is not busy";
  EXPECT_FALSE(can_bind(four.port, "::1")) << "not this machine's address";
}

/// Leaves a connection in TIME_WAIT on a server's port, as an engine's proxy does; gives the port.
std::uint16_t leave_time_wait() {
  auto server = bind_socket(AF_INET, "127.0.0.1", 0, option::reuse);
  if (server.port == 0 || ::listen(server.fd.get(), 1) != 0) return 0;
  const unique_fd client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in in{};
  in.sin_family = AF_INET;
  in.sin_port = htons(server.port);
  inet_pton(AF_INET, "127.0.0.1", &in.sin_addr);
  if (::connect(client.get(), reinterpret_cast<sockaddr*>(&in), sizeof in) != 0) return 0;
  unique_fd accepted(::accept4(server.fd.get(), nullptr, nullptr, SOCK_CLOEXEC));
  accepted = unique_fd(); // the side that closes first waits
  pollfd ended{client.get(), POLLIN, 0};
  if (::poll(&ended, 1, 5'000) != 1) return 0;
  return server.port;
}

/// A network of the tests' own, so that nobody else on the machine takes or leaves a port
/// meanwhile.
class bind_probe : public ::testing::Test {
protected:
  static void SetUpTestSuite() {
    ASSERT_TRUE(::unshare(CLONE_NEWNET) == 0 || ::unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0)
        << "no right to make a network namespace: run this as root";
    const unique_fd any(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    ifreq loopback{};
    std::strcpy(loopback.ifr_name, "lo");
    loopback.ifr_flags = IFF_UP;
    ASSERT_EQ(::ioctl(any.get(), SIOCSIFFLAGS, &loopback), 0);
  }
};

TEST_F(bind_probe, a_free_port_is_free_and_stays_so) {
  const auto port = bind_socket(AF_INET, "0.0.0.0").port;
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(can_bind(port)) << "the probe must leave nothing behind";
  }
}

TEST_F(bind_probe, a_listener_is_busy) {
  const auto server = bind_socket(AF_INET, "0.0.0.0", 0, option::reuse);
  ASSERT_EQ(::listen(server.fd.get(), 1), 0);
  EXPECT_FALSE(can_bind(server.port));
}

TEST_F(bind_probe, a_listener_on_one_address_is_busy) {
  const auto server = bind_socket(AF_INET, "127.0.0.1", 0, option::reuse);
  ASSERT_EQ(::listen(server.fd.get(), 1), 0);
  EXPECT_FALSE(can_bind(server.port));
  EXPECT_FALSE(can_bind(server.port, "127.0.0.1"));
  EXPECT_TRUE(can_bind(server.port, "127.0.0.2"));
}

TEST_F(bind_probe, a_bound_socket_that_does_not_listen_is_busy) {
  const auto plain = bind_socket(AF_INET, "0.0.0.0");
  EXPECT_FALSE(can_bind(plain.port));
  const auto sharing = bind_socket(AF_INET, "0.0.0.0", 0, option::reuse);
  EXPECT_FALSE(can_bind(sharing.port)) << "SO_REUSEADDR on both sides would let the bind through";
  const auto local = bind_socket(AF_INET, "127.0.0.1", 0, option::reuse);
  EXPECT_FALSE(can_bind(local.port));
}

TEST_F(bind_probe, time_wait_is_free) {
  const auto port = leave_time_wait();
  ASSERT_NE(port, 0);
  ASSERT_EQ(bind_socket(AF_INET, "0.0.0.0", port).port, 0) << "no TIME_WAIT: nothing is tested";
  EXPECT_TRUE(can_bind(port));
  EXPECT_TRUE(can_bind(port, "127.0.0.1"));
}

TEST_F(bind_probe, time_wait_and_a_bound_socket_is_busy) {
  const auto port = leave_time_wait();
  ASSERT_NE(port, 0);
  const auto bound = bind_socket(AF_INET, "0.0.0.0", port, option::reuse);
  ASSERT_EQ(bound.port, port);
  EXPECT_FALSE(can_bind(port));
}

TEST_F(bind_probe, an_established_connection_is_busy) {
  auto server = bind_socket(AF_INET, "127.0.0.1", 0, option::reuse);
  ASSERT_EQ(::listen(server.fd.get(), 1), 0);
  const unique_fd client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in in{};
  in.sin_family = AF_INET;
  in.sin_port = htons(server.port);
  inet_pton(AF_INET, "127.0.0.1", &in.sin_addr);
  ASSERT_EQ(::connect(client.get(), reinterpret_cast<sockaddr*>(&in), sizeof in), 0);
  const unique_fd accepted(::accept4(server.fd.get(), nullptr, nullptr, SOCK_CLOEXEC));
  server.fd = unique_fd();
  EXPECT_FALSE(can_bind(server.port));
}

TEST_F(bind_probe, ipv6_alone_is_busy) {
  if (!has_ipv6()) return expect_ipv4_alone_is_probed();
  const auto six = bind_socket(AF_INET6, "::", 0, option::none);
  EXPECT_FALSE(can_bind(six.port));
  EXPECT_TRUE(can_bind(six.port, "127.0.0.1")) << "another family's address";
  const auto sharing = bind_socket(AF_INET6, "::", 0, option::reuse);
  EXPECT_FALSE(can_bind(sharing.port));
}

TEST_F(bind_probe, a_dual_stack_listener_is_busy) {
  if (!has_ipv6()) return expect_ipv4_alone_is_probed();
  const auto both = bind_socket(AF_INET6, "::", 0, option::reuse, false);
  ASSERT_EQ(::listen(both.fd.get(), 1), 0);
  EXPECT_FALSE(can_bind(both.port));
  EXPECT_FALSE(can_bind(both.port, "127.0.0.1"));
}

TEST_F(bind_probe, refuses_what_cannot_be_bound) {
  const auto port = bind_socket(AF_INET, "0.0.0.0").port;
  EXPECT_FALSE(can_bind(0));
  EXPECT_FALSE(can_bind(port, "192.0.2.1")) << "not this machine's address";
  EXPECT_FALSE(can_bind(port, "localhost")) << "not an address";
}

TEST_F(bind_probe, works_where_ipv6_is_switched_off) {
  const pid_t child = ::fork();
  if (child == 0) {
    if (::unshare(CLONE_NEWNET) != 0 && ::unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) ::_exit(77);
    // A new namespace's loopback is down, so its ::1 isn't there; the wildcard still binds unless
    // the switch is thrown. A kernel without IPv6 has no switch.
    const char* all = "/proc/sys/net/ipv6/conf/all/disable_ipv6";
    if (::access(all, F_OK) == 0) {
      FILE* file = std::fopen(all, "w");
      if (file == nullptr) ::_exit(78);
      std::fputs("1", file);
      if (std::fclose(file) != 0) ::_exit(78);
    }
    expect_ipv4_alone_is_probed();
    ::_exit(::testing::Test::HasFailure() ? 1 : 0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  ASSERT_NE(WEXITSTATUS(status), 77) << "no right to make a network namespace: run this as root";
  ASSERT_NE(WEXITSTATUS(status), 78) << "IPv6 could not be switched off in the namespace";
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

} // namespace
} // namespace dockhost::platform
