// SPDX-License-Identifier: MIT
// What a local container uses, from the files of its cgroup and of its first process. Nothing is
// asked of the engine, and no privilege is needed.
#pragma once

#include "core/stats.hpp"
#include "platform/cgroup_layout.hpp"
#include "platform/unique_fd.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace dockhost::platform {

/// Keeps the files of each container open between looks, seven at most, for up to max_kept
/// containers; those of others are opened each time. What changes seldom or costs the kernel most
/// is not read at each look: the memory limit, and of a container that has used no CPU time since
/// the last look what it could not have changed itself. All of it is at most whole_every old. For
/// one thread.
class container_reader {
public:
  using time_point = std::chrono::steady_clock::time_point;
  static constexpr std::size_t max_kept = 1'000;
  static constexpr std::chrono::seconds whole_every{5};

  /// `root` stands before every path (tests).
  explicit container_reader(std::string root = {});

  /// Absent when the container's process is gone or can't be seen, when the process with that id
  /// is not the container's, or when neither its CPU time nor its memory can be read. Of a
  /// container that can be read a figure is absent where its file can't be. `pid` is that of the
  /// container's first process.
  [[nodiscard]] std::optional<container_usage>
  read(const std::string& id, std::int64_t pid, time_point now = std::chrono::steady_clock::now());

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
    bool own_network = true;                 ///< not the host's, nor that of this process
    container_usage last;                    ///< what was found at the look before
    std::optional<std::int64_t> last_charge; ///< memory, page cache included
    time_point whole_again;                  ///< by then everything is read again
  };

  [[nodiscard]] std::optional<files> find(const std::string& id, std::int64_t pid);
  [[nodiscard]] std::optional<container_usage> look(files& f, time_point now);
  void look_at_memory(files& f, bool whole, bool idle, container_usage& out);
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
