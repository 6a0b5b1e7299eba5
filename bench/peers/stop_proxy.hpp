// SPDX-License-Identifier: MIT
// Stands between a node and its engine, and sees when the node closes the connection of a log.
#pragma once

#include "bench/peers/sockets.hpp"

#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

namespace dockhost::bench {

class stop_proxy {
public:
  stop_proxy(const std::string& path, std::string engine);

  /// Accepts for ever.
  void run();

  /// Logs that are followed now.
  [[nodiscard]] std::size_t open() const;
  /// When the node closed each followed log that is closed, ns.
  [[nodiscard]] std::vector<std::int64_t> closed() const;

private:
  void relay(unique_fd client) noexcept;
  void followed();
  void ended(std::int64_t at);

  unique_fd listener_;
  std::string engine_;
  mutable std::mutex mutex_; ///< of all below
  std::size_t open_ = 0;
  std::vector<std::int64_t> closed_;
};

} // namespace dockhost::bench
