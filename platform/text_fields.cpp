// SPDX-License-Identifier: MIT
#include "platform/text_fields.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <system_error>

namespace dockhost::platform {

bool next_line(std::string_view& text, std::string_view& line) {
  if (text.empty()) return false;
  const auto end = std::min(text.find('\n'), text.size());
  line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return true;
}

std::string_view next_word(std::string_view& line) {
  constexpr std::string_view blank = " \t";
  line.remove_prefix(std::min(line.find_first_not_of(blank), line.size()));
  const auto end = std::min(line.find_first_of(blank), line.size());
  const auto word = line.substr(0, end);
  line.remove_prefix(end);
  return word;
}

std::optional<std::int64_t> whole_number(std::string_view word) {
  constexpr auto most = std::numeric_limits<std::int64_t>::max();
  std::uint64_t value = 0;
  const auto* const last = word.data() + word.size();
  const auto [end, status] = std::from_chars(word.data(), last, value);
  if (end != last || word.empty()) return std::nullopt;
  if (status == std::errc::result_out_of_range) return most;
  if (status != std::errc{}) return std::nullopt;
  return static_cast<std::int64_t>(std::min<std::uint64_t>(value, most));
}

} // namespace dockhost::platform
