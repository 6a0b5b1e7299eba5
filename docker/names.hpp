// SPDX-License-Identifier: MIT
// Words that go to the engine in a place where they could mean something else.
#pragma once

#include <string>
#include <string_view>

namespace dockhost::docker {

/// Whether the engine could know a container by this word: [a-zA-Z0-9][a-zA-Z0-9_.-]*, which every
/// id, prefix and name fits. Anything else is "no such container" without asking, so it never gets
/// into a path or a command line.
[[nodiscard]] bool valid_container_reference(std::string_view word);

/// "name:tag" and "name@digest" apart; no tag means "latest". A colon before a slash belongs to a
/// host and port.
struct image_reference {
  std::string name;
  std::string tag; ///< or digest, "sha256:..."

  [[nodiscard]] std::string text() const; ///< whole again, always with a tag or digest
};
[[nodiscard]] image_reference split_image(std::string_view image);

/// Whether the word can be an image's name at all: not empty, no blanks or control characters, no
/// leading dash, nothing that changes a path ("..", "//"), at most 512 bytes.
[[nodiscard]] bool valid_image_reference(std::string_view image);

/// Percent-encodes everything but the unreserved characters of RFC 3986, and those of `keep`.
[[nodiscard]] std::string url_encode(std::string_view text, std::string_view keep = {});

} // namespace dockhost::docker
