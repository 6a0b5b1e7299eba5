// SPDX-License-Identifier: MIT
#include "tests/e2e/support/image_registry.hpp"

#include "tests/e2e/support/child_process.hpp"
#include "tests/e2e/support/docker.hpp"

namespace dockhost::e2e {
namespace {

/// The options of a registry that serves a new image, saved below `folder`.
server_options new_image(const std::filesystem::path& folder) {
  const auto saved = folder / "image";
  const auto archive = folder / "image.tar";
  std::filesystem::create_directories(saved);
  const std::string container = docker({"create", test_image()});
  docker({"cp", (folder / "id.pub").string(), container + ":/only-here"});
  const std::string committed = docker({"commit", container});
  remove_container(container);
  docker({"save", "-o", archive.string(), committed});
  docker({"rmi", committed});
  run_ok({"tar", "-C", saved.string(), "-xf", archive.string()});
  return {.config = {{"folder", saved.string()}}, .scheme = "http", .program = "registry.mjs"};
}

} // namespace

image_registry::image_registry(const std::filesystem::path& folder)
    : server_(folder, new_image(folder)),
      image_("127.0.0.1:" + std::to_string(server_.port()) + "/instance:1") {}

image_registry::~image_registry() {
  forget();
}

std::size_t image_registry::asked_for(const char* what) {
  return server_.count(is("get", "what", what), 0);
}

void image_registry::mode(const char* which) {
  server_.call("mode", {{"mode", which}});
}

void image_registry::forget() {
  run({"docker", "rmi", "-f", image_});
}

} // namespace dockhost::e2e
