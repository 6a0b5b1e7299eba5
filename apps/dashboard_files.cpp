// SPDX-License-Identifier: MIT
#include "apps/dashboard_files.hpp"

#include "platform/sha256.hpp"
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

/// For a path in an address, and so for an attribute's value, too.
std::string percent_encoded(std::string_view path) {
  constexpr std::string_view kept =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/";
  constexpr std::string_view hex = "0123456789ABCDEF";
  std::string out;
  for (const char c : path) {
    if (kept.find(c) != std::string_view::npos) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out.append({'%', hex[byte >> 4U], hex[byte & 15U]});
  }
  return out;
}

} // namespace

dashboard_files::dashboard_files(std::string_view socket_path) {
  const std::string_view built = web::find("/")->bytes;
  constexpr std::string_view before = "<meta name=\"dockhost-socket-path\" content=\"";
  const auto start = built.find(before);
  if (start == std::string_view::npos) return; // built without the dashboard
  const auto value = start + before.size();
  const auto end = built.find('"', value);
  // Relative to the page, which something before the node may show under a prefix.
  const auto path = percent_encoded(socket_path.substr(1));
  if (built.substr(value, end - value) == path) return;
  page_.append(built.substr(0, value)).append(path).append(built.substr(end));
  page_etag_ = '"' + platform::to_hex(platform::sha256(page_)).substr(0, 32) + '"';
}

std::optional<net::server_response>
dashboard_files::answer(const net::server_request& request) const {
  const auto* file = web::find(request.path);
  if (file == nullptr) return std::nullopt;
  const bool own = !page_.empty() && file == web::find("/");
  const bool gzip = !own && !file->gzip.empty() && takes_gzip(request.header("accept-encoding"));
  const auto bytes = own ? std::string_view(page_) : gzip ? file->gzip : file->bytes;
  const auto etag = own ? std::string_view(page_etag_) : gzip ? file->gzip_etag : file->etag;
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
  out.body.push_back(net::share(std::string(bytes)));
  return out;
}

} // namespace dockhost::apps
