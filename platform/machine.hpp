// SPDX-License-Identifier: MIT
// What the machine says of itself. Paths are parameters so that tests can bring their own files.
#pragma once

#include "core/error.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace dockhost::platform {

/// The node id of a machine that has none configured: HMAC-SHA-256 of an application constant under
/// the machine id (as machine-id(5) asks for, so that the machine id itself is never shown),
/// written as a UUID. An error where the file is missing, empty, "uninitialized" or anything but 32
/// hex digits.
[[nodiscard]] result<std::string> derive_node_id(const std::string& path = "/etc/machine-id");

/// The wire's BOOT_ID: a UUID of this process's start, the same at each call.
[[nodiscard]] const std::string& boot_id();

[[nodiscard]] std::string hostname();

/// The address that others of the local network reach this machine by: that of the default route's
/// interface, else of the first interface that is up and isn't a container bridge; IPv4 before
/// IPv6. Never loopback or link-local. Sends nothing.
[[nodiscard]] std::optional<std::string> lan_ip();

/// Processors this process may run on, at least 1.
[[nodiscard]] int cpu_count();

struct memory_info {
  std::int64_t total_bytes = 0;
  std::int64_t available_bytes = 0; ///< what new work can get without swapping
};

/// The machine's memory, or what the cgroup (v1 or v2) at the root of this namespace leaves of it.
/// The own service's limit is left out on purpose: containers don't live in that cgroup.
[[nodiscard]] result<memory_info> memory(const std::string& proc = "/proc",
                                         const std::string& cgroup = "/sys/fs/cgroup");

struct disk_info {
  std::int64_t total_bytes = 0;
  std::int64_t free_bytes = 0; ///< for users without root's reserve
};

/// The file system that holds `path`, or the nearest folder above it that exists.
[[nodiscard]] result<disk_info> disk(const std::string& path);

struct port_range {
  std::uint16_t first = 0;
  std::uint16_t last = 0; ///< inclusive

  friend bool operator==(const port_range&, const port_range&) = default;
};

/// The ports that the kernel gives to outgoing connections; its default 32768 to 60999 where the
/// setting can't be read.
[[nodiscard]] port_range
ephemeral_ports(const std::string& path = "/proc/sys/net/ipv4/ip_local_port_range");

} // namespace dockhost::platform
