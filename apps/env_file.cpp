// SPDX-License-Identifier: MIT
#include "apps/env_file.hpp"

#include <algorithm>
#include <optional>

namespace dockhost::apps {

namespace {

constexpr std::string_view blanks = " \t";

void skip_blanks(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
}

bool name_char(char c, bool first) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' ||
         (!first && c >= '0' && c <= '9');
}

std::string take_name(std::string_view& text) {
  std::size_t size = 0;
  while (size < text.size() && name_char(text[size], size == 0)) {
    ++size;
  }
  std::string name(text.substr(0, size));
  text.remove_prefix(size);
  return name;
}

/// What stands in the quotes that `text` begins with; `text` is then what follows them.
std::optional<std::string> take_quoted(std::string_view& text) {
  const char quote = text.front();
  std::string out;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == quote) {
      text.remove_prefix(i + 1);
      return out;
    }
    if (quote == '"' && text[i] == '\\' && i + 1 < text.size()) {
      switch (const char escaped = text[++i]) {
      case 'n': out.push_back('\n'); break;
      case 't': out.push_back('\t'); break;
      case 'r': out.push_back('\r'); break;
      case '"':
      case '\\':
      case '$': out.push_back(escaped); break;
      default: out.append({'\\', escaped}); break;
      }
      continue;
    }
    out.push_back(text[i]);
  }
  return std::nullopt;
}

std::string take_bare(std::string_view& text) {
  std::size_t end = text.size();
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool after_blank = i == 0 || blanks.find(text[i - 1]) != std::string_view::npos;
    if (text[i] == '#' && after_blank) {
      end = i;
      break;
    }
  }
  const auto value = text.substr(0, end);
  const auto last = value.find_last_not_of(blanks);
  text = {};
  return std::string(value.substr(0, last == std::string_view::npos ? 0 : last + 1));
}

/// One line that isn't empty and no comment; the text is an error.
std::optional<std::string> parse_line(std::string_view text, env_line& out) {
  out.name = take_name(text);
  skip_blanks(text);
  if (out.name == "export" && !text.empty() && text.front() != '=') {
    out.name = take_name(text);
    skip_blanks(text);
  }
  if (out.name.empty() || text.empty() || text.front() != '=') return "expected NAME=value";
  text.remove_prefix(1);
  skip_blanks(text);
  if (text.empty() || (text.front() != '"' && text.front() != '\'')) {
    out.value = take_bare(text);
    return std::nullopt;
  }
  auto quoted = take_quoted(text);
  if (!quoted) return "the quotes of " + out.name + " are not closed";
  out.value = std::move(*quoted);
  skip_blanks(text);
  if (!text.empty() && text.front() != '#') return "there is something after the closing quotes";
  return std::nullopt;
}

} // namespace

env_file_content parse_env_file(std::string_view text) {
  env_file_content out;
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3); // an editor's byte order mark
  for (int number = 1; !text.empty(); ++number) {
    const auto end = std::min(text.find('\n'), text.size());
    auto line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    skip_blanks(line);
    if (line.empty() || line.front() == '#') continue;
    env_line parsed;
    parsed.line = number;
    if (auto wrong = parse_line(line, parsed)) {
      out.errors.emplace_back(number, std::move(*wrong));
    } else {
      out.lines.push_back(std::move(parsed));
    }
  }
  return out;
}

} // namespace dockhost::apps
