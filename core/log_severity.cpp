// SPDX-License-Identifier: MIT
#include "core/log_severity.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace dockhost {
namespace {

constexpr std::size_t looked = 240;

struct known_word {
  std::string_view word;
  log_severity severity;
  bool alone; ///< counts where it stands by itself, not only as the value of a field
};

constexpr std::array words{
    known_word{"emerg", log_severity::error, true},
    known_word{"emergency", log_severity::error, false},
    known_word{"alert", log_severity::error, true},
    known_word{"crit", log_severity::error, true},
    known_word{"critical", log_severity::error, true},
    known_word{"fatal", log_severity::error, true},
    known_word{"panic", log_severity::error, true},
    known_word{"error", log_severity::error, true},
    known_word{"err", log_severity::error, true},
    known_word{"severe", log_severity::error, true},
    known_word{"e", log_severity::error, false},
    known_word{"f", log_severity::error, false},
    known_word{"warn", log_severity::warn, true},
    known_word{"warning", log_severity::warn, true},
    known_word{"w", log_severity::warn, false},
    known_word{"info", log_severity::info, true},
    known_word{"information", log_severity::info, false},
    known_word{"notice", log_severity::info, true},
    known_word{"log", log_severity::info, false},
    known_word{"i", log_severity::info, false},
    known_word{"debug", log_severity::debug, true},
    known_word{"trace", log_severity::debug, true},
    known_word{"verbose", log_severity::debug, true},
    known_word{"d", log_severity::debug, false},
    known_word{"10", log_severity::debug, false},
    known_word{"20", log_severity::debug, false},
    known_word{"30", log_severity::info, false},
    known_word{"40", log_severity::warn, false},
    known_word{"50", log_severity::error, false},
    known_word{"60", log_severity::error, false},
};

constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}
constexpr bool letter(char c) {
  return lower(c) >= 'a' && lower(c) <= 'z';
}
constexpr bool digit(char c) {
  return c >= '0' && c <= '9';
}
constexpr bool part_of_word(char c) {
  return letter(c) || digit(c) || c == '_';
}

bool same(std::string_view a, std::string_view lower_b) {
  return a.size() == lower_b.size() && std::equal(a.begin(), a.end(), lower_b.begin(),
                                                  [](char x, char y) { return lower(x) == y; });
}

const known_word* find(std::string_view word) {
  const auto it = std::find_if(words.begin(), words.end(),
                               [&](const known_word& known) { return same(word, known.word); });
  return it == words.end() ? nullptr : &*it;
}

/// The first 240 bytes, without the escape sequences of a terminal.
std::string head_of(std::string_view text) {
  std::string out;
  text = text.substr(0, looked);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\x1b' || i + 1 >= text.size() || text[i + 1] != '[') {
      out += text[i];
      continue;
    }
    for (i += 2; i < text.size() && !letter(text[i]);)
      ++i;
  }
  return out;
}

/// level=error, "severity": "warn", lvl: info
std::optional<std::string_view> field_value(std::string_view head) {
  constexpr std::array<std::string_view, 4> names{"level", "severity", "lvl", "loglevel"};
  for (std::size_t at = 0; at < head.size(); ++at) {
    if (!letter(head[at]) || (at > 0 && part_of_word(head[at - 1]))) continue;
    auto end = at;
    while (end < head.size() && part_of_word(head[end]))
      ++end;
    const auto name = head.substr(at, end - at);
    at = end;
    if (std::none_of(names.begin(), names.end(), [&](auto n) { return same(name, n); })) continue;
    auto next = end;
    const auto quote = [&] {
      if (next < head.size() && (head[next] == '"' || head[next] == '\'')) ++next;
    };
    const auto blanks = [&] {
      while (next < head.size() && (head[next] == ' ' || head[next] == '\t'))
        ++next;
    };
    quote();
    blanks();
    if (next >= head.size() || (head[next] != '=' && head[next] != ':')) continue;
    ++next;
    blanks();
    quote();
    const auto from = next;
    while (next < head.size() && (letter(head[next]) || digit(head[next])))
      ++next;
    if (next > from) return head.substr(from, next - from);
  }
  return std::nullopt;
}

/// "E0102 15:04:05 ..."
std::optional<log_severity> klog(std::string_view head) {
  if (head.size() < 14 || head[5] != ' ' || head[8] != ':' || head[11] != ':') return std::nullopt;
  for (const std::size_t at : {1U, 2U, 3U, 4U, 6U, 7U, 9U, 10U, 12U, 13U})
    if (!digit(head[at])) return std::nullopt;
  switch (head[0]) {
  case 'I': return log_severity::info;
  case 'W': return log_severity::warn;
  case 'E':
  case 'F': return log_severity::error;
  default: return std::nullopt;
  }
}

bool one_of(char c, std::string_view set) {
  return set.find(c) != set.npos;
}

} // namespace

std::optional<log_severity> severity_word(std::string_view word) {
  const auto* known = find(word);
  if (!known) return std::nullopt;
  return known->severity;
}

std::optional<log_severity> severity_of(std::string_view text) {
  const auto stripped = head_of(text);
  const std::string_view head = stripped;
  if (const auto value = field_value(head)) return severity_word(*value);
  if (const auto found = klog(head)) return found;
  std::optional<log_severity> in_lower_case;
  for (std::size_t at = 0; at < head.size();) {
    if (!letter(head[at])) {
      ++at;
      continue;
    }
    auto end = at;
    while (end < head.size() && part_of_word(head[end]))
      ++end;
    const auto word = head.substr(at, end - at);
    const char before = at > 0 ? head[at - 1] : ' ', after = end < head.size() ? head[end] : ' ';
    const bool first = at == 0;
    at = end;
    const auto* known = find(word);
    if (!known || !known->alone) continue;
    if (std::all_of(word.begin(), word.end(), [](char c) { return c >= 'A' && c <= 'Z'; })) {
      if (one_of(before, " \t[(<|:") && one_of(after, " \t])>|:,")) return known->severity;
    } else if (!in_lower_case && word[0] == lower(word[0]) && (first || one_of(before, "[(<|")) &&
               one_of(after, "])>|:[")) {
      in_lower_case = known->severity; // an upper-case word further on counts more
    }
  }
  return in_lower_case;
}

} // namespace dockhost
