// SPDX-License-Identifier: MIT
#include "docker/names.hpp"

#include <algorithm>

namespace dockhost::docker {
namespace {

bool alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

} // namespace

bool valid_container_reference(std::string_view word) {
  return !word.empty() && word.size() <= 512 && alphanumeric(word.front()) &&
         std::all_of(word.begin(), word.end(),
                     [](char c) { return alphanumeric(c) || c == '_' || c == '.' || c == '-'; });
}

std::string image_reference::text() const {
  return name + (tag.find(':') == tag.npos ? ":" : "@") + tag;
}

image_reference split_image(std::string_view image) {
  if (const auto at = image.find('@'); at != image.npos)
    return {std::string(image.substr(0, at)), std::string(image.substr(at + 1))};
  const auto colon = image.rfind(':');
  const auto slash = image.rfind('/');
  if (colon == image.npos || (slash != image.npos && colon < slash))
    return {std::string(image), "latest"};
  return {std::string(image.substr(0, colon)), std::string(image.substr(colon + 1))};
}

bool valid_image_reference(std::string_view image) {
  return !image.empty() && image.size() <= 512 && image.front() != '-' &&
         image.find("..") == image.npos && image.find("//") == image.npos &&
         std::all_of(image.begin(), image.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

std::string url_encode(std::string_view text, std::string_view keep) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (alphanumeric(c) || c == '-' || c == '.' || c == '_' || c == '~' ||
        keep.find(c) != keep.npos) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += digits[byte >> 4U];
    out += digits[byte & 15U];
  }
  return out;
}

} // namespace dockhost::docker
