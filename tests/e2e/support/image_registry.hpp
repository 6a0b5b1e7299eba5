// SPDX-License-Identifier: MIT
#pragma once

#include "tests/e2e/support/main_server.hpp"

#include <filesystem>
#include <string>

namespace dockhost::e2e {

/// A registry of the test's own (servers/registry.mjs) with one image that starts like the instance
/// image. The engine does not have it: of an image that it has, it fetches no layer.
class image_registry {
public:
  /// `folder` must hold the test's key: the image is told apart by it.
  explicit image_registry(const std::filesystem::path& folder);
  ~image_registry();
  image_registry(const image_registry&) = delete;
  image_registry& operator=(const image_registry&) = delete;

  [[nodiscard]] const std::string& image() const { return image_; }
  /// How often a "manifest" or a "layer" was fetched; the image has two layers.
  [[nodiscard]] std::size_t asked_for(const char* what);
  /// "serve"; "stall": layers are begun and go no further.
  void mode(const char* which);
  /// Has the engine forget the image.
  void forget();

private:
  main_server server_;
  std::string image_;
};

} // namespace dockhost::e2e
