// SPDX-License-Identifier: MIT
#include "platform/log_text.hpp"

#include "core/utf8.hpp"

#include <algorithm>

namespace dockhost::platform {

namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";
constexpr std::size_t shortest_secret = 8;

bool turns_text_around(char32_t point) {
  return (point >= 0x202A && point <= 0x202E) || (point >= 0x2066 && point <= 0x2069) ||
         point == 0x200E || point == 0x200F || point == 0x2028 || point == 0x2029;
}

void escape(std::string& out, char32_t point) {
  switch (point) {
  case '\n': out += "\\n"; return;
  case '\r': out += "\\r"; return;
  case '\t': out += "\\t"; return;
  default: break;
  }
  out += point > 0xFF ? "\\u" : "\\x";
  for (int shift = point > 0xFF ? 12 : 4; shift >= 0; shift -= 4) {
    out.push_back(hex_digits[(point >> shift) & 15]);
  }
}

std::string percent_encoded(std::string_view text, bool upper) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       c == '-' || c == '_' || c == '.' || c == '~';
    if (plain) {
      out.push_back(c);
      continue;
    }
    out.push_back('%');
    for (const int digit : {byte >> 4, byte & 15}) {
      const char d = hex_digits[static_cast<std::size_t>(digit)];
      out.push_back(upper && d >= 'a' ? static_cast<char>(d - 'a' + 'A') : d);
    }
  }
  return out;
}

} // namespace

std::string printable(std::string_view text, std::size_t max_bytes) {
  std::string out;
  out.reserve(std::min(text.size(), max_bytes));
  for (auto rest = text; !rest.empty();) {
    const auto here = rest;
    const auto point = take_code_point(rest);
    if (!point) rest.remove_prefix(1); // an invalid byte
    const auto taken = here.substr(0, here.size() - rest.size());
    if (text.size() - rest.size() > max_bytes) {
      return out + "... (" + std::to_string(text.size()) + " bytes)";
    }
    if (!point) {
      escape(out, static_cast<unsigned char>(taken.front()));
    } else if (is_control(*point) || turns_text_around(*point)) {
      escape(out, *point);
    } else {
      out.append(taken);
    }
  }
  return out;
}

bool debug_matches(std::string_view pattern, std::string_view component) {
  const std::string name = "dockhost:" + std::string(component);
  bool matched = false;
  while (!pattern.empty()) {
    const auto end = std::min(pattern.find_first_of(", "), pattern.size());
    auto word = pattern.substr(0, end);
    pattern.remove_prefix(std::min(end + 1, pattern.size()));
    const bool taken_out = word.starts_with('-');
    if (taken_out) word.remove_prefix(1);
    if (word.empty()) continue;
    const bool hit = word.ends_with('*')
                         ? std::string_view(name).starts_with(word.substr(0, word.size() - 1))
                         : name == word;
    if (hit && taken_out) return false;
    matched = matched || hit;
  }
  return matched;
}

bool secret_list::add(std::string_view secret) {
  if (secret.size() < shortest_secret) return false;
  for (std::string spelling :
       {std::string(secret), percent_encoded(secret, true), percent_encoded(secret, false)}) {
    if (std::find(spellings_.begin(), spellings_.end(), spelling) == spellings_.end()) {
      spellings_.push_back(std::move(spelling));
    }
  }
  std::sort(spellings_.begin(), spellings_.end(),
            [](const auto& a, const auto& b) { return a.size() > b.size(); });
  return true;
}

std::string secret_list::redact(std::string_view text) const {
  std::string out(text);
  for (const auto& spelling : spellings_) {
    for (auto at = out.find(spelling); at != std::string::npos; at = out.find(spelling, at + 3)) {
      out.replace(at, spelling.size(), "***");
    }
  }
  return out;
}

} // namespace dockhost::platform
