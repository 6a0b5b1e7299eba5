// SPDX-License-Identifier: MIT
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

namespace dockhost::docker {

/// A version of the Engine API, "1.41".
struct api_version {
  int major = 1;
  int minor = 41;

  [[nodiscard]] std::string text() const;
  friend auto operator<=>(const api_version&, const api_version&) = default;
};

/// What this program speaks: Docker 20.10 to 28.
inline constexpr api_version oldest_api{1, 41};
inline constexpr api_version newest_api{1, 51};

[[nodiscard]] std::optional<api_version> parse_api_version(std::string_view text);

/// What both sides speak; nullopt where the engine is too old for us.
[[nodiscard]] std::optional<api_version> agree(api_version theirs);

} // namespace dockhost::docker
