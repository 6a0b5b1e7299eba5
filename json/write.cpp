// SPDX-License-Identifier: MIT
#include "json/json.hpp"

#include <charconv>
#include <cmath>
#include <cstdlib>

namespace dockhost::json {
namespace {

/// How many bytes the character at `s[at]` has; 0 when it is no valid UTF-8, and then `bad` says
/// how many bytes one replacement character stands for (the longest prefix of a valid sequence, as
/// the Unicode standard recommends and browsers do).
std::size_t utf8_length(std::string_view s, std::size_t at, std::size_t& bad) {
  const auto byte = [&](std::size_t i) -> unsigned {
    return at + i < s.size() ? static_cast<unsigned char>(s[at + i]) : 0U;
  };
  const unsigned lead = byte(0);
  bad = 1;
  if (lead < 0x80) return 1;
  if (lead < 0xc2 || lead > 0xf4) return 0;
  const std::size_t length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  unsigned low = 0x80;
  unsigned high = 0xbf;
  if (lead == 0xe0) low = 0xa0;  // overlong
  if (lead == 0xed) high = 0x9f; // surrogates
  if (lead == 0xf0) low = 0x90;  // overlong
  if (lead == 0xf4) high = 0x8f; // beyond U+10FFFF
  for (std::size_t i = 1; i < length; ++i) {
    if (byte(i) < low || byte(i) > high) {
      bad = i;
      return 0;
    }
    low = 0x80;
    high = 0xbf;
  }
  return length;
}

/// As JavaScript spells it (ECMA-262, Number::toString): the shortest digits that read back as the
/// same double, plain from 1e-6 to below 1e21, else with an exponent.
void dump_number(std::string& out, double n) {
  if (!std::isfinite(n)) {
    out += "null";
    return;
  }
  if (n == 0) { // also -0
    out += '0';
    return;
  }
  char text[40];
  const auto end = std::to_chars(text, text + sizeof text, n, std::chars_format::scientific).ptr;
  std::string_view whole(text, static_cast<std::size_t>(end - text));
  if (whole.starts_with('-')) {
    out += '-';
    whole.remove_prefix(1);
  }
  const auto e = whole.find('e');
  int exponent = 0;
  const auto first = whole.data() + e + (whole[e + 1] == '+' ? 2 : 1);
  std::from_chars(first, end, exponent);
  std::string digits(whole.substr(0, 1));
  if (e > 2) digits += whole.substr(2, e - 2);
  const int count = static_cast<int>(digits.size());
  const int point = exponent + 1; // digits before it
  if (exponent >= 0 && exponent < 21) {
    if (count <= point) {
      const int zeros = point - count;
      out += digits;
      out.append(static_cast<std::size_t>(zeros), '0');
    } else {
      out += digits.insert(static_cast<std::size_t>(point), 1, '.');
    }
  } else if (exponent < 0 && exponent >= -6) {
    out += "0.";
    out.append(static_cast<std::size_t>(-point), '0');
    out += digits;
  } else {
    if (count > 1) digits.insert(1, 1, '.');
    out += digits;
    out += exponent < 0 ? "e-" : "e+";
    out += std::to_string(std::abs(exponent));
  }
}

void dump_integer(std::string& out, auto n) {
  char text[24];
  out.append(text, std::to_chars(text, text + sizeof text, n).ptr);
}

struct writer {
  std::string& out;

  void operator()(std::monostate) const { out += "null"; }
  void operator()(bool b) const { out += b ? "true" : "false"; }
  void operator()(std::int64_t n) const { dump_integer(out, n); }
  void operator()(std::uint64_t n) const { dump_integer(out, n); }
  void operator()(double n) const { dump_number(out, n); }
  void operator()(const std::string& s) const { dump_string(out, s); }
  void operator()(const array& elements) const {
    out += '[';
    bool first = true;
    for (const auto& element : elements) {
      if (!first) out += ',';
      first = false;
      dump_to(out, element);
    }
    out += ']';
  }
  void operator()(const object& members) const {
    out += '{';
    bool first = true;
    for (const auto& [key, member] : members) {
      if (!first) out += ',';
      first = false;
      dump_string(out, key);
      out += ':';
      dump_to(out, member);
    }
    out += '}';
  }
};

/// The escape of an ASCII character that needs one, else empty.
std::string_view short_escape(char c) {
  switch (c) {
  case '"': return "\\\"";
  case '\\': return "\\\\";
  case '\b': return "\\b";
  case '\f': return "\\f";
  case '\n': return "\\n";
  case '\r': return "\\r";
  case '\t': return "\\t";
  default: return {};
  }
}

} // namespace

void dump_string(std::string& out, std::string_view s) {
  constexpr std::string_view hex = "0123456789abcdef";
  out += '"';
  std::size_t plain = 0; // start of what can be copied as it is
  for (std::size_t at = 0; at < s.size();) {
    const auto c = static_cast<unsigned char>(s[at]);
    if (c >= 0x20 && c < 0x80 && c != '"' && c != '\\') {
      ++at;
      continue;
    }
    std::size_t bad = 0;
    if (c >= 0x80) {
      if (const auto length = utf8_length(s, at, bad); length != 0) {
        at += length;
        continue;
      }
    }
    out.append(s, plain, at - plain);
    if (c >= 0x80) {
      out += "\xef\xbf\xbd"; // U+FFFD
      at += bad;
    } else {
      const auto escape = short_escape(s[at]);
      if (!escape.empty()) {
        out += escape;
      } else {
        out += "\\u00";
        out += hex[c >> 4U];
        out += hex[c & 15U];
      }
      ++at;
    }
    plain = at;
  }
  out.append(s, plain, s.size() - plain);
  out += '"';
}

void dump_to(std::string& out, const value& v) {
  std::visit(writer{out}, v.storage());
}

std::string dump(const value& v) {
  std::string out;
  dump_to(out, v);
  return out;
}

} // namespace dockhost::json
