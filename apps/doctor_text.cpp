// SPDX-License-Identifier: MIT
#include "apps/doctor.hpp"

#include "json/json.hpp"

#include <string_view>

namespace dockhost::apps {

namespace {

constexpr std::size_t name_width = 14;

std::string_view word(verdict result) {
  switch (result) {
  case verdict::ok: return "OK";
  case verdict::warn: return "WARN";
  case verdict::fail: return "FAIL";
  }
  return "FAIL";
}

std::string_view color_of(verdict result) {
  switch (result) {
  case verdict::ok: return "\x1b[32m";
  case verdict::warn: return "\x1b[33m";
  case verdict::fail: return "\x1b[31m";
  }
  return "";
}

std::string padded(std::string_view text, std::size_t width) {
  std::string out(text);
  out.append(out.size() < width ? width - out.size() : 1, ' ');
  return out;
}

} // namespace

std::string findings_text(const std::vector<finding>& findings, bool color) {
  std::string out;
  for (const auto& each : findings) {
    if (color) out += color_of(each.result);
    out += padded(word(each.result), 6);
    if (color) out += "\x1b[0m";
    out += padded(each.name, name_width) + each.message + "\n";
    if (!each.advice.empty()) out += std::string(6 + name_width, ' ') + "-> " + each.advice + "\n";
  }
  return out;
}

std::string findings_json(const std::vector<finding>& findings) {
  json::array list;
  for (const auto& each : findings) {
    json::object one{{"name", each.name},
                     {"result", word(each.result)},
                     {"message", each.message},
                     {"advice", each.advice}};
    list.emplace_back(std::move(one));
  }
  json::object out{{"ok", !any_failed(findings)}, {"findings", std::move(list)}};
  return json::dump(json::value(std::move(out)));
}

} // namespace dockhost::apps
