// SPDX-License-Identifier: MIT
// Stands between a node and its engine, and notes when each HTTP exchange began and ended. It
// passes bytes on and understands only this much: on a kept-alive connection without pipelining,
// bytes from the client after bytes from the engine begin a new request.
#pragma once

#include "bench/peers/sockets.hpp"

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace dockhost::bench {

class engine_proxy {
public:
  struct exchange {
    std::int64_t begin = 0; ///< the request's first bytes had been read, ns
    std::int64_t end = 0;   ///< the answer's last bytes were about to be passed on, ns
    std::string request;    ///< all of its bytes
  };

  engine_proxy(const std::string& path, std::string engine);

  /// Accepts for ever; a thread for each connection.
  void run();

  /// The exchanges that have been answered since the last call, in the order of their beginning.
  [[nodiscard]] std::vector<exchange> take();

private:
  using exchange_id = std::uint64_t;

  void relay(unique_fd client) noexcept;
  exchange_id begin(std::int64_t at);
  void asked(exchange_id id, std::string_view bytes);
  void answered(exchange_id id, std::int64_t at);

  unique_fd listener_;
  std::string engine_;
  std::mutex mutex_;
  std::map<exchange_id, exchange> exchanges_;
  exchange_id next_ = 1;
};

} // namespace dockhost::bench
