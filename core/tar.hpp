// SPDX-License-Identifier: MIT
// Tar archives, as the engine's archive calls take and give them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace dockhost {

/// Writes a ustar archive; every entry belongs to root (uid and gid 0).
class tar_writer {
public:
  /// `mtime`: seconds since 1970, of every entry.
  explicit tar_writer(std::int64_t mtime) : mtime_(mtime) {}

  /// `path`: relative, without a leading slash. False, and nothing added, where ustar can't hold
  /// the path (255 bytes at most, see the format's prefix rule) or it is empty or holds a NUL.
  bool add_directory(std::string_view path, std::uint32_t mode);
  bool add_file(std::string_view path, std::uint32_t mode, std::string_view content);

  /// The whole archive with its end mark; the writer is empty afterwards.
  [[nodiscard]] std::string finish();

private:
  bool add_header(std::string_view path, char type, std::uint32_t mode, std::size_t size);

  std::int64_t mtime_;
  std::string out_;
};

enum class tar_type { file, directory, symlink, other };

/// One entry; the views reach into the archive.
struct tar_entry {
  std::string name; ///< as in the archive, without a leading "./" or "/" and a trailing "/"
  tar_type type = tar_type::other;
  std::uint32_t mode = 0;
  std::uint64_t uid = 0;
  std::uint64_t gid = 0;
  std::int64_t mtime = 0;
  std::string link_target;
  std::string_view content; ///< of a file
};

/// Reads ustar, pax and GNU archives. The input may come from a hostile image: every length is
/// checked against what is there, and the first header that makes no sense ends the walk.
class tar_reader {
public:
  explicit tar_reader(std::string_view archive) : rest_(archive) {}

  /// The next entry, or nullopt at the end or at the first broken header.
  [[nodiscard]] std::optional<tar_entry> next();

private:
  std::string_view rest_;
};

/// The content of the first regular file called `name`, a path as in the archive (a leading "./" or
/// "/" doesn't count); a view into `archive`. Symbolic links are not followed.
[[nodiscard]] std::optional<std::string_view> find_file(std::string_view archive,
                                                        std::string_view name);

} // namespace dockhost
