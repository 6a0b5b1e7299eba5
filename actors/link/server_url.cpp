// SPDX-License-Identifier: MIT
#include "actors/link/server_url.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

namespace dockhost::actors {
namespace {

failure<error> refuse(const char* why) {
  return fail(error{errc::invalid_request, why});
}

bool is_alnum(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

std::string_view trim(std::string_view s) {
  constexpr std::string_view space = " \t\r\n";
  const auto first = s.find_first_not_of(space);
  if (first == std::string_view::npos) return {};
  return s.substr(first, s.find_last_not_of(space) - first + 1);
}

struct scheme {
  bool known = false;
  bool tls = false;
};

scheme scheme_of(std::string_view name) {
  std::string lower(name);
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  if (lower == "http" || lower == "ws") return {true, false};
  if (lower == "https" || lower == "wss") return {true, true};
  return {};
}

bool valid_name(std::string_view host) {
  constexpr std::size_t longest = 253;
  if (host.empty() || host.size() > longest || host.front() == '.' || host.front() == '-') {
    return false;
  }
  return host.find("..") == std::string_view::npos && std::ranges::all_of(host, [](char c) {
           return is_alnum(c) || c == '-' || c == '.' || c == '_';
         });
}

/// Only its characters and that it has two colons; the resolver does the rest.
bool valid_ipv6(std::string_view host) {
  return host.size() <= 45 && std::ranges::count(host, ':') >= 2 &&
         std::ranges::all_of(host, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') ||
                  c == ':' || c == '.';
         });
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto* end = text.data() + text.size();
  const auto got = std::from_chars(text.data(), end, port);
  if (got.ec != std::errc() || got.ptr != end || port == 0) return std::nullopt;
  return port;
}

/// What RFC 3986 allows in a path.
bool valid_path(std::string_view path) {
  return std::ranges::all_of(path, [](char c) {
    return is_alnum(c) || std::string_view("-._~!$&'()*+,;=:@%/").find(c) != std::string_view::npos;
  });
}

std::string socketio_path(std::string_view path) {
  while (path.ends_with('/'))
    path.remove_suffix(1);
  std::string out(path);
  if (!path.ends_with("/socket.io")) out += "/socket.io";
  return out + '/';
}

} // namespace

result<server_address> parse_server_url(std::string_view text) {
  text = trim(text);
  if (text.empty()) return refuse("the server's URL is empty");
  server_address out;
  if (const auto at = text.find("://"); at != std::string_view::npos) {
    const auto which = scheme_of(text.substr(0, at));
    if (!which.known) return refuse("the server's URL must begin with http, https, ws or wss");
    out.tls = which.tls;
    text.remove_prefix(at + 3);
  }
  if (text.find_first_of("?#") != std::string_view::npos) {
    return refuse("the server's URL must have no query and no fragment");
  }
  const auto slash = std::min(text.find('/'), text.size());
  auto authority = text.substr(0, slash);
  const auto path = text.substr(slash);
  if (authority.find('@') != std::string_view::npos) {
    return refuse("the server's URL must have no user name or password");
  }
  std::string_view port;
  bool has_port = false;
  if (authority.starts_with('[')) {
    const auto end = authority.find(']');
    if (end == std::string_view::npos || !valid_ipv6(authority.substr(1, end - 1))) {
      return refuse("the server's URL has a bad IPv6 address");
    }
    out.host = authority.substr(1, end - 1);
    authority.remove_prefix(end + 1);
    if (!authority.empty() && authority.front() != ':') {
      return refuse("the server's URL has something behind its IPv6 address");
    }
    has_port = !authority.empty();
    port = has_port ? authority.substr(1) : authority;
  } else {
    if (std::ranges::count(authority, ':') > 1) {
      return refuse("an IPv6 address in the server's URL needs brackets");
    }
    const auto colon = std::min(authority.find(':'), authority.size());
    out.host = authority.substr(0, colon);
    if (!valid_name(out.host)) return refuse("the server's URL has a bad host name");
    has_port = colon < authority.size();
    port = has_port ? authority.substr(colon + 1) : authority.substr(colon);
  }
  out.port = out.tls ? 443 : 80;
  if (has_port) {
    const auto number = parse_port(port);
    if (!number) return refuse("the port in the server's URL must be from 1 to 65535");
    out.port = *number;
  }
  if (!valid_path(path)) return refuse("the server's URL has a bad character in its path");
  out.path = socketio_path(path);
  return out;
}

std::string to_string(const server_address& address) {
  const bool v6 = address.host.find(':') != std::string::npos;
  return std::string(address.tls ? "https://" : "http://") +
         (v6 ? '[' + address.host + ']' : address.host) + ':' + std::to_string(address.port) +
         address.path;
}

net::endpoint to_endpoint(const server_address& address, const net::tls_options& tls) {
  net::endpoint out;
  out.host = address.host;
  out.port = address.port;
  out.tls = address.tls;
  out.tls_settings = tls;
  return out;
}

} // namespace dockhost::actors
