// SPDX-License-Identifier: MIT
#include "net/detail/http_request_text.hpp"

#include <algorithm>
#include <array>

namespace dockhost::net::detail {

namespace {

constexpr std::size_t joined_body = 4096;

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

/// RFC 9110 section 5.6.2.
bool is_token(std::string_view s) {
  return !s.empty() && std::ranges::all_of(s, [](char c) {
    return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z') ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  });
}

bool is_control(char c) {
  const auto u = static_cast<unsigned char>(c);
  return u < 0x20 || u == 0x7f;
}

bool one_of(std::string_view what, std::initializer_list<std::string_view> list) {
  return std::ranges::find(list, what) != list.end();
}

bool has(const http_request& request, std::string_view name) {
  return std::ranges::any_of(request.headers,
                             [&](const auto& h) { return same_header(h.first, name); });
}

void add(std::string& head, std::string_view name, std::string_view value) {
  head.append(name).append(": ").append(value).append("\r\n");
}

} // namespace

bool same_header(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, lower, lower);
}

bool valid_header(std::string_view name, std::string_view value) {
  return is_token(name) &&
         std::ranges::none_of(value, [](char c) { return is_control(c) && c != '\t'; });
}

bool valid_target(std::string_view target) {
  return !target.empty() &&
         std::ranges::none_of(target, [](char c) { return is_control(c) || c == ' '; });
}

net_result<request_text> make_request_text(http_request request, const std::string& host) {
  const auto refuse = [](const char* what) {
    return fail(
        net_error{net_errc::protocol, std::string("the request's ") + what + " is invalid"});
  };
  if (!is_token(request.method)) return refuse("method");
  if (!valid_target(request.target)) return refuse("target");
  if (!valid_header("Host", host)) return refuse("host");

  request_text text;
  text.name = request.method + " " + request.target.substr(0, request.target.find('?'));
  text.no_body = request.method == "HEAD";
  text.repeatable = one_of(request.method, {"GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"});

  std::string& head = text.head;
  head.append(request.method).append(" ").append(request.target).append(" HTTP/1.1\r\n");
  add(head, "Host", host);
  if (!has(request, "User-Agent")) add(head, "User-Agent", "dockhost/" DOCKHOST_VERSION);
  for (const auto& [name, value] : request.headers) {
    if (!valid_header(name, value)) return refuse("header");
    if (same_header(name, "Host") || same_header(name, "Content-Length") ||
        same_header(name, "Transfer-Encoding"))
      continue; // ours to set
    add(head, name, value);
  }
  if (!request.body.empty() || one_of(request.method, {"POST", "PUT", "PATCH"}))
    add(head, "Content-Length", std::to_string(request.body.size()));
  head += "\r\n";
  if (request.body.size() <= joined_body) {
    head += request.body;
  } else {
    text.body = std::move(request.body);
  }
  return text;
}

} // namespace dockhost::net::detail
