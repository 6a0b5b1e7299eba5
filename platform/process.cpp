// SPDX-License-Identifier: MIT
#include "platform/process.hpp"

#include "platform/file.hpp"
#include "platform/text_fields.hpp"

#include <memory>

#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

namespace dockhost::platform {

namespace {

// Fields of /proc/PID/stat as proc(5) counts them; the third is the first one after the name.
constexpr int field_utime = 14;
constexpr int field_stime = 15;
constexpr int field_threads = 20;
constexpr int field_rss = 24;

/// Entries of a folder, without "." and "..".
std::optional<std::int64_t> count_entries(const std::string& path) {
  const auto close = [](DIR* d) { ::closedir(d); };
  const std::unique_ptr<DIR, decltype(close)> folder(::opendir(path.c_str()), close);
  if (!folder) return std::nullopt;
  std::int64_t count = 0;
  while (const auto* entry = ::readdir(folder.get())) {
    if (entry->d_name[0] != '.') ++count;
  }
  return count;
}

} // namespace

std::optional<process_stat> parse_process_stat(std::string_view text) {
  const auto name_end = text.rfind(')');
  if (name_end == std::string_view::npos) return std::nullopt;
  auto rest = text.substr(name_end + 1);
  if (const auto end = rest.find('\n'); end != std::string_view::npos) rest = rest.substr(0, end);
  process_stat out;
  for (int field = 3; field <= field_rss; ++field) {
    const auto word = next_word(rest);
    std::int64_t* into = nullptr;
    if (field == field_utime) into = &out.user_ticks;
    if (field == field_stime) into = &out.system_ticks;
    if (field == field_threads) into = &out.threads;
    if (field == field_rss) into = &out.resident_pages;
    if (into == nullptr) {
      if (word.empty()) return std::nullopt;
      continue;
    }
    const auto number = whole_number(word);
    if (!number) return std::nullopt;
    *into = *number;
  }
  return out;
}

result<process_figures> read_process_figures(const std::string& proc) {
  const auto text = read_file(proc + "/stat");
  if (!text) return fail(text.err());
  const auto stat = parse_process_stat(*text);
  if (!stat) return fail(error{errc::internal, proc + "/stat: not as expected"});
  const auto fds = count_entries(proc + "/fd");
  if (!fds) return fail(error{errc::internal, proc + "/fd: can't be read"});
  process_figures out;
  out.resident_bytes = stat->resident_pages * ::sysconf(_SC_PAGESIZE);
  out.cpu_seconds = static_cast<double>(stat->user_ticks + stat->system_ticks) /
                    static_cast<double>(::sysconf(_SC_CLK_TCK));
  out.threads = stat->threads;
  out.open_fds = *fds - 1; // without the folder itself
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0)
    out.max_fds = static_cast<std::int64_t>(limit.rlim_cur);
  return out;
}

} // namespace dockhost::platform
