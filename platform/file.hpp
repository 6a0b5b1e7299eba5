// SPDX-License-Identifier: MIT
// Small files, read and written whole. Messages name the path and the system's reason, never the
// content.
#pragma once

#include "core/error.hpp"
#include "platform/unique_fd.hpp"

#include <cstddef>
#include <string>
#include <string_view>

#include <sys/types.h>

namespace dockhost::platform {

/// The whole of a regular file, pipe or /proc entry. More than `max_bytes` is an error.
[[nodiscard]] result<std::string> read_file(const std::string& path,
                                            std::size_t max_bytes = 1024 * 1024);

/// Replaces `path` so that a reader, or a crash at any point, sees the old or the new content
/// whole: a temporary file beside it, fsync, rename, fsync of the folder.
[[nodiscard]] result<unit> write_file_atomically(const std::string& path, std::string_view content,
                                                 mode_t mode);

/// Makes `path` and what is missing above it. The last folder gets mode 0700 when it is made here;
/// one that is already there is left as it is.
[[nodiscard]] result<unit> make_private_directory(const std::string& path);

/// Takes `path` (made when missing) for this process alone until the result is destroyed or the
/// process ends, however that happens. errc::conflict when another one holds it. Two nodes on one
/// state directory would adopt each other's containers.
[[nodiscard]] result<unique_fd> lock_file(const std::string& path);

/// Whether group or others may read or write `path`; false where it can't be looked at.
[[nodiscard]] bool open_to_others(const std::string& path);

} // namespace dockhost::platform
