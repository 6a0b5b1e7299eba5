// SPDX-License-Identifier: MIT
#include "platform/machine.hpp"

#include "platform/file.hpp"
#include "platform/random.hpp"
#include "platform/sha256.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <span>
#include <string_view>
#include <system_error>

#include <sched.h>
#include <sys/statvfs.h>
#include <unistd.h>

namespace dockhost::platform {

namespace {

constexpr std::string_view application = "dockhost.node.v1";

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blank = " \t\r\n";
  const auto first = text.find_first_not_of(blank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blank) - first + 1);
}

/// A non-negative integer at the start of `text`; a number beyond 64 bits is the largest one.
std::optional<std::int64_t> number(std::string_view text) {
  text = trimmed(text);
  std::uint64_t value = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (status == std::errc::result_out_of_range) return INT64_MAX;
  if (status != std::errc{}) return std::nullopt;
  return static_cast<std::int64_t>(std::min<std::uint64_t>(value, INT64_MAX));
}

std::optional<std::int64_t> number_in(const std::string& path) {
  const auto text = read_file(path);
  return text ? number(*text) : std::nullopt; // "max" is no number: no limit
}

/// The value after `key` at the start of a line.
std::optional<std::int64_t> line_value(std::string_view text, std::string_view key) {
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find('\n', at), text.size());
    const auto line = text.substr(at, end - at);
    if (line.starts_with(key)) return number(line.substr(key.size()));
    at = end + 1;
  }
  return std::nullopt;
}

struct cgroup_files {
  std::string_view limit, usage, stat, inactive;
};
constexpr cgroup_files version2{"/memory.max", "/memory.current", "/memory.stat", "inactive_file "};
constexpr cgroup_files version1{"/memory/memory.limit_in_bytes", "/memory/memory.usage_in_bytes",
                                "/memory/memory.stat", "total_inactive_file "};

void apply_cgroup(memory_info& info, const std::string& root, const cgroup_files& files) {
  const auto limit = number_in(root + std::string(files.limit));
  if (!limit || *limit >= info.total_bytes) return; // v1 writes "none" as a huge number
  info.total_bytes = *limit;
  const auto usage = number_in(root + std::string(files.usage));
  if (!usage) return;
  const auto stat = read_file(root + std::string(files.stat));
  // Page cache that can be dropped isn't in use.
  const auto cache = stat ? line_value(*stat, files.inactive).value_or(0) : 0;
  const auto left = std::max<std::int64_t>(0, *limit - (*usage - std::min(cache, *usage)));
  info.available_bytes = std::min(info.available_bytes, left);
}

} // namespace

result<std::string> derive_node_id(const std::string& path) {
  const auto content = read_file(path, 4096);
  if (!content) {
    return fail(error{errc::internal,
                      content.err().message + "; set node.id, or run systemd-machine-id-setup"});
  }
  const auto id = trimmed(*content);
  const bool hex = std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
  });
  if (id.size() != 32 || !hex) {
    return fail(error{errc::internal, path + " holds no machine id (" +
                                          (id.empty() ? "empty" : "not 32 hex digits") +
                                          "); set node.id, or run systemd-machine-id-setup"});
  }
  const auto digest = hmac_sha256(id, application);
  return format_uuid(std::span(digest).first<16>());
}

const std::string& boot_id() {
  static const std::string id = uuid_v4();
  return id;
}

std::string hostname() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0 || name[0] == '\0') return "localhost";
  return name.data();
}

int cpu_count() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (::sched_getaffinity(0, sizeof set, &set) == 0) return std::max(1, CPU_COUNT(&set));
  return static_cast<int>(std::max(1L, ::sysconf(_SC_NPROCESSORS_ONLN)));
}

result<memory_info> memory(const std::string& proc, const std::string& cgroup) {
  const auto text = read_file(proc + "/meminfo");
  if (!text) return fail(error{text.err()});
  const auto total = line_value(*text, "MemTotal:");
  const auto available = line_value(*text, "MemAvailable:");
  if (!total || !available) {
    return fail(error{errc::internal, proc + "/meminfo lacks MemTotal or MemAvailable"});
  }
  memory_info info{*total * 1024, *available * 1024};
  apply_cgroup(info, cgroup, version2);
  apply_cgroup(info, cgroup, version1);
  info.available_bytes = std::min(info.available_bytes, info.total_bytes);
  return info;
}

result<disk_info> disk(const std::string& path) {
  std::string at = path.empty() ? "." : path;
  struct statvfs info {};
  while (::statvfs(at.c_str(), &info) != 0) {
    const int code = errno;
    const auto slash = at.find_last_of('/');
    if (code != ENOENT || at == "/" || at == ".") {
      return fail(error{errc::internal, "cannot look at the file system of " + path + ": " +
                                            std::generic_category().message(code)});
    }
    at = slash == std::string::npos ? "." : slash == 0 ? "/" : at.substr(0, slash);
  }
  const auto bytes = [&](fsblkcnt_t blocks) {
    return static_cast<std::int64_t>(blocks * info.f_frsize);
  };
  return disk_info{bytes(info.f_blocks), bytes(info.f_bavail)};
}

port_range ephemeral_ports(const std::string& path) {
  constexpr port_range kernel_default{32768, 60999};
  const auto text = read_file(path, 4096);
  if (!text) return kernel_default;
  const auto line = trimmed(*text);
  const auto gap = line.find_first_of(" \t");
  if (gap == std::string_view::npos) return kernel_default;
  const auto first = number(line);
  const auto last = number(line.substr(gap));
  if (!first || !last || *first < 1 || *last > 65535 || *first > *last) return kernel_default;
  return {static_cast<std::uint16_t>(*first), static_cast<std::uint16_t>(*last)};
}

} // namespace dockhost::platform
