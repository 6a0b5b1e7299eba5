// SPDX-License-Identifier: MIT
// What an idle WebSocket costs.
#include "tests/net/server_fixture.hpp"

#include <malloc.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <fstream>

namespace dockhost::net::test {
namespace {

constexpr std::size_t clients = 5000;
constexpr std::size_t aim = 6 * 1024; // bytes each; the session's own come on top

/// A sanitizer's own memory would be measured: there the test only shows that all are served.
#if defined(DOCKHOST_SANITIZED) || defined(__SANITIZE_THREAD__)
constexpr bool memory_is_ours = false;
#else
constexpr bool memory_is_ours = true;
#endif

/// This process' private memory: what would be gone with it.
std::size_t private_bytes() {
  std::ifstream file("/proc/self/smaps_rollup");
  std::size_t all = 0;
  for (std::string word; file >> word;) {
    if (word != "Private_Clean:" && word != "Private_Dirty:") continue;
    std::size_t kilobytes = 0;
    file >> kilobytes;
    all += kilobytes * 1024;
  }
  return all;
}

bool allow_descriptors(std::size_t n) {
  rlimit r{};
  ::getrlimit(RLIMIT_NOFILE, &r);
  if (r.rlim_cur >= n) return true;
  if (r.rlim_max < n) return false;
  r.rlim_cur = n;
  return ::setrlimit(RLIMIT_NOFILE, &r) == 0;
}

/// The clients, in a process of their own so that their memory isn't counted: connect, upgrade,
/// exchange one message each, say so, and stay until the pipe is closed. System calls only.
[[noreturn]] void run_clients(int from_parent, int to_parent) {
  std::uint16_t port = 0;
  if (::read(from_parent, &port, sizeof port) != sizeof port) ::_exit(1);
  const std::string request = upgrade_request("/ws?echo");
  const std::string frame = client_message(opcode::text, "hello");
  std::vector<int> sockets;
  char answer[1024];
  for (std::size_t i = 0; i < clients; ++i) {
    const int fd = connect_to(port);
    if (fd < 0 || ::send(fd, request.data(), request.size(), 0) < 0) ::_exit(2);
    if (::recv(fd, answer, sizeof answer, 0) < 12) ::_exit(3);
    if (::send(fd, frame.data(), frame.size(), 0) < 0) ::_exit(4);
    if (::recv(fd, answer, 7, MSG_WAITALL) != 7) ::_exit(5);
    sockets.push_back(fd);
  }
  if (::write(to_parent, "k", 1) != 1) ::_exit(6);
  char end = 0;
  while (::read(from_parent, &end, 1) > 0) {
  }
  ::_exit(0);
}

/// What a client costs without keeping anything of its own.
struct quiet_listener : websocket_listener {
  std::shared_ptr<server_websocket> socket;
  void on_message(message_kind kind, std::string_view bytes) override {
    socket->send(kind, share(std::string(bytes)));
  }
  void on_closed(const websocket_end&) override { socket.reset(); }
};

TEST(IdleWebSockets, FiveThousandCostLittleMemory) {
  ASSERT_TRUE(allow_descriptors(clients + 100)) << "not enough file descriptors allowed";
  int down[2];
  int up[2];
  ASSERT_EQ(::pipe(down), 0);
  ASSERT_EQ(::pipe(up), 0);
  const pid_t child = ::fork(); // before any thread
  if (child == 0) {
    ::close(down[1]);
    run_clients(down[0], up[1]);
  }
  ::close(down[0]);
  ::close(up[1]);
  {
    io_thread io;
    http_server_limits limits;
    limits.max_connections_per_address = clients + 10;
    http_server server(io, limits,
                       {.on_request =
                            [](const std::shared_ptr<http_exchange>& e) {
                              auto l = std::make_shared<quiet_listener>();
                              l->socket = e->accept_websocket({}, l);
                            },
                        .on_note = {}});
    const auto port = server.listen({});
    ASSERT_TRUE(port.ok());
    ::malloc_trim(0);
    const std::size_t before = private_bytes();
    ASSERT_EQ(::write(down[1], &*port, sizeof(std::uint16_t)), 2);
    char done = 0;
    ASSERT_EQ(::read(up[0], &done, 1), 1) << "a client failed";
    ASSERT_TRUE(eventually([&] {
      const auto s = server.stats();
      return s.websockets == clients && s.bytes_queued == 0;
    }));
    const std::size_t after = private_bytes();
    const std::size_t each = (after - before) / clients;
    RecordProperty("bytes_per_idle_websocket", static_cast<int>(each));
    std::printf("%zu idle WebSockets: %zu bytes each\n", clients, each);
    if (memory_is_ours) {
      EXPECT_LT(each, aim);
    }
  }
  ::close(down[1]);
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  ::close(up[0]);
}

} // namespace
} // namespace dockhost::net::test
