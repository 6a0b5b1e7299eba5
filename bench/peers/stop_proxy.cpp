// SPDX-License-Identifier: MIT
#include "bench/peers/stop_proxy.hpp"

#include <exception>
#include <iostream>
#include <thread>
#include <utility>

#include <sys/socket.h>

namespace dockhost::bench {

stop_proxy::stop_proxy(const std::string& path, std::string engine)
    : listener_(listen_unix(path)), engine_(std::move(engine)) {}

void stop_proxy::run() {
  for (;;)
    std::thread(&stop_proxy::relay, this, accept_one(listener_.get())).detach();
}

std::size_t stop_proxy::open() const {
  const std::lock_guard lock(mutex_);
  return open_;
}

std::vector<std::int64_t> stop_proxy::closed() const {
  const std::lock_guard lock(mutex_);
  return closed_;
}

void stop_proxy::followed() {
  const std::lock_guard lock(mutex_);
  ++open_;
}

void stop_proxy::ended(std::int64_t at) {
  const std::lock_guard lock(mutex_);
  --open_;
  closed_.push_back(at);
}

/// A thread for each direction: one that hangs in sending to the node would notice its end late.
void stop_proxy::relay(unique_fd client) noexcept try {
  const auto engine = connect_unix(engine_);
  std::thread answers([&] {
    std::string bytes;
    while (receive_some(engine.get(), bytes) == received::bytes) {
      if (!send_all(client.get(), bytes)) break;
      bytes.clear();
    }
    ::shutdown(client.get(), SHUT_RDWR);
  });
  bool log = false;
  std::string bytes;
  while (receive_some(client.get(), bytes) == received::bytes) {
    if (!log && bytes.find("/logs?") != bytes.npos && bytes.find("follow=1") != bytes.npos) {
      log = true;
      followed();
    }
    if (!send_all(engine.get(), bytes)) break;
    bytes.clear();
  }
  if (log) ended(now_ns());
  ::shutdown(engine.get(), SHUT_RDWR);
  answers.join();
} catch (const std::exception& e) {
  std::cerr << "stop proxy: " << e.what() << "\n";
}

} // namespace dockhost::bench
