// SPDX-License-Identifier: MIT
#include "core/executor.hpp"
#include "docker/simulated_engine.hpp"
#include "net/io_thread.hpp"
#include "tests/docker/contract.hpp"

namespace dockhost::test {
namespace {

class simulated_world_of_test final : public engine_world {
public:
  simulated_world_of_test() {
    engine_ = std::make_unique<docker::simulated_engine>(io_);
    engine_->limit_images({image()}, {});
  }
  docker::engine& engine() override { return *engine_; }
  void destroy_engine() override { engine_.reset(); }
  std::string image() override { return "simulated/instance:latest"; }
  void occupy(std::uint16_t port) override { engine_->occupy_port(port); }
  std::uint16_t free_port() override { return next_port_++; }
  void hang() override {
    for (int kind = 0; kind < docker::call_kind_count; ++kind) {
      docker::simulated_fault fault;
      fault.kind = static_cast<docker::call_kind>(kind);
      fault.hang = true;
      engine_->order(fault);
    }
  }
  void lose() override { engine_->set_reachable(false); }
  void restore() override {
    engine_->clear_faults();
    engine_->set_reachable(true);
  }
  void wait_until_under_way() override {
    // Calls are taken in order on the io thread: one posted now comes after them.
    (void)await<bool>([this](auto done) { io_.post([done] { done(true); }); });
  }
  void print(const std::string& id, const std::string& line, log_channel channel) override {
    engine_->write_log(id, line, channel);
  }
  void remove_network(const std::string&) override {} // it goes with the engine

private:
  net::io_thread io_;
  std::unique_ptr<docker::simulated_engine> engine_;
  std::uint16_t next_port_ = 20'000;
};

std::unique_ptr<engine_world> make_simulated() {
  return std::make_unique<simulated_world_of_test>();
}

INSTANTIATE_TEST_SUITE_P(simulated, engine_contract,
                         ::testing::Values(world_kind{"simulated", make_simulated}),
                         [](const auto& kind) { return kind.param.name; });

} // namespace
} // namespace dockhost::test
