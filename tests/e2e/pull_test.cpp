// SPDX-License-Identifier: MIT
// Images that have to be fetched first, from a registry of the test's own.
#include "tests/e2e/support/image_registry.hpp"
#include "tests/e2e/support/world.hpp"

namespace dockhost::e2e {
namespace {

using namespace std::chrono_literals;

/// By each engine that speaks to a real one.
class Pull : public world, public testing::WithParamInterface<const char*> {
protected:
  void SetUp() override {
    world::SetUp();
    if (HasFatalFailure()) return;
    registry_ = std::make_unique<image_registry>(folder());
    image_ = registry_->image();
    config["containers"]["image"] = "\"" + image_ + "\"";
    config["engine"]["kind"] = std::string("\"") + GetParam() + "\"";
  }

  void TearDown() override {
    world::TearDown();
    registry_.reset();
  }

  std::unique_ptr<image_registry> registry_;
  std::string image_;
};

TEST_P(Pull, OnceForAllWhoWait) {
  start_both();
  std::vector<std::int64_t> sent;
  for (const char* user : {"alice", "bob", "carol"})
    sent.push_back(server().send("create-container", request(user)));
  for (const auto id : sent)
    EXPECT_TRUE(succeeded(server().reply(id)));
  // A pull asks for the manifest once. The layer that all images share may be on the engine
  // already.
  EXPECT_EQ(registry_->asked_for("manifest"), 1U);
  EXPECT_GE(registry_->asked_for("layer"), 1U);
  EXPECT_EQ(text(inspect(own_containers().front()), "Config.Image"), image_);
  create("dave");
  EXPECT_EQ(registry_->asked_for("manifest"), 1U) << "present images are not fetched";
}

TEST_P(Pull, ThatStallsIsGivenUp) {
  config["engine"]["pull_stall"] = "\"2s\"";
  registry_->mode("stall");
  start_both();
  const auto reply = server().command("create-container", request("alice"), 30s);
  EXPECT_FALSE(succeeded(reply));
  EXPECT_TRUE(truth(reply, "error.retryable")) << json::dump(reply);
  EXPECT_NE(text(reply, "message").find(image_), std::string::npos) << json::dump(reply);
  EXPECT_TRUE(own_containers().empty());
  registry_->mode("serve");
  EXPECT_TRUE(eventually(
      [&] { return truth(server().command("create-container", request("alice")), "success"); }, 60s,
      500ms));
}

TEST_P(Pull, GoesOnForTheNextTryAfterTheDeadline) {
  config["deadlines"]["create"] = "\"3s\"";
  config["containers"]["ssh_ready_timeout"] = "\"2s\"";
  registry_->mode("stall");
  start_both();
  const auto reply = server().command("create-container", request("alice"), 10s);
  EXPECT_TRUE(failed_with(reply, "timeout"));
  EXPECT_TRUE(own_containers().empty());
  registry_->mode("serve");
  EXPECT_TRUE(eventually(
      [&] {
        return run({"docker", "image", "inspect", image_}).status == 0;
      },
      60s))
      << "the pull goes on";
  create("alice");
  // Not a layer twice; one that an earlier image left on the engine is not fetched at all.
  EXPECT_GE(registry_->asked_for("layer"), 1U);
  EXPECT_LE(registry_->asked_for("layer"), 2U);
}

INSTANTIATE_TEST_SUITE_P(Engines, Pull, testing::Values("socket", "cli"),
                         [](const auto& engine) { return std::string(engine.param); });

} // namespace
} // namespace dockhost::e2e
