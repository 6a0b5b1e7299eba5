// SPDX-License-Identifier: MIT
#include "net/detail/request_target.hpp"

#include "core/utf8.hpp"
#include "net/detail/http_request_text.hpp"

#include <algorithm>

namespace dockhost::net::detail {

namespace {

/// Each costs far more memory than its bytes on the wire.
constexpr std::size_t most_parameters = 128;

std::optional<unsigned> hex(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A' + 10);
  return std::nullopt;
}

/// The byte that an escape at the front of `text` stands for.
std::optional<char> escape(std::string_view text) {
  if (text.size() < 3 || text[0] != '%') return std::nullopt;
  const auto high = hex(text[1]);
  const auto low = hex(text[2]);
  if (!high || !low) return std::nullopt;
  return static_cast<char>(*high << 4U | *low);
}

bool clean_utf8(std::string_view text, bool controls_allowed) {
  while (!text.empty()) {
    const auto c = take_code_point(text);
    if (!c || *c == 0 || (!controls_allowed && is_control(*c))) return false;
  }
  return true;
}

std::optional<std::string> decode_path(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    if (text[0] != '%') {
      out += text[0];
      text.remove_prefix(1);
      continue;
    }
    const auto byte = escape(text);
    if (!byte) return std::nullopt;
    out += *byte;
    text.remove_prefix(3);
  }
  return out;
}

bool plain_path(std::string_view path) {
  if (path.find('\\') != std::string_view::npos || !clean_utf8(path, false)) return false;
  for (std::size_t from = 1; from <= path.size();) {
    const std::size_t to = std::min(path.find('/', from), path.size());
    const std::string_view segment = path.substr(from, to - from);
    if (segment == "." || segment == "..") return false;
    from = to + 1;
  }
  return true;
}

std::string decode_parameter(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    if (const auto byte = escape(text)) {
      out += *byte;
      text.remove_prefix(3);
      continue;
    }
    out += text[0] == '+' ? ' ' : text[0];
    text.remove_prefix(1);
  }
  return out;
}

bool decode_query(std::string_view query, request_target& into) {
  while (!query.empty()) {
    const std::size_t end = query.find('&');
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(end == std::string_view::npos ? query.size() : end + 1);
    if (pair.empty()) continue;
    if (into.parameters.size() == most_parameters) return false;
    const std::size_t equals = pair.find('=');
    std::string name = decode_parameter(pair.substr(0, equals));
    std::string value = equals == std::string_view::npos
                            ? std::string()
                            : decode_parameter(pair.substr(equals + 1));
    if (!clean_utf8(name, true) || !clean_utf8(value, true)) return false;
    into.parameters.emplace_back(std::move(name), std::move(value));
  }
  return true;
}

/// Path and query of the origin or the absolute form; empty where it is neither.
std::string origin_form(std::string_view raw) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!same_header(raw.substr(0, scheme.size()), scheme)) continue;
    raw.remove_prefix(scheme.size());
    const std::size_t authority = std::min(raw.find_first_of("/?"), raw.size());
    if (authority == 0) return {};
    raw.remove_prefix(authority);
    // An absent path is "/" (RFC 9110 section 4.2.3).
    return raw.starts_with('/') ? std::string(raw) : "/" + std::string(raw);
  }
  return raw.starts_with('/') ? std::string(raw) : std::string();
}

} // namespace

std::optional<request_target> parse_target(std::string_view method, std::string_view raw) {
  if (method == "CONNECT" || raw.empty() || raw.find('#') != std::string_view::npos)
    return std::nullopt;
  request_target out;
  if (raw == "*") {
    if (method != "OPTIONS") return std::nullopt;
    out.target = out.path = "*";
    return out;
  }
  out.target = origin_form(raw);
  if (out.target.empty()) return std::nullopt;
  const std::string_view text = out.target;
  const std::size_t question = text.find('?');
  auto path = decode_path(text.substr(0, question));
  if (!path || !plain_path(*path)) return std::nullopt;
  out.path = std::move(*path);
  if (question != std::string_view::npos && !decode_query(text.substr(question + 1), out))
    return std::nullopt;
  return out;
}

} // namespace dockhost::net::detail
