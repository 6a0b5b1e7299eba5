// SPDX-License-Identifier: MIT
#include "core/log_text.hpp"

#include "core/utf8.hpp"

#include <cstdint>
#include <cstring>

namespace dockhost {
namespace {

constexpr std::string_view replacement = "\xef\xbf\xbd";
constexpr std::uint64_t ones = 0x0101010101010101U;
constexpr std::uint64_t high_bits = ones << 7;

/// The high bit of each byte of `word` that is below `n` (n <= 128); bytes above 127 don't count.
constexpr std::uint64_t bytes_below(std::uint64_t word, std::uint8_t n) {
  return (word - ones * n) & ~word & high_bits;
}
constexpr std::uint64_t bytes_equal(std::uint64_t word, char c) {
  return bytes_below(word ^ (ones * static_cast<std::uint8_t>(c)), 1);
}

/// How many bytes at the front may be copied as they are: printable ASCII, and with `json` without
/// what JSON escapes.
template <bool json>
std::size_t plain(std::string_view text) {
  std::size_t at = 0;
  for (; at + 8 <= text.size(); at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + at, 8);
    auto special = word & high_bits;
    if constexpr (json)
      special |= bytes_below(word, 0x20) | bytes_equal(word, '"') | bytes_equal(word, '\\');
    if (special != 0) break;
  }
  for (; at < text.size(); ++at) {
    const auto c = static_cast<std::uint8_t>(text[at]);
    if (c >= 0x80 || (json && (c < 0x20 || c == '"' || c == '\\'))) break;
  }
  return at;
}

void append_escape(std::string& out, char c) {
  constexpr std::string_view digits = "0123456789abcdef";
  switch (c) {
  case '"': out += "\\\""; return;
  case '\\': out += "\\\\"; return;
  case '\n': out += "\\n"; return;
  case '\r': out += "\\r"; return;
  case '\t': out += "\\t"; return;
  default:
    out += "\\u00";
    out += digits[static_cast<std::uint8_t>(c) >> 4U];
    out += digits[static_cast<std::uint8_t>(c) & 15U];
  }
}

template <bool json>
void append(std::string& out, std::string_view bytes) {
  while (!bytes.empty()) {
    if (const auto n = plain<json>(bytes); n > 0) {
      out.append(bytes.data(), n);
      bytes.remove_prefix(n);
      continue;
    }
    const char c = bytes.front();
    if (static_cast<std::uint8_t>(c) < 0x80) {
      append_escape(out, c);
      bytes.remove_prefix(1);
      continue;
    }
    const auto before = bytes;
    if (take_code_point(bytes)) {
      out.append(before.data(), before.size() - bytes.size());
    } else {
      out += replacement;
      bytes.remove_prefix(1);
    }
  }
}

} // namespace

void append_json_text(std::string& out, std::string_view bytes) {
  append<true>(out, bytes);
}

void append_utf8(std::string& out, std::string_view bytes) {
  append<false>(out, bytes);
}

} // namespace dockhost
