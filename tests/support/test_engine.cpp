// SPDX-License-Identifier: MIT
#include "tests/support/test_engine.hpp"

#include "tests/support/await.hpp"
#include "tests/support/child_process.hpp"

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <fstream>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace dockhost::test {
namespace {

std::string required(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr || *value == '\0')
    throw std::runtime_error(std::string(name) +
                             " is not set: run this by scripts/with-test-engine.sh");
  return value;
}

bool alive(::pid_t pid) {
  return ::kill(pid, 0) == 0;
}

} // namespace

std::string test_engine::host() {
  required("DOCKHOST_TEST_ENGINE_DIR"); // not just any engine that the user has
  return required("DOCKER_HOST");
}
std::string test_engine::image() {
  return required("DOCKHOST_TEST_IMAGE");
}
std::string test_engine::tls_host() {
  return required("DOCKHOST_TEST_TLS_HOST");
}
std::string test_engine::tls_certs() {
  return required("DOCKHOST_TEST_TLS_CERTS");
}

::pid_t test_engine::pid() {
  ::pid_t out = 0;
  std::ifstream(required("DOCKHOST_TEST_ENGINE_DIR") + "/engine.pid") >> out;
  if (out <= 1) throw std::runtime_error("the test engine has no pid");
  return out;
}

void test_engine::signal(int number) {
  ::kill(pid(), number);
}

void test_engine::kill() {
  const auto engine = pid();
  ::kill(engine, SIGKILL);
  if (!eventually([engine] { return !alive(engine); }))
    throw std::runtime_error("the test engine did not end");
}

void test_engine::start() {
  const auto started = run_program({required("DOCKHOST_TEST_ENGINE_DIR") + "/start-engine"});
  if (started.status != 0) throw std::runtime_error(started.output);
}

std::uint16_t free_port() {
  static std::atomic<unsigned> next{static_cast<unsigned>(::getpid()) * 37U};
  for (int tries = 0; tries < 10'000; ++tries) {
    const auto port = static_cast<std::uint16_t>(10'000 + next++ % 20'000);
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ::sockaddr_in a{};
    a.sin_family = AF_INET;
    a.sin_addr.s_addr = htonl(INADDR_ANY);
    a.sin_port = htons(port);
    const bool free = ::bind(fd, reinterpret_cast<const ::sockaddr*>(&a), sizeof a) == 0;
    ::close(fd);
    if (free) return port;
  }
  throw std::runtime_error("no free port");
}

} // namespace dockhost::test
