// SPDX-License-Identifier: MIT
#include "tests/docker/contract.hpp"
#include "tests/docker/real_world.hpp"

namespace dockhost::test {
namespace {

std::unique_ptr<engine_world> make_socket() {
  return std::make_unique<real_world>(engine_kind::socket);
}
std::unique_ptr<engine_world> make_cli() {
  return std::make_unique<real_world>(engine_kind::cli);
}

INSTANTIATE_TEST_SUITE_P(real, engine_contract,
                         ::testing::Values(world_kind{"socket", make_socket},
                                           world_kind{"cli", make_cli}),
                         [](const auto& kind) { return kind.param.name; });

} // namespace
} // namespace dockhost::test
