// SPDX-License-Identifier: MIT
#pragma once

#include "core/settings.hpp"
#include "docker/engine_factory.hpp"
#include "net/io_thread.hpp"
#include "tests/docker/engine_world.hpp"
#include "tests/support/fault_proxy.hpp"
#include "tests/support/temp_folder.hpp"

namespace dockhost::test {

/// The test engine, reached through a proxy that can stall and cut.
class real_world final : public engine_world {
public:
  explicit real_world(engine_kind kind);
  ~real_world() override;
  docker::engine& engine() override { return *engine_; }
  void destroy_engine() override { engine_.reset(); }
  std::string image() override;
  void occupy(std::uint16_t port) override;
  std::uint16_t free_port() override;
  void hang() override;
  void lose() override { proxy_.cut(true); }
  void restore() override;
  void wait_until_under_way() override;
  void print(const std::string& id, const std::string& line, log_channel channel) override;
  void remove_network(const std::string& name) override;

private:
  temp_folder folder_;
  fault_proxy proxy_;
  net::io_thread io_;
  std::unique_ptr<docker::engine> engine_;
  std::vector<int> sockets_;
  std::uint64_t received_before_ = 0;
};

} // namespace dockhost::test
