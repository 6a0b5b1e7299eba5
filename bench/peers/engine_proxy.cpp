// SPDX-License-Identifier: MIT
#include "bench/peers/engine_proxy.hpp"

#include <array>
#include <exception>
#include <iostream>
#include <thread>
#include <utility>

#include <poll.h>

namespace dockhost::bench {

engine_proxy::engine_proxy(const std::string& path, std::string engine)
    : listener_(listen_unix(path)), engine_(std::move(engine)) {}

void engine_proxy::run() {
  for (;;)
    std::thread(&engine_proxy::relay, this, accept_one(listener_.get())).detach();
}

std::vector<engine_proxy::exchange> engine_proxy::take() {
  const std::lock_guard lock(mutex_);
  std::vector<exchange> out;
  for (auto it = exchanges_.begin(); it != exchanges_.end();) {
    if (it->second.end == 0) {
      ++it;
      continue;
    }
    out.push_back(std::move(it->second));
    it = exchanges_.erase(it);
  }
  return out;
}

void engine_proxy::relay(unique_fd client) noexcept try {
  const auto engine = connect_unix(engine_);
  std::array<pollfd, 2> both{pollfd{client.get(), POLLIN, 0}, pollfd{engine.get(), POLLIN, 0}};
  exchange_id current = 0;
  bool waiting = false; // for the answer
  std::string bytes;
  while (::poll(both.data(), both.size(), -1) >= 0) {
    if (both[0].revents != 0) {
      bytes.clear();
      if (receive_some(client.get(), bytes) != received::bytes) return;
      const auto at = now_ns();
      if (!send_all(engine.get(), bytes)) return;
      if (!waiting) current = begin(at);
      waiting = true;
      asked(current, bytes);
    }
    if (both[1].revents != 0) {
      bytes.clear();
      if (receive_some(engine.get(), bytes) != received::bytes) return;
      waiting = false;
      // Before it is sent: this thread may have to yield to the one that it wakes, and the answer
      // to the command may be there before this one runs again. What sending costs counts against
      // the node.
      answered(current, now_ns());
      if (!send_all(client.get(), bytes)) return;
    }
  }
} catch (const std::exception& e) {
  std::cerr << "engine proxy: " << e.what() << "\n";
}

engine_proxy::exchange_id engine_proxy::begin(std::int64_t at) {
  const std::lock_guard lock(mutex_);
  exchanges_[next_].begin = at;
  return next_++;
}

void engine_proxy::asked(exchange_id id, std::string_view bytes) {
  const std::lock_guard lock(mutex_);
  exchanges_[id].request += bytes;
}

void engine_proxy::answered(exchange_id id, std::int64_t at) {
  const std::lock_guard lock(mutex_);
  const auto it = exchanges_.find(id); // a stream's may have been taken, and goes on
  if (it != exchanges_.end()) it->second.end = at;
}

} // namespace dockhost::bench
