// SPDX-License-Identifier: MIT
// Images that have to be fetched first, from a registry of the test's own.
#include "tests/e2e/support/world.hpp"

namespace dockhost::e2e {
namespace {

using namespace std::chrono_literals;

class Pull : public world {
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
  }

  void TearDown() override {
    world::TearDown();
    run({"docker", "rmi", "-f", image_});
  }

  /// How often a layer was fetched; the image has two.
  std::size_t fetched() { return registry_->count(is("get", "what", "layer"), 0); }

  void mode(const char* which) { registry_->call("mode", {{"mode", which}}); }

  std::unique_ptr<main_server> registry_;
  std::string image_;
};

TEST_F(Pull, OnceForAllWhoWait) {
  start_both();
  std::vector<std::int64_t> sent;
  for (const char* user : {"alice", "bob", "carol"})
    sent.push_back(server().send("create-container", request(user)));
  for (const auto id : sent)
    EXPECT_TRUE(succeeded(server().reply(id)));
  EXPECT_EQ(fetched(), 2U);
  EXPECT_EQ(text(inspect(own_containers().front()), "Config.Image"), image_);
  create("dave");
  EXPECT_EQ(fetched(), 2U) << "present images are not fetched";
}

TEST_F(Pull, ThatStallsIsGivenUp) {
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

TEST_F(Pull, GoesOnForTheNextTryAfterTheDeadline) {
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
  EXPECT_GE(fetched(), 1U);
  EXPECT_LE(fetched(), 2U);
}

} // namespace
} // namespace dockhost::e2e
