// SPDX-License-Identifier: MIT
#include "core/access_token.hpp"

#include "core/utc_time.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>

namespace dockhost {

namespace {

constexpr std::string_view digest_mark = "sha256:";
constexpr std::size_t max_name = 64;

std::string_view take_word(std::string_view& text) {
  const auto first = text.find_first_not_of(' ');
  text.remove_prefix(std::min(first, text.size()));
  const auto word = text.substr(0, text.find(' '));
  text.remove_prefix(word.size());
  return word;
}

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= max_name && std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           c == '.' || c == '-';
  });
}

std::optional<token_digest> parse_digest(std::string_view hex) {
  token_digest out;
  if (hex.size() != 2 * out.size()) return std::nullopt;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const auto* from = hex.data() + 2 * i;
    const auto [end, wrong] = std::from_chars(from, from + 2, out[i], 16);
    if (wrong != std::errc{} || end != from + 2) return std::nullopt;
  }
  return out;
}

std::string hex_of(const token_digest& bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (const auto b : bytes) {
    out.push_back(digits[b >> 4]);
    out.push_back(digits[b & 15]);
  }
  return out;
}

/// Looks at every byte, wherever the first difference is.
bool equal_in_constant_time(const token_digest& a, const token_digest& b) {
  unsigned difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    difference |= static_cast<unsigned>(a[i] ^ b[i]);
  return difference == 0;
}

} // namespace

std::string_view to_string(live_role role) {
  return role == live_role::operator_ ? "operator" : "viewer";
}

basic_result<access_token, std::string> parse_access_token(std::string_view line) {
  access_token out;
  const auto name = take_word(line);
  const auto role = take_word(line);
  auto digest = take_word(line);
  const auto expiry = take_word(line);
  if (!is_name(name)) {
    return fail(std::string("must begin with a name of letters, digits, _ . - (64 at most)"));
  }
  out.name = name;
  if (role == "operator") {
    out.role = live_role::operator_;
  } else if (role != "viewer") {
    return fail("\"" + out.name + "\": the role must be viewer or operator");
  }
  if (!digest.starts_with(digest_mark)) {
    return fail("\"" + out.name + "\": after the role stands sha256: and 64 hex digits");
  }
  digest.remove_prefix(digest_mark.size());
  const auto parsed = parse_digest(digest);
  if (!parsed) return fail("\"" + out.name + "\": after sha256: stand 64 hex digits");
  out.digest = *parsed;
  if (!expiry.empty()) {
    out.expires = parse_utc_time(expiry);
    if (!out.expires) {
      return fail("\"" + out.name + "\": its end must be a time such as 2026-12-31T23:59:59Z");
    }
  }
  if (!take_word(line).empty()) return fail("\"" + out.name + "\": too many words");
  return out;
}

std::string format_access_token(const access_token& token) {
  auto out = token.name + " " + std::string(to_string(token.role)) + " " +
             std::string(digest_mark) + hex_of(token.digest);
  if (token.expires) out += " " + utc_time(*token.expires);
  return out;
}

token_match match_token(const std::vector<access_token>& tokens, const token_digest& digest,
                        std::int64_t now_unix) {
  token_match out;
  for (const auto& each : tokens) {
    if (!equal_in_constant_time(each.digest, digest)) continue;
    const bool over = each.expires && *each.expires <= now_unix;
    out = {over ? token_verdict::expired : token_verdict::good, &each};
  }
  return out;
}

std::string token_text(const token_digest& random) {
  return "dht_" + hex_of(random);
}

std::string utc_time(std::int64_t unix_seconds) {
  return utc_date_and_time(unix_seconds) + "Z";
}

std::optional<std::int64_t> parse_utc_time(std::string_view text) {
  using namespace std::chrono;
  constexpr std::string_view shape = "dddd-dd-ddTdd:dd:ddZ";
  if (text.size() != shape.size()) return std::nullopt;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const bool digit = text[i] >= '0' && text[i] <= '9';
    if (shape[i] == 'd' ? !digit : text[i] != shape[i]) return std::nullopt;
  }
  const auto number = [text](std::size_t at, std::size_t length) {
    int out = 0;
    std::from_chars(text.data() + at, text.data() + at + length, out);
    return out;
  };
  const year_month_day date(year(number(0, 4)), month(static_cast<unsigned>(number(5, 2))),
                            day(static_cast<unsigned>(number(8, 2))));
  const auto h = number(11, 2);
  const auto m = number(14, 2);
  const auto s = number(17, 2);
  if (!date.ok() || h > 23 || m > 59 || s > 59) return std::nullopt;
  const auto at = sys_days(date).time_since_epoch() + hours(h) + minutes(m) + seconds(s);
  return duration_cast<seconds>(at).count();
}

} // namespace dockhost
