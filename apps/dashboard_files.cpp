// SPDX-License-Identifier: MIT
#include "apps/dashboard_files.hpp"

#include "web/assets.hpp"

#include <algorithm>
#include <utility>

namespace dockhost::apps {

namespace {

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' '))
    text.remove_prefix(1);
  while (text.ends_with(' '))
    text.remove_suffix(1);
  return text;
}

/// Calls `fn` with each part of a header's list until it says true; whether it did.
template <class Fn>
bool any_of_list(std::string_view header, Fn fn) {
  while (!header.empty()) {
    const auto part = header.substr(0, header.find(','));
    header.remove_prefix(std::min(part.size() + 1, header.size()));
    if (fn(trimmed(part))) return true;
  }
  return false;
}

/// Whether the peer takes gzip: named, and not with a weight of zero.
bool takes_gzip(std::string_view accept_encoding) {
  return any_of_list(accept_encoding, [](std::string_view part) {
    const auto name = trimmed(part.substr(0, part.find(';')));
    if (name != "gzip" && name != "*") return false;
    const auto weight = part.find("q=");
    return weight == std::string_view::npos ||
           part.substr(weight + 2).find_first_not_of("0.") != std::string_view::npos;
  });
}

bool has_tag(std::string_view if_none_match, std::string_view etag) {
  return any_of_list(if_none_match, [etag](std::string_view part) {
    if (part.starts_with("W/")) part.remove_prefix(2);
    return part == etag || part == "*";
  });
}

} // namespace

std::optional<net::server_response> dashboard_file(const net::server_request& request) {
  const auto* file = web::find(request.path);
  if (file == nullptr) return std::nullopt;
  const bool gzip = !file->gzip.empty() && takes_gzip(request.header("accept-encoding"));
  const auto etag = gzip ? file->gzip_etag : file->etag;
  net::server_response out;
  out.headers = {
      {"Content-Type", std::string(file->content_type)},
      {"ETag", std::string(etag)},
      {"Vary", "Accept-Encoding"},
      {"Cache-Control", file->immutable ? "public, max-age=31536000, immutable" : "no-cache"},
      {"Content-Security-Policy", std::string(web::content_security_policy)},
      {"X-Content-Type-Options", "nosniff"},
      {"X-Frame-Options", "DENY"},
      {"Referrer-Policy", "no-referrer"},
      {"Cross-Origin-Opener-Policy", "same-origin"}};
  if (has_tag(request.header("if-none-match"), etag)) {
    out.status = 304;
    return out;
  }
  if (gzip) out.headers.emplace_back("Content-Encoding", "gzip");
  out.body.push_back(net::share(std::string(gzip ? file->gzip : file->bytes)));
  return out;
}

bool serve_dashboard_file(const std::shared_ptr<net::http_exchange>& exchange) {
  auto answer = dashboard_file(exchange->request());
  return answer && exchange->respond(std::move(*answer));
}

} // namespace dockhost::apps
