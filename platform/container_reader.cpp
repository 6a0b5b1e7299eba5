// SPDX-License-Identifier: MIT
#include "platform/container_reader.hpp"

#include "platform/cgroup_files.hpp"
#include "platform/file.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>

#include <fcntl.h>
#include <sys/stat.h>

namespace dockhost::platform {

namespace {

constexpr std::size_t most_text = 256 * 1024; ///< of one file; io.stat grows with the devices
constexpr std::size_t short_piece = 2'048;

unique_fd open_file(const std::string& path) {
  return unique_fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
}

/// Each network namespace has proc files of its own: 0 where there is no such file.
std::uint64_t inode_of(int fd) {
  struct stat info {};
  return ::fstat(fd, &info) == 0 ? info.st_ino : 0;
}

} // namespace

container_reader::container_reader(std::string root)
    : root_(std::move(root)), buffer_(16 * 1024, '\0') {
  const auto mountinfo = read_file(root_ + "/proc/self/mountinfo", 8 * 1024 * 1024);
  if (mountinfo) mounts_ = parse_cgroup_mounts(*mountinfo);
  const auto own = open_file(root_ + "/proc/self/net/dev");
  if (own) own_network_ = inode_of(own.get());
}

std::optional<container_usage> container_reader::read(const std::string& id, std::int64_t pid,
                                                      time_point now) {
  auto it = open_.find(id);
  if (it != open_.end() && it->second.pid != pid) {
    open_.erase(it);
    it = open_.end();
  }
  if (it == open_.end()) {
    auto found = find(id, pid);
    if (!found) return std::nullopt;
    if (open_.size() >= max_kept) return look(*found, now);
    it = open_.emplace(id, *std::move(found)).first;
  }
  auto usage = look(it->second, now);
  if (!usage) open_.erase(it);
  return usage;
}

void container_reader::keep_only(const std::vector<std::string>& ids) {
  std::erase_if(open_, [&](const auto& entry) {
    return !std::binary_search(ids.begin(), ids.end(), entry.first);
  });
}

std::optional<container_reader::files> container_reader::find(const std::string& id,
                                                              std::int64_t pid) {
  const auto process = root_ + "/proc/" + std::to_string(pid);
  files out;
  out.pid = pid;
  out.process = unique_fd(::open(process.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
  if (!out.process) return std::nullopt;
  // By the folder just opened, so that all of it is about one process.
  const unique_fd groups(::openat(out.process.get(), "cgroup", O_RDONLY | O_CLOEXEC));
  const auto text = text_of(groups);
  if (!text) return std::nullopt;
  const auto memberships = parse_cgroup_memberships(*text);

  const auto folder = [&](std::string_view controller) {
    auto found = container_cgroup(memberships, mounts_, controller, id);
    if (found) found->path.insert(0, root_);
    return found;
  };
  if (const auto cpu = folder("cpuacct")) {
    out.cpu_unified = cpu->unified;
    out.cpu = open_file(cpu->path + (cpu->unified ? "/cpu.stat" : "/cpuacct.usage"));
  }
  if (const auto memory = folder("memory")) {
    out.memory_unified = memory->unified;
    const auto& at = memory->path;
    out.memory = open_file(at + (memory->unified ? "/memory.current" : "/memory.usage_in_bytes"));
    out.memory_stat = open_file(at + "/memory.stat");
    out.memory_limit = open_file(at + (memory->unified ? "/memory.max" : "/memory.limit_in_bytes"));
  }
  if (const auto pids = folder("pids")) out.pids = open_file(pids->path + "/pids.current");
  if (const auto io = folder("blkio")) {
    out.io_unified = io->unified;
    // The throttling layer counts under every I/O scheduler.
    out.io = open_file(io->path +
                       (io->unified ? "/io.stat" : "/blkio.throttle.io_service_bytes_recursive"));
    if (!out.io && !io->unified) out.io = open_file(io->path + "/blkio.throttle.io_service_bytes");
  }
  if (!out.cpu && !out.memory) return std::nullopt;
  const unique_fd net(::openat(out.process.get(), "net/dev", O_RDONLY | O_CLOEXEC));
  out.own_network = net && inode_of(net.get()) != own_network_;
  return out;
}

std::optional<container_usage> container_reader::look(files& f, time_point now) {
  container_usage out;
  // First of all: a process that has ended says so here, and its group may still be there.
  if (!look_at_network(f, out)) return std::nullopt;
  if (f.cpu) {
    const auto text = text_of(f.cpu);
    if (!text) return std::nullopt; // the group is gone
    out.clock_ns = std::chrono::duration_cast<std::chrono::nanoseconds>(
                       std::chrono::steady_clock::now().time_since_epoch())
                       .count();
    out.cpu_ns = f.cpu_unified ? parse_keyed(*text, "usage_usec") : parse_number(*text);
    if (out.cpu_ns && f.cpu_unified) *out.cpu_ns = std::min(*out.cpu_ns, INT64_MAX / 1000) * 1000;
  }
  const bool whole = now >= f.whole_again;
  if (whole) f.whole_again = now + whole_every;
  const bool idle = !whole && out.cpu_ns && out.cpu_ns == f.last.cpu_ns;
  look_at_memory(f, whole, idle, out);
  if (idle) {
    out.pids = f.last.pids;
    out.block_read_bytes = f.last.block_read_bytes;
    out.block_write_bytes = f.last.block_write_bytes;
  } else {
    if (const auto text = text_of(f.pids)) out.pids = parse_number(*text);
    if (const auto text = text_of(f.io)) {
      const auto bytes = f.io_unified ? parse_io_stat(*text) : parse_blkio(*text);
      out.block_read_bytes = bytes.in;
      out.block_write_bytes = bytes.out;
    }
  }
  f.last = out;
  return out;
}

void container_reader::look_at_memory(files& f, bool whole, bool idle, container_usage& out) {
  auto text = text_of(f.memory);
  const auto charge = text ? parse_number(*text) : std::nullopt;
  if (idle && charge == f.last_charge) {
    // No need of memory.stat, for which the kernel adds up every processor's counters.
    out.memory_bytes = f.last.memory_bytes;
  } else if (charge) {
    text = text_of(f.memory_stat);
    const auto* key = f.memory_unified ? "inactive_file" : "total_inactive_file";
    const auto cache = text ? parse_keyed(*text, key) : std::nullopt;
    out.memory_bytes = memory_in_use(*charge, cache.value_or(0));
  }
  f.last_charge = charge;
  if (!whole) {
    out.memory_limit_bytes = f.last.memory_limit_bytes;
  } else if (text = text_of(f.memory_limit); text) {
    out.memory_limit_bytes = parse_memory_limit(*text);
  }
}

bool container_reader::look_at_network(const files& f, container_usage& out) {
  // Not kept open: that would keep the network alive after the container.
  const unique_fd net(
      ::openat(f.process.get(), f.own_network ? "net/dev" : "stat", O_RDONLY | O_CLOEXEC));
  if (!net) return errno != ENOENT && errno != ESRCH;
  if (!f.own_network) return true; // the host's traffic is not the container's
  const auto text = text_of(net);
  const auto bytes = text ? parse_net_dev(*text) : std::nullopt;
  if (!bytes) return text.has_value();
  out.net_rx_bytes = bytes->in;
  out.net_tx_bytes = bytes->out;
  return true;
}

std::optional<std::string_view> container_reader::text_of(const unique_fd& file) {
  if (!file) return std::nullopt;
  std::size_t size = 0;
  for (;;) {
    const auto n =
        ::pread(file.get(), buffer_.data() + size, buffer_.size() - size, static_cast<off_t>(size));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return std::nullopt;
    size += static_cast<std::size_t>(n);
    // The kernel gives such a file in pieces of up to a page, each as many whole records as fit
    // (those here are shorter than half a page, or the only one of their file): a short piece was
    // the last, and no further read has to say so.
    if (n == 0 || size < short_piece) return std::string_view(buffer_).substr(0, size);
    if (size < buffer_.size()) continue;
    if (buffer_.size() >= most_text) return std::string_view(buffer_);
    buffer_.resize(buffer_.size() * 2);
  }
}

} // namespace dockhost::platform
