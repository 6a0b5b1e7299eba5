// SPDX-License-Identifier: MIT
#include "net/http_server_exchange.hpp"

#include "net/detail/http_request_text.hpp"

namespace dockhost::net {

std::string_view server_request::header(std::string_view name) const {
  for (const auto& [n, value] : headers)
    if (detail::same_header(n, name)) return value;
  return {};
}

std::optional<std::string_view> server_request::parameter(std::string_view name) const {
  for (const auto& [n, value] : parameters)
    if (n == name) return value;
  return std::nullopt;
}

server_response make_response(int status, std::string body, std::string_view type) {
  server_response out;
  out.status = status;
  out.headers.emplace_back("Content-Type", type);
  out.body.push_back(share(std::move(body)));
  return out;
}

} // namespace dockhost::net
