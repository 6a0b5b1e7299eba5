// SPDX-License-Identifier: MIT
#pragma once

#include "tests/docker/engine_world.hpp"
#include "tests/support/await.hpp"

#include <gtest/gtest.h>

#include <unistd.h>

namespace dockhost::test {

using namespace std::chrono_literals;
using docker::container_spec;
using docker::effect;
using docker::engine_errc;
using docker::engine_error;
using docker::engine_result;

/// One engine, its world, and calls that wait. Containers that the test names with `name()` are
/// removed at its end.
class engine_contract : public ::testing::TestWithParam<world_kind> {
protected:
  void SetUp() override { world = GetParam().make(); }
  void TearDown() override {
    if (!world || destroyed) return;
    world->restore();
    for (const auto& name : names)
      (void)remove(name);
    for (const auto& network : networks)
      world->remove_network(network);
  }

  [[nodiscard]] docker::engine& engine() { return world->engine(); }

  /// A container name that no other test uses.
  std::string name(const std::string& hint) {
    static int count = 0;
    names.push_back("contract-" + hint + "-" + std::to_string(::getpid()) + "-" +
                    std::to_string(++count));
    return names.back();
  }
  container_spec spec(const std::string& hint) {
    container_spec out;
    out.name = name(hint);
    out.image = world->image();
    out.labels = {{"dockhost.test", out.name}};
    out.restart_policy = "no";
    return out;
  }

  // The calls, waited for.
  engine_result<std::string> create(const container_spec& s) {
    return await<engine_result<std::string>>(
        [&](auto done) { engine().create(s, limit, std::move(done)); });
  }
  /// Creates, and fails the test where that doesn't work.
  std::string created(const container_spec& s) {
    const auto id = create(s);
    if (!id) throw std::runtime_error("create: " + id.err().message);
    return *id;
  }
  engine_result<docker::container_details> inspect(const std::string& id) {
    return await<engine_result<docker::container_details>>(
        [&](auto done) { engine().inspect(id, limit, std::move(done)); });
  }
  std::string status(const std::string& id) {
    const auto details = inspect(id);
    return details ? details->status : std::string(to_string(details.err().code));
  }
  engine_result<std::vector<docker::container_summary>> list(std::vector<std::string> labels) {
    return await<engine_result<std::vector<docker::container_summary>>>(
        [&](auto done) { engine().list({labels}, limit, std::move(done)); });
  }
  engine_result<effect> start(const std::string& id) {
    return await<engine_result<effect>>(
        [&](auto done) { engine().start(id, limit, std::move(done)); });
  }
  engine_result<effect> stop(const std::string& id) {
    return await<engine_result<effect>>(
        [&](auto done) { engine().stop(id, 5s, limit, std::move(done)); });
  }
  engine_result<effect> pause(const std::string& id) {
    return await<engine_result<effect>>(
        [&](auto done) { engine().pause(id, limit, std::move(done)); });
  }
  engine_result<effect> unpause(const std::string& id) {
    return await<engine_result<effect>>(
        [&](auto done) { engine().unpause(id, limit, std::move(done)); });
  }
  engine_result<effect> remove(const std::string& id) {
    return await<engine_result<effect>>(
        [&](auto done) { engine().remove(id, limit, std::move(done)); });
  }
  engine_result<unit> put(const std::string& id, const std::string& tar) {
    return await<engine_result<unit>>(
        [&](auto done) { engine().put_archive(id, tar, limit, std::move(done)); });
  }
  engine_result<std::string> get(const std::string& id, const std::string& path) {
    return await<engine_result<std::string>>(
        [&](auto done) { engine().get_archive(id, path, limit, std::move(done)); });
  }
  engine_result<bool> has_image(const std::string& image) {
    return await<engine_result<bool>>(
        [&](auto done) { engine().has_image(image, limit, std::move(done)); });
  }
  engine_result<unit> pull(const std::string& image) {
    return await<engine_result<unit>>(
        [&](auto done) { engine().pull(image, limit, nullptr, std::move(done)); });
  }
  engine_result<docker::network_effect> ensure_network(const docker::network_spec& network) {
    return await<engine_result<docker::network_effect>>(
        [&](auto done) { engine().ensure_network(network, limit, std::move(done)); });
  }

  static constexpr std::chrono::milliseconds limit{25'000};
  std::unique_ptr<engine_world> world;
  std::vector<std::string> names;
  std::vector<std::string> networks;
  bool destroyed = false;
};

/// The error code of a result, for comparisons that print well; "ok" where it is a value.
template <class T>
std::string code_of(const engine_result<T>& result) {
  return result ? "ok" : std::string(to_string(result.err().code));
}
/// "changed", "already", or the error's code.
inline std::string effect_of(const engine_result<effect>& result) {
  if (!result) return code_of(result) + " (" + result.err().message + ")";
  return *result == effect::changed ? "changed" : "already";
}

} // namespace dockhost::test
