// SPDX-License-Identifier: MIT
#include "platform/cgroup_files.hpp"

#include "platform/text_fields.hpp"

#include <limits>

namespace dockhost::platform {

namespace {

/// v1 writes "no limit" as the highest number of bytes that is whole pages, whatever a page is.
constexpr std::int64_t no_limit = std::int64_t{1} << 62;

void add(std::int64_t& sum, std::int64_t more) {
  constexpr auto most = std::numeric_limits<std::int64_t>::max();
  sum = more > most - sum ? most : sum + more;
}

std::string_view first_word(std::string_view text) {
  std::string_view line;
  return next_line(text, line) ? next_word(line) : std::string_view();
}

} // namespace

std::optional<std::int64_t> parse_number(std::string_view text) {
  return whole_number(first_word(text));
}

std::optional<std::int64_t> parse_memory_limit(std::string_view text) {
  const auto word = first_word(text);
  if (word == "max") return 0;
  const auto limit = whole_number(word);
  return limit && *limit >= no_limit ? 0 : limit;
}

std::optional<std::int64_t> parse_keyed(std::string_view text, std::string_view key) {
  std::string_view line;
  while (next_line(text, line))
    if (next_word(line) == key) return whole_number(next_word(line));
  return std::nullopt;
}

byte_counts parse_io_stat(std::string_view text) {
  byte_counts sum;
  std::string_view line;
  while (next_line(text, line)) {
    // "8:0 rbytes=1 wbytes=2 rios=3 ..."; the device is followed by nothing when it is idle.
    (void)next_word(line);
    for (auto word = next_word(line); !word.empty(); word = next_word(line)) {
      const auto equals = word.find('=');
      if (equals == word.npos) continue;
      const auto value = whole_number(word.substr(equals + 1)).value_or(0);
      if (word.substr(0, equals) == "rbytes") add(sum.in, value);
      if (word.substr(0, equals) == "wbytes") add(sum.out, value);
    }
  }
  return sum;
}

byte_counts parse_blkio(std::string_view text) {
  byte_counts sum;
  std::string_view line;
  while (next_line(text, line)) {
    // "8:0 Read 4096", and "Total 4096" as the last line.
    (void)next_word(line);
    const auto what = next_word(line);
    const auto value = whole_number(next_word(line)).value_or(0);
    if (what == "Read") add(sum.in, value);
    if (what == "Write") add(sum.out, value);
  }
  return sum;
}

std::optional<byte_counts> parse_net_dev(std::string_view text) {
  std::optional<byte_counts> sum;
  std::string_view line;
  while (next_line(text, line)) {
    // Two lines of headings, then "  eth0: RX_BYTES and 7 more, TX_BYTES and 7 more". A long
    // number stands right behind the colon, and a name may hold colons.
    auto numbers = line;
    const auto colon = numbers.rfind(':');
    if (colon == numbers.npos) continue;
    numbers.remove_prefix(colon + 1);
    auto names = line.substr(0, colon);
    const auto name = next_word(names);
    const auto received = whole_number(next_word(numbers));
    for (int skipped = 0; skipped < 7; ++skipped)
      (void)next_word(numbers);
    const auto sent = whole_number(next_word(numbers));
    if (!received || !sent) continue;
    if (!sum) sum.emplace();
    if (name == "lo") continue;
    add(sum->in, *received);
    add(sum->out, *sent);
  }
  return sum;
}

} // namespace dockhost::platform
