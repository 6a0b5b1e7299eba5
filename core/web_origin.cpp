// SPDX-License-Identifier: MIT
#include "core/web_origin.hpp"

#include <algorithm>

namespace dockhost {

namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

bool same(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, lower, lower);
}

std::string_view without_port(std::string_view host) {
  if (host.starts_with('[')) return host.substr(0, host.find(']') + 1);
  return host.substr(0, host.find(':'));
}

std::string_view without(std::string_view text, std::string_view end) {
  if (text.ends_with(end)) text.remove_suffix(end.size());
  return text;
}

/// Browsers leave the scheme's own port out.
bool same_authority(std::string_view a, std::string_view b, bool tls) {
  const std::string_view usual = tls ? ":443" : ":80";
  return same(without(a, usual), without(b, usual));
}

} // namespace

bool origin_allowed(const web_source& from, const std::vector<std::string>& listed) {
  if (from.origin.empty()) return true;
  const std::string_view scheme = from.tls ? "https://" : "http://";
  if (from.origin.size() > scheme.size() && same(from.origin.substr(0, scheme.size()), scheme) &&
      !from.host.empty() &&
      same_authority(from.origin.substr(scheme.size()), from.host, from.tls)) {
    return true;
  }
  return std::ranges::any_of(
      listed, [&](const std::string& each) { return each == "*" || same(each, from.origin); });
}

bool is_local_host(std::string_view host) {
  const auto name = without_port(host);
  return same(name, "localhost") || same(name, "[::1]") || is_loopback(name);
}

bool is_origin(std::string_view text) {
  const auto at = text.find("://");
  if (at == std::string_view::npos || at == 0) return false;
  const auto rest = text.substr(at + 3);
  return !rest.empty() && rest.find_first_of("/?#@ ,") == std::string_view::npos;
}

bool is_loopback(std::string_view address) {
  if (address == "::1") return true;
  return address.starts_with("127.") && std::ranges::count(address, '.') == 3 &&
         address.find_first_not_of("0123456789.") == std::string_view::npos;
}

} // namespace dockhost
