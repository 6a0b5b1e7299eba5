// SPDX-License-Identifier: MIT
#include "core/image_reference.hpp"

#include <algorithm>

namespace dockhost {
namespace {

constexpr std::size_t max_name = 255;
constexpr std::size_t max_tag = 128;
constexpr std::size_t min_digest_hex = 32;
constexpr std::size_t max_digest = 256;

constexpr bool is_lower(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}
constexpr bool is_alnum(char c) {
  return is_lower(c) || (c >= 'A' && c <= 'Z');
}
constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
constexpr bool is_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

template <class Is>
bool all(std::string_view text, Is is) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is);
}

/// Takes the text up to `mark` off `rest`, and the mark; everything when there is none.
std::string_view take_until(std::string_view& rest, char mark) {
  const auto at = rest.find(mark);
  const auto out = rest.substr(0, at);
  rest = at == rest.npos ? std::string_view{} : rest.substr(at + 1);
  return out;
}

/// Lower-case words joined by one `.`, one or two `_`, or any number of `-`.
bool is_path_component(std::string_view text) {
  if (text.empty() || !is_lower(text.front()) || !is_lower(text.back())) return false;
  while (!text.empty()) {
    const auto word_end = std::find_if_not(text.begin(), text.end(), is_lower);
    const auto next_word = std::find_if(word_end, text.end(), is_lower);
    const std::string_view joint(word_end, next_word);
    const bool dashes = std::all_of(joint.begin(), joint.end(), [](char c) { return c == '-'; });
    if (joint != "." && joint != "_" && joint != "__" && !dashes) return false;
    text = std::string_view(next_word, text.end());
  }
  return true;
}

/// Words of letters, digits and inner dashes, joined by dots; perhaps a port.
bool is_host(std::string_view text) {
  const auto colon = text.find(':');
  if (colon != text.npos) {
    const auto port = text.substr(colon + 1);
    if (port.size() > 5 || !all(port, is_digit)) return false;
    text = text.substr(0, colon);
  }
  if (text.empty() || text.back() == '.') return false;
  while (!text.empty()) {
    const auto word = take_until(text, '.');
    if (!all(word, [](char c) { return is_alnum(c) || c == '-'; }) || word.front() == '-' ||
        word.back() == '-')
      return false;
  }
  return true;
}

bool is_digest(std::string_view text) {
  const auto colon = text.find(':');
  if (colon == text.npos || text.size() > max_digest) return false;
  const auto algorithm = text.substr(0, colon);
  const auto hex = text.substr(colon + 1);
  return all(algorithm, is_lower) && !is_digit(algorithm.front()) && hex.size() >= min_digest_hex &&
         all(hex, is_hex);
}

bool is_tag(std::string_view text) {
  return text.size() <= max_tag &&
         all(text, [](char c) { return is_alnum(c) || c == '_' || c == '.' || c == '-'; }) &&
         text.front() != '.' && text.front() != '-';
}

bool is_name(std::string_view text) {
  if (text.empty() || text.size() > max_name || text.back() == '/') return false;
  // The first component is a host if a path component can't look so.
  if (const auto slash = text.find('/'); slash != text.npos) {
    const auto first = text.substr(0, slash);
    const bool host_like =
        first.find_first_of(".:") != first.npos || first == "localhost" ||
        std::any_of(first.begin(), first.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
    if (host_like) {
      if (!is_host(first)) return false;
      text = text.substr(slash + 1);
    }
  }
  while (!text.empty())
    if (!is_path_component(take_until(text, '/'))) return false;
  return true;
}

} // namespace

bool is_image_reference(std::string_view text) {
  if (const auto at = text.find('@'); at != text.npos) {
    if (!is_digest(text.substr(at + 1))) return false;
    text = text.substr(0, at);
  }
  const auto colon = text.rfind(':');
  const bool has_tag = colon != text.npos && text.find('/', colon) == text.npos;
  if (has_tag) {
    if (!is_tag(text.substr(colon + 1))) return false;
    text = text.substr(0, colon);
  }
  return is_name(text);
}

} // namespace dockhost
