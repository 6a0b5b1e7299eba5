// SPDX-License-Identifier: MIT
// What a local container uses, from the files of its cgroup and of its first process. Nothing is
// asked of the engine, and no privilege is needed.
#pragma once

#include "core/stats.hpp"
#include "platform/cgroup_layout.hpp"
#include "platform/unique_fd.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace dockhost::platform {

/// Keeps the files of each container open between looks, seven at most, for up to max_kept
/// containers; those of others are opened each time. For one thread.
class container_reader {
public:
  static constexpr std::size_t max_kept = 1'000;

  /// `root` stands before every path (tests).
  explicit container_reader(std::string root = {});

  /// Absent when the container's process is gone, or when the process with that id is not the
  /// container's. A figure is absent where its file can't be read. `pid` is that of the container's
  /// first process.
  [[nodiscard]] std::optional<container_usage> read(const std::string& id, std::int64_t pid);

  /// Closes the files of those that are not in `ids` (sorted).
  void keep_only(const std::vector<std::string>& ids);

  [[nodiscard]] std::size_t kept() const { return open_.size(); }

private:
  struct files {
    std::int64_t pid = 0;
    /// Of /proc/PID: it keeps meaning this process, and is of no use once that has ended, even if
    /// the number belongs to another one by then.
    unique_fd process;
    unique_fd cpu, memory, memory_stat, memory_limit, pids, io;
    bool cpu_unified = false, memory_unified = false, io_unified = false;
    bool own_network = true; ///< not the host's, nor that of this process
  };

  [[nodiscard]] std::optional<files> find(const std::string& id, std::int64_t pid);
  [[nodiscard]] std::optional<container_usage> look(const files& f);
  void look_at_memory(const files& f, container_usage& out);
  [[nodiscard]] bool look_at_network(const files& f, container_usage& out);
  /// The file's text from its beginning, in buffer_; absent when it can't be read (any more).
  [[nodiscard]] std::optional<std::string_view> text_of(const unique_fd& file);

  std::string root_;
  std::vector<cgroup_mount> mounts_;
  std::uint64_t own_network_ = 0; ///< what identifies the network of this process
  std::string buffer_;
  std::unordered_map<std::string, files> open_;
};

} // namespace dockhost::platform
