// SPDX-License-Identifier: MIT
#include "docker/engine_stats.hpp"

#include "json/json.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <limits>

namespace dockhost::docker {
namespace {

using number = std::optional<std::int64_t>;

const json::value& at(const json::value& v, std::string_view key) {
  static const json::value none;
  const auto* member = v.find(key);
  return member ? *member : none;
}

number number_at(const json::value& v, std::string_view key) {
  std::int64_t out = 0;
  double wide = 0;
  const auto& member = at(v, key);
  if (member.get_int(out)) return out < 0 ? number() : out;
  // Counters are unsigned there: those beyond our range are as good as no limit.
  if (member.get_double(wide) && wide > 0) return std::numeric_limits<std::int64_t>::max();
  return std::nullopt;
}

std::string_view text_at(const json::value& v, std::string_view key) {
  const auto* text = at(v, key).as_string();
  return text ? std::string_view(*text) : std::string_view();
}

engine_error broken(std::string_view why) {
  return {engine_errc::failed,
          std::string("the engine's account of a container is broken: ").append(why)};
}

engine_error not_running() {
  return {engine_errc::conflict, "the container is not running"};
}

void read_cpu(const json::value& v, container_usage& out) {
  const auto& cpu = at(v, "cpu_stats");
  out.cpu_ns = number_at(at(cpu, "cpu_usage"), "total_usage");
  auto cores = number_at(cpu, "online_cpus").value_or(0);
  if (const auto* each = at(at(cpu, "cpu_usage"), "percpu_usage").as_array(); each && cores == 0)
    cores = static_cast<std::int64_t>(each->size());
  const auto system = number_at(cpu, "system_cpu_usage");
  // Without a clock the time used says nothing.
  if (!system || cores <= 0) return out.cpu_ns.reset();
  out.clock_ns = *system / cores;
}

void read_memory(const json::value& v, container_usage& out) {
  const auto& memory = at(v, "memory_stats");
  const auto& stat = at(memory, "stats");
  auto cache = number_at(stat, "total_inactive_file"); // cgroup v1
  if (!cache) cache = number_at(stat, "inactive_file");
  if (const auto usage = number_at(memory, "usage"))
    out.memory_bytes = memory_in_use(*usage, cache.value_or(0));
  out.memory_limit_bytes = number_at(memory, "limit");
}

void read_network(const json::value& v, container_usage& out) {
  const auto* networks = at(v, "networks").as_object();
  if (!networks) return;
  out.net_rx_bytes = out.net_tx_bytes = 0;
  for (const auto& [name, counters] : *networks) {
    *out.net_rx_bytes += number_at(counters, "rx_bytes").value_or(0);
    *out.net_tx_bytes += number_at(counters, "tx_bytes").value_or(0);
  }
}

void read_block_io(const json::value& v, container_usage& out) {
  const auto& io = at(v, "blkio_stats");
  if (!io.as_object()) return;
  out.block_read_bytes = out.block_write_bytes = 0; // the list is null where there was none
  const auto* entries = at(io, "io_service_bytes_recursive").as_array();
  if (!entries) return;
  for (const auto& entry : *entries) {
    const auto what = text_at(entry, "op"); // "Read" with cgroup v1, "read" with v2
    const auto bytes = number_at(entry, "value").value_or(0);
    if (what == "Read" || what == "read") *out.block_read_bytes += bytes;
    if (what == "Write" || what == "write") *out.block_write_bytes += bytes;
  }
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blank = " \t\r\n";
  const auto first = text.find_first_not_of(blank);
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(blank) - first + 1);
}

/// "1.5MiB", "12kB", "0B"; the units are powers of 1024 with an "i", of 1000 without.
number printed_size(std::string_view text) {
  text = trimmed(text);
  double value = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (status != std::errc{} || !(value >= 0)) return std::nullopt;
  auto unit = text.substr(static_cast<std::size_t>(end - text.data()));
  if (!unit.ends_with('B')) return std::nullopt;
  unit.remove_suffix(1);
  const bool binary = unit.ends_with('i');
  if (binary) unit.remove_suffix(1);
  constexpr std::string_view steps = "kMGTPE";
  if (unit == "K") unit = "k";
  if (unit.size() > 1 || (!unit.empty() && steps.find(unit) == steps.npos)) return std::nullopt;
  const auto power = unit.empty() ? 0 : static_cast<int>(steps.find(unit)) + 1;
  const auto bytes = value * std::pow(binary ? 1024.0 : 1000.0, power);
  if (bytes >= 9.2e18) return std::nullopt;
  return static_cast<std::int64_t>(std::llround(bytes));
}

/// "A / B"
std::array<number, 2> printed_pair(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == text.npos) return {};
  return {printed_size(text.substr(0, slash)), printed_size(text.substr(slash + 1))};
}

number printed_count(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (status != std::errc{} || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

std::optional<double> printed_percent(std::string_view text) {
  double value = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (status != std::errc{} || !(value >= 0) || end == text.data()) return std::nullopt;
  return value;
}

} // namespace

engine_result<container_usage> decode_stats(std::string_view text) {
  const auto parsed = json::parse(text);
  if (!parsed) return fail(broken(parsed.err().message));
  const auto read = text_at(*parsed, "read");
  if (read.empty()) return fail(broken("no time"));
  if (read.starts_with("0001-01-01")) return fail(not_running()); // a look that never was
  container_usage out;
  read_cpu(*parsed, out);
  read_memory(*parsed, out);
  read_network(*parsed, out);
  read_block_io(*parsed, out);
  out.pids = number_at(at(*parsed, "pids_stats"), "current");
  return out;
}

engine_result<container_usage> decode_printed_stats(std::string_view text) {
  // Some versions clear the terminal even where there is none.
  const auto brace = text.find('{');
  const auto end = text.rfind('}');
  if (brace == text.npos || end == text.npos || end < brace) return fail(broken("no object"));
  const auto parsed = json::parse(text.substr(brace, end - brace + 1));
  if (!parsed) return fail(broken(parsed.err().message));
  if (!parsed->find("CPUPerc")) return fail(broken("no CPUPerc"));
  container_usage out;
  out.pids = printed_count(text_at(*parsed, "PIDs"));
  const auto [used, limit] = printed_pair(text_at(*parsed, "MemUsage"));
  // Zeros everywhere, or dashes.
  if (out.pids.value_or(0) == 0 && used.value_or(0) == 0) return fail(not_running());
  out.cpu_percent = printed_percent(text_at(*parsed, "CPUPerc"));
  out.memory_bytes = used;
  out.memory_limit_bytes = limit;
  const auto [received, sent] = printed_pair(text_at(*parsed, "NetIO"));
  out.net_rx_bytes = received;
  out.net_tx_bytes = sent;
  const auto [read, written] = printed_pair(text_at(*parsed, "BlockIO"));
  out.block_read_bytes = read;
  out.block_write_bytes = written;
  return out;
}

} // namespace dockhost::docker
