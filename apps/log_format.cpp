// SPDX-License-Identifier: MIT
#include "apps/log_format.hpp"

#include "json/json.hpp"

#include <array>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <string_view>

namespace dockhost::apps {

namespace {

constexpr std::string_view dim = "\x1b[2m";
constexpr std::string_view plain = "\x1b[0m";
constexpr std::size_t component_width = 10;

/// key=value, in quotes where the value would otherwise run into the next field.
void append_field(std::string& out, const std::string& key, const std::string& value) {
  out.append(" ").append(key).append("=");
  if (value.empty() || value.find_first_of(" \"=") != std::string::npos) {
    json::dump_string(out, value);
  } else {
    out += value;
  }
}

std::string repetition(const platform::log_record& record) {
  if (record.repeated == 0) return {};
  return " (" + std::to_string(record.repeated) + (record.repeated == 1 ? " time" : " times") +
         " more)";
}

std::string utc(std::chrono::system_clock::time_point time) {
  using namespace std::chrono;
  const auto whole = floor<milliseconds>(time);
  const std::time_t seconds = system_clock::to_time_t(floor<std::chrono::seconds>(whole));
  const auto rest = static_cast<int>((whole.time_since_epoch() % 1s).count());
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  std::array<char, 32> text{};
  const auto size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &parts);
  std::snprintf(text.data() + size, text.size() - size, ".%03dZ", rest);
  return text.data();
}

} // namespace

std::string terminal_line(const platform::log_record& record, bool color) {
  std::string out = record.component;
  out.append(out.size() < component_width ? component_width - out.size() : 0, ' ');
  out.append(" ").append(record.message).append(repetition(record));
  if (color) out += dim;
  for (const auto& [key, value] : record.fields) {
    append_field(out, key, value);
  }
  out.append("  [").append(record.event_id).append("]");
  if (color) out += plain;
  return out;
}

std::string plain_line(const platform::log_record& record) {
  std::string out(platform::to_string(record.level));
  out.append(" ")
      .append(record.component)
      .append(" ")
      .append(record.event_id)
      .append(": ")
      .append(record.message);
  out += repetition(record);
  for (const auto& [key, value] : record.fields) {
    append_field(out, key, value);
  }
  return out;
}

std::string json_line(const platform::log_record& record) {
  json::object fields;
  for (const auto& [key, value] : record.fields) {
    fields.emplace_back(key, value);
  }
  json::object line{{"time", utc(record.time)},
                    {"level", platform::to_string(record.level)},
                    {"component", record.component},
                    {"event", record.event_id},
                    {"message", record.message}};
  if (!fields.empty()) line.emplace_back("fields", std::move(fields));
  if (record.repeated > 0) line.emplace_back("repeated", record.repeated);
  return json::dump(json::value(std::move(line)));
}

} // namespace dockhost::apps
