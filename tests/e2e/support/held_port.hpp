// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace dockhost::e2e {

/// A socket bound to a port of every IPv4 address, which doesn't listen: a foreign process's.
class held_port {
public:
  explicit held_port(std::uint16_t port);
  ~held_port();
  held_port(const held_port&) = delete;
  held_port& operator=(const held_port&) = delete;

  /// False where somebody else has the port.
  [[nodiscard]] bool ok() const { return fd_ >= 0; }

private:
  int fd_ = -1;
};

} // namespace dockhost::e2e
