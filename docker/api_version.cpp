// SPDX-License-Identifier: MIT
#include "docker/api_version.hpp"

#include <algorithm>
#include <charconv>

namespace dockhost::docker {

std::string api_version::text() const {
  return std::to_string(major) + "." + std::to_string(minor);
}

std::optional<api_version> parse_api_version(std::string_view text) {
  api_version out;
  const auto* end = text.data() + text.size();
  const auto first = std::from_chars(text.data(), end, out.major);
  if (first.ec != std::errc{} || first.ptr == end || *first.ptr != '.') return std::nullopt;
  const auto second = std::from_chars(first.ptr + 1, end, out.minor);
  if (second.ec != std::errc{} || second.ptr != end || out.major < 0 || out.minor < 0)
    return std::nullopt;
  return out;
}

std::optional<api_version> agree(api_version theirs) {
  if (theirs < oldest_api) return std::nullopt;
  return std::min(theirs, newest_api);
}

} // namespace dockhost::docker
