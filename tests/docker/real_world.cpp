// SPDX-License-Identifier: MIT
#include "tests/docker/real_world.hpp"

#include "tests/support/await.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/test_engine.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace dockhost::test {

real_world::real_world(engine_kind kind)
    : proxy_("unix://" + folder_.file("engine.sock"), test_engine::host()) {
  docker::engine_options options;
  options.kind = kind;
  options.host = "unix://" + folder_.file("engine.sock");
  auto made = docker::make_engine(options, io_);
  if (!made) throw std::runtime_error(made.err());
  engine_ = std::move(made).value();
}

real_world::~real_world() {
  engine_.reset();
  for (const int fd : sockets_)
    ::close(fd);
}

std::string real_world::image() {
  return test_engine::image();
}

std::uint16_t real_world::free_port() {
  return test::free_port();
}

void real_world::occupy(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockets_.push_back(fd);
  ::sockaddr_in a{};
  a.sin_family = AF_INET;
  a.sin_addr.s_addr = htonl(INADDR_ANY);
  a.sin_port = htons(port);
  if (::bind(fd, reinterpret_cast<const ::sockaddr*>(&a), sizeof a) != 0 || ::listen(fd, 1) != 0)
    throw std::runtime_error("the test could not take a port");
}

void real_world::hang() {
  received_before_ = proxy_.received();
  proxy_.swallow_answers(true);
}

void real_world::restore() {
  proxy_.swallow_answers(false);
  // Connections whose answers were swallowed are of no more use.
  proxy_.cut(true);
  (void)eventually([this] { return proxy_.open() == 0; });
  proxy_.cut(false);
}

void real_world::wait_until_under_way() {
  if (!eventually([this] { return proxy_.received() > received_before_; }))
    throw std::runtime_error("no call reached the engine");
}

void real_world::print(const std::string& id, const std::string& line, log_channel channel) {
  const std::string fd = channel == log_channel::err ? "2" : "1";
  const auto done =
      run_program({"docker", "exec", id, "sh", "-c", "echo '" + line + "' >/proc/1/fd/" + fd});
  if (done.status != 0) throw std::runtime_error("the container could not print");
}

void real_world::remove_network(const std::string& name) {
  (void)run_program({"docker", "network", "rm", name});
}

} // namespace dockhost::test
