// SPDX-License-Identifier: MIT
// A Socket.IO server in a process of its own, and raw peers of it that may break every rule.
#pragma once

#include "tests/e2e/support/child_process.hpp"
#include "tests/net/server_fixture.hpp"

#include <sys/resource.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

namespace dockhost::test {

inline constexpr std::size_t mebibyte = 1024 * 1024;

/// What a server keeps of freed memory: a sanitizer's quarantine and its shadow.
#if defined(DOCKHOST_SANITIZED)
inline constexpr std::size_t quarantine = 512 * mebibyte;
#else
inline constexpr std::size_t quarantine = 0;
#endif

class peer_server {
public:
  [[nodiscard]] std::unique_ptr<net::test::peer> connect(const char* from = "127.0.0.1") const {
    const int fd = net::test::connect_to(port_, from);
    return fd < 0 ? nullptr : std::make_unique<net::test::peer>(fd, nullptr);
  }
  /// The first line and headers of a request, without those about a body.
  [[nodiscard]] static std::string request(const std::string& method, const std::string& target) {
    return method + " " + target + " HTTP/1.1\r\nHost: 127.0.0.1\r\n";
  }
  [[nodiscard]] static std::string upgrade_request() {
    return request("GET", "/socket.io/?EIO=4&transport=websocket") +
           "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
           "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
  }
  /// With the open packet read.
  [[nodiscard]] std::unique_ptr<net::test::peer> websocket(const char* from = "127.0.0.1") const {
    auto p = connect(from);
    if (!p) return nullptr;
    p->send(upgrade_request());
    const bool switched = p->read_until("\r\n\r\n").starts_with("HTTP/1.1 101 ");
    if (!switched || !read_frame(*p).payload.starts_with('0')) return nullptr;
    return p;
  }

  [[nodiscard]] std::size_t descriptors() const {
    const auto folder = std::filesystem::directory_iterator(proc("fd"));
    return static_cast<std::size_t>(std::distance(begin(folder), end(folder)));
  }
  [[nodiscard]] std::size_t resident_bytes() const {
    std::size_t whole = 0, resident = 0;
    std::ifstream(proc("statm")) >> whole >> resident;
    return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  }

protected:
  peer_server() = default;
  ~peer_server() = default;

  net::test::temp_folder folder_;
  std::unique_ptr<e2e::child_process> process_;
  std::uint16_t port_ = 0;

private:
  [[nodiscard]] std::string proc(const std::string& name) const {
    return "/proc/" + std::to_string(process_->pid()) + "/" + name;
  }
};

/// "closed CODE" ("closed" without one), or "ended" where no close frame came.
inline std::string end_of(net::test::peer& p) {
  for (;;) {
    const auto frame = read_frame(p);
    if (frame.op == -1) return "ended";
    if (frame.op != net::test::close_frame) continue;
    if (frame.payload.size() < 2) return "closed";
    return "closed " + std::to_string(static_cast<unsigned char>(frame.payload[0]) << 8 |
                                      static_cast<unsigned char>(frame.payload[1]));
  }
}

/// For the test and for the server that it starts.
inline void allow_descriptors(rlim_t count) {
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  limit.rlim_cur = std::max(limit.rlim_cur, std::min(count, limit.rlim_max));
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
}

} // namespace dockhost::test
