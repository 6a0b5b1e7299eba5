// SPDX-License-Identifier: MIT
#include "bench/peers/flood_count.hpp"

#include "json/json.hpp"

#include <charconv>
#include <cstddef>
#include <utility>

namespace dockhost::bench {

namespace {

constexpr std::string_view line_start = "line ";

/// The number behind "line " that begins at or after `at`; 0: none.
std::uint64_t number_at(std::string_view text, std::size_t at) {
  const auto found = text.find(line_start, at);
  std::uint64_t out = 0;
  if (found != text.npos)
    std::from_chars(text.data() + found + line_start.size(), text.data() + text.size(), out);
  return out;
}

std::size_t count_of(std::string_view text, std::string_view what) {
  std::size_t out = 0;
  for (auto at = text.find(what); at != text.npos; at = text.find(what, at + what.size()))
    ++out;
  return out;
}

} // namespace

void flood_count::take(std::string_view packet, std::int64_t at_ns) {
  if (packet.starts_with("42[\"log_update\",")) return take_lines(packet, at_ns);
  if (packet.starts_with("42[\"log_gap\",")) return take_gap(packet, at_ns);
  if (packet.starts_with("42[\"log_stream_stopped\",")) stopped_at = at_ns;
}

void flood_count::take_lines(std::string_view packet, std::int64_t at_ns) {
  const auto came = count_of(packet, line_start);
  if (stopped_at != 0) ++after_stop;
  if (came == 0) return;
  const auto first = number_at(packet, 0), last = number_at(packet, packet.rfind(line_start));
  if (std::exchange(may_leap_, false) && first > next_number) {
    gone += first - next_number;
    next_number = first;
  }
  if (first != next_number || last != first + came - 1) ++disorder;
  if (first_at == 0) first_at = at_ns;
  last_at = at_ns;
  next_number = last + 1;
  lines += came;
  bytes += packet.size();
  ++packets;
}

void flood_count::take_gap(std::string_view packet, std::int64_t at_ns) {
  const auto parsed = json::parse(packet.substr(2));
  const auto* args = parsed.ok() ? parsed->as_array() : nullptr;
  const auto* told = args && args->size() == 2 ? (*args)[1].find("lines") : nullptr;
  std::int64_t missing = 0;
  ++gaps;
  last_at = at_ns;
  if (!told || !told->get_int(missing)) {
    ++unknown;
    may_leap_ = true;
    return;
  }
  marked += static_cast<std::uint64_t>(missing);
  next_number += static_cast<std::uint64_t>(missing);
}

} // namespace dockhost::bench
