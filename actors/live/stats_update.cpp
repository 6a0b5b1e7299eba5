// SPDX-License-Identifier: MIT
#include "actors/live/stats_update.hpp"

#include "json/json.hpp"

#include <array>
#include <charconv>
#include <utility>

namespace dockhost::actors {

namespace {

void member(std::string& out, std::string_view name, const std::optional<std::int64_t>& value) {
  out.append(",\"").append(name).append("\":");
  if (!value) {
    out += "null";
    return;
  }
  std::array<char, 24> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), *value).ptr;
  out.append(digits.data(), end);
}

} // namespace

std::string stats_members(std::optional<double> cpu_percent, const container_usage& usage) {
  std::string out = ",\"cpu_percent\":";
  std::array<char, 48> digits{};
  constexpr double highest = 1e9; // beyond that it is no figure of a machine
  if (cpu_percent && *cpu_percent >= 0 && *cpu_percent < highest) {
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), *cpu_percent,
                                   std::chars_format::fixed, 2)
                         .ptr;
    out.append(digits.data(), end);
  } else {
    out += "null";
  }
  member(out, "memory_bytes", usage.memory_bytes);
  member(out, "memory_limit_bytes", usage.memory_limit_bytes);
  member(out, "net_rx_bytes", usage.net_rx_bytes);
  member(out, "net_tx_bytes", usage.net_tx_bytes);
  member(out, "block_read_bytes", usage.block_read_bytes);
  member(out, "block_write_bytes", usage.block_write_bytes);
  member(out, "pids", usage.pids);
  out += '}';
  return out;
}

stats_payload::stats_payload(std::int64_t at)
    : text_("{\"at\":" + std::to_string(at) + ",\"containers\":[") {}

void stats_payload::add(std::string_view container_id, std::string_view members) {
  if (!std::exchange(empty_, false)) text_ += ',';
  text_ += "{\"container_id\":";
  json::dump_string(text_, container_id);
  text_ += members;
}

std::string stats_payload::finish() && {
  text_ += "]}";
  return std::move(text_);
}

} // namespace dockhost::actors
