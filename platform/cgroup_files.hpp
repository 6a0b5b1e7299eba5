// SPDX-License-Identifier: MIT
// The contents of cgroup files (the kernel's admin guide, "cgroup-v1" and "cgroup-v2"), and of
// /proc/PID/net/dev. Pure; absent where the text does not say it.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace dockhost::platform {

/// A file that holds one number, with or without an end of line.
[[nodiscard]] std::optional<std::int64_t> parse_number(std::string_view text);

/// memory.max and memory.limit_in_bytes: 0 where there is no limit ("max", or v1's highest page
/// count).
[[nodiscard]] std::optional<std::int64_t> parse_memory_limit(std::string_view text);

/// The value of a line "KEY VALUE", as in memory.stat and cpu.stat.
[[nodiscard]] std::optional<std::int64_t> parse_keyed(std::string_view text, std::string_view key);

struct byte_counts {
  std::int64_t in = 0;  ///< read, or received
  std::int64_t out = 0; ///< written, or sent

  friend bool operator==(const byte_counts&, const byte_counts&) = default;
};

/// v2's io.stat: the bytes of all devices together. An empty file is a group without I/O: zeros.
[[nodiscard]] byte_counts parse_io_stat(std::string_view text);

/// v1's blkio.throttle.io_service_bytes and blkio.io_service_bytes: the same.
[[nodiscard]] byte_counts parse_blkio(std::string_view text);

/// /proc/PID/net/dev: the bytes of all interfaces but the loopback.
[[nodiscard]] std::optional<byte_counts> parse_net_dev(std::string_view text);

} // namespace dockhost::platform
