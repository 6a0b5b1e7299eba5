// SPDX-License-Identifier: MIT
// What the contract suite needs around an engine, to be the same for all three.
#pragma once

#include "docker/engine.hpp"

#include <memory>

namespace dockhost::test {

class engine_world {
public:
  virtual ~engine_world() = default;

  [[nodiscard]] virtual docker::engine& engine() = 0;
  /// Destroys the engine under test.
  virtual void destroy_engine() = 0;
  /// An image with OpenSSH that is there, and one that is not and can't be pulled.
  [[nodiscard]] virtual std::string image() = 0;
  [[nodiscard]] std::string missing_image() const { return "dockhost/no-such-image:1"; }
  /// A process outside all containers takes this port, as long as the world lives.
  virtual void occupy(std::uint16_t port) = 0;
  [[nodiscard]] virtual std::uint16_t free_port() = 0;
  /// From now on the engine accepts calls and answers none.
  virtual void hang() = 0;
  /// Every connection is lost, and there is no new one, until `restore`.
  virtual void lose() = 0;
  virtual void restore() = 0;
  /// Waits until a call that was just made has reached the engine (or what hangs in its place).
  virtual void wait_until_under_way() = 0;
  /// The running container prints a line (of letters, digits and blanks).
  virtual void print(const std::string& id, const std::string& line, log_channel channel) = 0;
  /// Whatever removes a network, which the seam has no call for.
  virtual void remove_network(const std::string& name) = 0;
};

struct world_kind {
  const char* name;
  std::unique_ptr<engine_world> (*make)();
};

} // namespace dockhost::test
