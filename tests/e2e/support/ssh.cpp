// SPDX-License-Identifier: MIT
#include "tests/e2e/support/ssh.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <sstream>
#include <string_view>

namespace dockhost::e2e {
namespace {

/// A connected socket, or -1.
int connect_to(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return fd;
  ::close(fd);
  return -1;
}

std::string scan(std::uint16_t port, const std::string& types) {
  return run({"ssh-keyscan", "-T", "5", "-t", types, "-p", std::to_string(port), "127.0.0.1"}).out;
}

} // namespace

ssh_key make_key(const std::filesystem::path& folder, const std::string& name,
                 const std::string& type) {
  ssh_key key{.file = folder / name, .public_line = {}};
  run_ok({"ssh-keygen", "-q", "-t", type, "-N", "", "-C", name + "@test", "-f", key.file.string()});
  std::ifstream file(key.file.string() + ".pub");
  std::getline(file, key.public_line);
  return key;
}

run_result ssh_login(const std::filesystem::path& folder, std::uint16_t port, const ssh_key& key,
                     const std::string& command, const std::string& fingerprint) {
  std::vector<std::string> argv = {"ssh", "-F", "none", "-i", key.file.string()};
  const auto option = [&](const std::string& text) { argv.insert(argv.end(), {"-o", text}); };
  option("BatchMode=yes");
  option("IdentitiesOnly=yes");
  option("ConnectTimeout=10");
  option("LogLevel=ERROR");
  if (fingerprint.empty()) {
    option("StrictHostKeyChecking=no");
    option("UserKnownHostsFile=/dev/null");
  } else {
    if (host_key(folder, port) != fingerprint)
      return {.status = 254, .out = {}, .err = "another host key than " + fingerprint};
    const auto known = folder / ("known_hosts_" + std::to_string(port));
    std::ofstream(known) << scan(port, "ed25519");
    option("StrictHostKeyChecking=yes");
    option("HostKeyAlgorithms=ssh-ed25519");
    option("UserKnownHostsFile=" + known.string());
  }
  argv.insert(argv.end(), {"-p", std::to_string(port), "root@127.0.0.1", command});
  return run(std::move(argv));
}

std::string host_key(const std::filesystem::path& folder, std::uint16_t port) {
  const auto file = folder / ("scan_" + std::to_string(port));
  std::ofstream(file) << scan(port, "ed25519");
  std::istringstream line(run({"ssh-keygen", "-lf", file.string()}).out);
  std::string bits;
  std::string fingerprint;
  line >> bits >> fingerprint;
  return fingerprint;
}

std::string offered_methods(std::uint16_t port) {
  const auto result =
      run({"ssh", "-F", "none", "-o", "BatchMode=yes", "-o", "PubkeyAuthentication=no", "-o",
           "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o",
           "ConnectTimeout=10", "-p", std::to_string(port), "root@127.0.0.1", "true"});
  // "root@127.0.0.1: Permission denied (publickey)."
  const auto open = result.err.rfind('(');
  const auto close = result.err.rfind(')');
  if (open == std::string::npos || close == std::string::npos) return "no refusal: " + result.err;
  return result.err.substr(open + 1, close - open - 1);
}

bool accepts(std::uint16_t port) {
  const int fd = connect_to(port);
  if (fd >= 0) ::close(fd);
  return fd >= 0;
}

bool has_banner(std::uint16_t port) {
  const int fd = connect_to(port);
  if (fd < 0) return false;
  std::array<char, 16> bytes{};
  pollfd ready{.fd = fd, .events = POLLIN, .revents = 0};
  const bool got = ::poll(&ready, 1, 2'000) == 1 && ::recv(fd, bytes.data(), 8, MSG_WAITALL) == 8;
  ::close(fd);
  return got && std::string_view(bytes.data(), 8) == "SSH-2.0-";
}

} // namespace dockhost::e2e
