// SPDX-License-Identifier: MIT
#include "apps/api_key.hpp"

#include "core/base64.hpp"
#include "platform/file.hpp"
#include "json/json.hpp"

#include <cmath>
#include <utility>

#include <unistd.h>

namespace dockhost::apps {

namespace {

/// base64url without padding (RFC 7515), by way of the standard alphabet.
std::optional<std::string> decode_base64url(std::string_view text) {
  std::string standard(text);
  for (char& c : standard) {
    if (c == '+' || c == '/') return std::nullopt;
    if (c == '-') c = '+';
    if (c == '_') c = '/';
  }
  while (standard.size() % 4 != 0) {
    standard.push_back('=');
  }
  return base64_decode(standard);
}

constexpr std::int64_t day = 24 * 3600;

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blank = " \t\r\n";
  const auto first = text.find_first_not_of(blank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blank) - first + 1);
}

} // namespace

std::optional<std::int64_t> jwt_expiry(std::string_view key) {
  const auto first = key.find('.');
  const auto second = first == std::string_view::npos ? first : key.find('.', first + 1);
  if (second == std::string_view::npos || key.find('.', second + 1) != std::string_view::npos) {
    return std::nullopt;
  }
  const auto payload = decode_base64url(key.substr(first + 1, second - first - 1));
  if (!payload) return std::nullopt;
  const auto claims = json::parse(*payload, {.max_bytes = 64 * 1024, .max_depth = 16});
  if (!claims) return std::nullopt;
  const auto* end = claims->find("exp");
  double seconds = 0; // NumericDate may have a fraction
  if (end == nullptr || !end->get_double(seconds)) return std::nullopt;
  if (!(seconds >= 0 && seconds < 1e15)) return std::nullopt;
  return static_cast<std::int64_t>(std::floor(seconds));
}

std::optional<key_expiry_watch::warning> key_expiry_watch::look(std::string_view key,
                                                                std::int64_t now) {
  const auto end = jwt_expiry(key);
  if (std::exchange(end_, end) != end) said_.reset();
  if (!end) return std::nullopt;
  const auto left = *end - now;
  if (left >= 3 * day) {
    said_.reset(); // the clock was set back
    return std::nullopt;
  }
  const auto what = left <= 0 ? word::expired : word::expiring;
  if (said_ == what && now - said_at_ < day) return std::nullopt;
  said_ = what;
  said_at_ = now;
  return warning{what, left};
}

result<std::string> read_api_key(const std::string& path) {
  const auto content = platform::read_file(path, 64 * 1024);
  if (!content) return fail(error{content.err()});
  const auto key = trimmed(*content);
  if (key.empty())
    return fail(error{errc::invalid_request, "the API key file " + path + " is empty"});
  if (key.find_first_of("\r\n\0", 0, 3) != std::string_view::npos) {
    return fail(
        error{errc::invalid_request, "the API key file " + path + " holds more than one line"});
  }
  return std::string(key);
}

result<unit> find_api_key(std::string& api_key, std::string& api_key_file,
                          const std::string& credentials_directory) {
  if (!api_key.empty()) return unit{};
  if (api_key_file.empty() && !credentials_directory.empty()) {
    auto credential = credentials_directory + "/dockhost_api_key";
    if (::access(credential.c_str(), F_OK) == 0) api_key_file = std::move(credential);
  }
  if (api_key_file.empty()) return unit{};
  auto key = read_api_key(api_key_file);
  if (!key) return fail(error{key.err()});
  api_key = std::move(key).value();
  return unit{};
}

} // namespace dockhost::apps
