// SPDX-License-Identifier: MIT
#include "apps/option_value.hpp"

#include "json/json.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <span>
#include <type_traits>
#include <utility>

namespace dockhost::apps {

namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

template <class E>
using words = std::span<const std::pair<std::string_view, E>>;

words<engine_kind> words_of(engine_kind) {
  static constexpr std::pair<std::string_view, engine_kind> list[] = {
      {"socket", engine_kind::socket},
      {"cli", engine_kind::cli},
      {"simulated", engine_kind::simulated}};
  return list;
}

words<pull_policy> words_of(pull_policy) {
  static constexpr std::pair<std::string_view, pull_policy> list[] = {
      {"missing", pull_policy::missing},
      {"always", pull_policy::always},
      {"never", pull_policy::never}};
  return list;
}

words<log_format> words_of(log_format) {
  static constexpr std::pair<std::string_view, log_format> list[] = {{"text", log_format::text},
                                                                     {"json", log_format::json}};
  return list;
}

words<rehandshake_policy> words_of(rehandshake_policy) {
  static constexpr std::pair<std::string_view, rehandshake_policy> list[] = {
      {"auto", rehandshake_policy::automatic},
      {"always", rehandshake_policy::always},
      {"never", rehandshake_policy::never}};
  return list;
}

words<live_role> words_of(live_role) {
  static constexpr std::pair<std::string_view, live_role> list[] = {
      {"viewer", live_role::viewer}, {"operator", live_role::operator_}};
  return list;
}

using texts = std::vector<std::string>;

template <class T>
inline constexpr bool is_duration =
    std::is_same_v<T, milliseconds> || std::is_same_v<T, seconds> || std::is_same_v<T, minutes>;

template <class T>
std::string type_name(bool bytes) {
  if constexpr (std::is_same_v<T, std::string>) {
    return "text";
  } else if constexpr (std::is_same_v<T, texts>) {
    return "list of texts";
  } else if constexpr (std::is_same_v<T, bool>) {
    return "true or false";
  } else if constexpr (std::is_same_v<T, std::int64_t>) {
    return bytes ? "size" : "whole number";
  } else if constexpr (std::is_same_v<T, double>) {
    return "number";
  } else if constexpr (is_duration<T>) {
    return "duration";
  } else {
    std::string out = "one of";
    for (const auto& [word, value] : words_of(T{})) {
      out += (out == "one of" ? ": " : ", ") + std::string(word);
    }
    return out;
  }
}

template <class T>
std::string expected(bool bytes) {
  if constexpr (is_duration<T>) {
    std::string_view least = std::is_same_v<T, minutes>   ? "minutes"
                             : std::is_same_v<T, seconds> ? "seconds"
                                                          : "milliseconds";
    return "expected a duration in whole " + std::string(least) +
           R"(, such as "30s", "500ms" or "10m", or a number of seconds)";
  } else if constexpr (std::is_same_v<T, std::int64_t>) {
    return bytes ? R"(expected a size such as "16MiB", or a number of bytes)"
                 : "expected a whole number";
  } else if constexpr (std::is_same_v<T, std::string>) {
    return "expected a text in quotes";
  } else if constexpr (std::is_same_v<T, texts>) {
    return R"(expected a list of texts, such as ["a", "b"])";
  } else {
    const auto name = type_name<T>(bytes);
    return name == "number" ? "expected a number" : "expected " + name;
  }
}

std::optional<double> as_double(const raw_value& raw) {
  if (const auto* whole = std::get_if<std::int64_t>(&raw)) return static_cast<double>(*whole);
  if (const auto* real = std::get_if<double>(&raw)) return *real;
  return std::nullopt;
}

/// `raw` as a T, or nothing where it is of another kind.
template <class T>
std::optional<T> convert(const raw_value& raw, bool bytes) {
  const auto* text = std::get_if<std::string>(&raw);
  if constexpr (std::is_same_v<T, std::string>) {
    return text == nullptr ? std::nullopt : std::optional(*text);
  } else if constexpr (std::is_same_v<T, texts>) {
    const auto* list = std::get_if<texts>(&raw);
    return list == nullptr ? std::nullopt : std::optional(*list);
  } else if constexpr (std::is_same_v<T, bool>) {
    const auto* truth = std::get_if<bool>(&raw);
    return truth == nullptr ? std::nullopt : std::optional(*truth);
  } else if constexpr (std::is_same_v<T, std::int64_t>) {
    if (bytes && text != nullptr) return parse_size(*text);
    const auto* whole = std::get_if<std::int64_t>(&raw);
    return whole == nullptr ? std::nullopt : std::optional(*whole);
  } else if constexpr (std::is_same_v<T, double>) {
    const auto real = as_double(raw);
    return real && std::isfinite(*real) ? real : std::nullopt;
  } else if constexpr (is_duration<T>) {
    std::optional<milliseconds> parsed;
    if (text != nullptr) parsed = parse_duration(*text);
    if (const auto number = as_double(raw); number && *number >= 0 && *number < 9e12) {
      parsed = milliseconds(std::llround(*number * 1000));
      if (std::abs(*number * 1000 - static_cast<double>(parsed->count())) > 1e-6) return {};
    }
    if (!parsed || *parsed % T(1) != milliseconds(0)) return std::nullopt;
    return std::chrono::duration_cast<T>(*parsed);
  } else {
    if (text == nullptr) return std::nullopt;
    for (const auto& [word, value] : words_of(T{})) {
      if (word == *text) return value;
    }
    return std::nullopt;
  }
}

/// What stands between commas, without blanks around it.
texts split_list(std::string_view text) {
  texts out;
  while (!text.empty()) {
    auto part = text.substr(0, text.find(','));
    text.remove_prefix(std::min(part.size() + 1, text.size()));
    while (part.starts_with(' '))
      part.remove_prefix(1);
    while (part.ends_with(' '))
      part.remove_suffix(1);
    if (!part.empty()) out.emplace_back(part);
  }
  return out;
}

/// A flag's text as the kind of value that T wants.
template <class T>
raw_value raw_from_text(std::string_view text) {
  if constexpr (std::is_same_v<T, bool>) {
    if (text == "true" || text == "1" || text == "yes" || text == "on") return true;
    if (text == "false" || text == "0" || text == "no" || text == "off") return false;
  } else if constexpr (std::is_same_v<T, std::int64_t>) {
    std::int64_t whole = 0;
    const auto* end = text.data() + text.size();
    const auto [stop, status] = std::from_chars(text.data(), end, whole);
    if (status == std::errc{} && stop == end) return whole;
  } else if constexpr (std::is_same_v<T, double>) {
    double real = 0;
    const auto* end = text.data() + text.size();
    const auto [stop, status] = std::from_chars(text.data(), end, real);
    if (status == std::errc{} && stop == end) return real;
  } else if constexpr (std::is_same_v<T, texts>) {
    return split_list(text);
  }
  return std::string(text);
}

template <class T>
using value_type = std::remove_reference_t<std::invoke_result_t<T, settings&>>;

std::string quoted(std::string_view text) {
  std::string out;
  json::dump_string(out, text); // a JSON string is a TOML basic string
  return out;
}

} // namespace

std::optional<std::string> assign(const option_member& where, bool bytes, const raw_value& raw,
                                  settings& out) {
  return std::visit(
      [&](auto member) -> std::optional<std::string> {
        using T = value_type<decltype(member)>;
        auto converted = convert<T>(raw, bytes);
        if (!converted) return expected<T>(bytes);
        member(out) = std::move(*converted);
        return std::nullopt;
      },
      where);
}

std::optional<std::string> assign_text(const option_member& where, bool bytes,
                                       std::string_view text, settings& out) {
  const auto raw = std::visit(
      [&](auto member) { return raw_from_text<value_type<decltype(member)>>(text); }, where);
  return assign(where, bytes, raw, out);
}

std::string toml_text(const option_member& where, bool bytes, const settings& from) {
  settings copy = from; // members are reached through a mutable one
  return std::visit(
      [&](auto member) -> std::string {
        using T = value_type<decltype(member)>;
        const T& value = member(copy);
        if constexpr (std::is_same_v<T, std::string>) {
          return quoted(value);
        } else if constexpr (std::is_same_v<T, texts>) {
          std::string out = "[";
          for (const auto& each : value)
            out += (out == "[" ? "" : ", ") + quoted(each);
          return out + "]";
        } else if constexpr (std::is_same_v<T, bool>) {
          return value ? "true" : "false";
        } else if constexpr (std::is_same_v<T, std::int64_t>) {
          return bytes ? quoted(format_size(value)) : std::to_string(value);
        } else if constexpr (std::is_same_v<T, double>) {
          const auto text = json::dump(json::value(value));
          return text.find_first_of(".e") == std::string::npos ? text + ".0" : text;
        } else if constexpr (is_duration<T>) {
          return quoted(format_duration(value));
        } else {
          for (const auto& [word, each] : words_of(T{})) {
            if (each == value) return quoted(word);
          }
          return quoted("");
        }
      },
      where);
}

std::string describe_type(const option_member& where, bool bytes) {
  return std::visit([&](auto member) { return type_name<value_type<decltype(member)>>(bytes); },
                    where);
}

std::optional<double> numeric(const option_member& where, const settings& from) {
  settings copy = from;
  return std::visit(
      [&](auto member) -> std::optional<double> {
        using T = value_type<decltype(member)>;
        if constexpr (std::is_same_v<T, std::int64_t> || std::is_same_v<T, double>) {
          return static_cast<double>(member(copy));
        } else if constexpr (is_duration<T>) {
          return static_cast<double>(milliseconds(member(copy)).count());
        } else {
          return std::nullopt;
        }
      },
      where);
}

} // namespace dockhost::apps
