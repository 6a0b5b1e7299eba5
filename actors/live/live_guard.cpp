// SPDX-License-Identifier: MIT
#include "actors/live/live_guard.hpp"

#include "core/web_origin.hpp"

#include <utility>

namespace dockhost::actors {

namespace {

web_source source_of(const net::server_request& request) {
  return {request.header("origin"), request.header("host"), request.tls};
}

} // namespace

live_guard::live_guard(const live_settings& config, sha256_fn sha256)
    : origins_(config.origins), local_role_(config.local_role), sha256_(std::move(sha256)) {
  for (const auto& line : config.tokens) {
    if (auto token = parse_access_token(line); token) tokens_.push_back(std::move(token).value());
  }
}

bool live_guard::welcome(const net::server_request& request) const {
  // Without tokens whoever reaches this machine may come in: so no site whose name was made to lead
  // here.
  if (!wants_tokens() && !is_local_host(request.header("host"))) return false;
  return origin_allowed(source_of(request), origins_);
}

net::header_list live_guard::cors(const net::server_request& request) const {
  const auto source = source_of(request);
  if (source.origin.empty() || !origin_allowed(source, origins_)) return {};
  return {{"Access-Control-Allow-Origin", std::string(source.origin)},
          {"Access-Control-Allow-Methods", "GET, POST, OPTIONS"},
          {"Access-Control-Allow-Headers", "Authorization, Content-Type"},
          {"Access-Control-Max-Age", "600"},
          {"Vary", "Origin"}};
}

live_guard::verdict live_guard::judge(std::string_view token, std::int64_t now_unix) const {
  if (!wants_tokens()) return {{}, {}, local_role_, std::nullopt};
  if (token.empty()) return {"A token is required", {}, {}, {}};
  const auto match = match_token(tokens_, sha256_(token), now_unix);
  switch (match.verdict) {
  case token_verdict::good: return {{}, match.token->name, match.token->role, match.token->expires};
  case token_verdict::expired: return {"The token has expired", {}, {}, {}};
  case token_verdict::unknown: break;
  }
  return {"Unknown token", {}, {}, {}};
}

std::string_view live_guard::bearer(std::string_view authorization) {
  constexpr std::string_view scheme = "bearer ";
  if (authorization.size() <= scheme.size()) return {};
  for (std::size_t i = 0; i < scheme.size(); ++i) {
    const char c = authorization[i];
    if ((c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c) != scheme[i]) return {};
  }
  return authorization.substr(scheme.size());
}

} // namespace dockhost::actors
