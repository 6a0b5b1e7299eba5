// SPDX-License-Identifier: MIT
// Images that have to be fetched first, from a registry of the test's own.
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
    const auto saved = folder() / "image";
    std::filesystem::create_directories(saved);
    // An image of its own, which the engine then forgets: of one that it has, it fetches no layer.
    const std::string container = docker({"create", test_image()});
    docker({"cp", (folder() / "id.pub").string(), container + ":/only-here"});
    const std::string committed = docker({"commit", container});
    remove_container(container);
    docker({"save", "-o", (folder() / "image.tar").string(), committed});
    docker({"rmi", committed});
    run_ok({"tar", "-C", saved.string(), "-xf", (folder() / "image.tar").string()});
    registry_ = std::make_unique<main_server>(folder(),
                                              server_options{.config = {{"folder", saved.string()}},
                                                             .scheme = "http",
                                                             .program = "registry.mjs"});
    image_ = "127.0.0.1:" + std::to_string(registry_->port()) + "/instance:1";
    config["containers"]["image"] = "\"" + image_ + "\"";
    config["engine"]["kind"] = std::string("\"") + GetParam() + "\"";
  }

  void TearDown() override {
    world::TearDown();
    run({"docker", "rmi", "-f", image_});
  }

  /// How often a "manifest" or a "layer" was fetched; the image has two layers.
  std::size_t asked_for(const char* what) { return registry_->count(is("get", "what", what), 0); }

  void mode(const char* which) { registry_->call("mode", {{"mode", which}}); }

  std::unique_ptr<main_server> registry_;
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
  EXPECT_EQ(asked_for("manifest"), 1U);
  EXPECT_GE(asked_for("layer"), 1U);
  EXPECT_EQ(text(inspect(own_containers().front()), "Config.Image"), image_);
  create("dave");
  EXPECT_EQ(asked_for("manifest"), 1U) << "present images are not fetched";
}

TEST_P(Pull, ThatStallsIsGivenUp) {
  config["engine"]["pull_stall"] = "\"2s\"";
  mode("stall");
  start_both();
  const auto reply = server().command("create-container", request("alice"), 30s);
  EXPECT_FALSE(succeeded(reply));
  EXPECT_TRUE(truth(reply, "error.retryable")) << json::dump(reply);
  EXPECT_NE(text(reply, "message").find(image_), std::string::npos) << json::dump(reply);
  EXPECT_TRUE(own_containers().empty());
  mode("serve");
  EXPECT_TRUE(eventually(
      [&] { return truth(server().command("create-container", request("alice")), "success"); }, 60s,
      500ms));
}

TEST_P(Pull, GoesOnForTheNextTryAfterTheDeadline) {
  config["deadlines"]["create"] = "\"3s\"";
  config["containers"]["ssh_ready_timeout"] = "\"2s\"";
  mode("stall");
  start_both();
  const auto reply = server().command("create-container", request("alice"), 10s);
  EXPECT_TRUE(failed_with(reply, "timeout"));
  EXPECT_TRUE(own_containers().empty());
  mode("serve");
  EXPECT_TRUE(eventually(
      [&] {
        return run({"docker", "image", "inspect", image_}).status == 0;
      },
      60s))
      << "the pull goes on";
  create("alice");
  // Not a layer twice; one that an earlier image left on the engine is not fetched at all.
  EXPECT_GE(asked_for("layer"), 1U);
  EXPECT_LE(asked_for("layer"), 2U);
}

INSTANTIATE_TEST_SUITE_P(Engines, Pull, testing::Values("socket", "cli"),
                         [](const auto& engine) { return std::string(engine.param); });

} // namespace
} // namespace dockhost::e2e
