// SPDX-License-Identifier: MIT
#include "core/capacity.hpp"

#include <algorithm>

namespace dockhost {
namespace {

constexpr std::int64_t mib = 1'048'576;
// Decimal: what is sold as 2 GB shows less than 2 GiB, and is meant to do.
constexpr std::int64_t gb = 1'000'000'000;
constexpr std::int64_t enough_memory = 2 * gb;
constexpr std::int64_t enough_disk = 10 * gb;
constexpr int enough_cores = 2;

std::string in_mib(std::int64_t bytes) {
  return std::to_string(bytes / mib) + " MiB";
}

std::string in_gb(std::int64_t bytes) {
  const auto tenths = bytes / (gb / 10);
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " GB";
}

} // namespace

result<unit> admit(const capacity_readings& now, const capacity_limits& limits,
                   std::int64_t requested_memory_bytes) {
  const auto refuse = [](std::string why) { return fail(error{errc::capacity, std::move(why)}); };
  if (now.containers >= limits.max_containers)
    return refuse("the node is full: " + std::to_string(now.containers) + " of at most " +
                  std::to_string(limits.max_containers) + " containers");
  if (now.free_disk_bytes && *now.free_disk_bytes < limits.min_free_disk_bytes)
    return refuse("disk space is short: " + in_mib(*now.free_disk_bytes) + " free, " +
                  in_mib(limits.min_free_disk_bytes) + " must stay free");
  // Subtracted, not added: a request's number may be huge.
  const auto requested = std::max<std::int64_t>(requested_memory_bytes, 0);
  if (now.free_memory_bytes && *now.free_memory_bytes - limits.min_free_memory_bytes < requested)
    return refuse("memory is short: " + in_mib(*now.free_memory_bytes) + " free, " +
                  in_mib(requested) + " asked for, " + in_mib(limits.min_free_memory_bytes) +
                  " must stay free");
  return unit{};
}

std::vector<std::string> resource_warnings(const machine_resources& machine) {
  std::vector<std::string> out;
  if (machine.memory_bytes && *machine.memory_bytes < enough_memory)
    out.push_back("this machine has " + in_gb(*machine.memory_bytes) +
                  " of memory; a node should have at least 2 GB");
  if (machine.free_disk_bytes && *machine.free_disk_bytes < enough_disk)
    out.push_back("there are " + in_gb(*machine.free_disk_bytes) +
                  " of free disk space; a node should have at least 10 GB");
  if (machine.cores && *machine.cores < enough_cores)
    out.push_back("this machine has " + std::to_string(*machine.cores) +
                  " CPU core; a node should have at least 2");
  return out;
}

} // namespace dockhost
