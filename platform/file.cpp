// SPDX-License-Identifier: MIT
#include "platform/file.hpp"

#include "platform/random.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <system_error>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

namespace dockhost::platform {

namespace {

failure<error> system_failure(std::string_view what, const std::string& path) {
  const int code = errno;
  return fail(error{errc::internal,
                    std::string(what) + " " + path + ": " + std::generic_category().message(code)});
}

std::string folder_of(const std::string& path) {
  const auto slash = path.find_last_of('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

bool write_all(int fd, std::string_view content) {
  while (!content.empty()) {
    const ssize_t n = ::write(fd, content.data(), content.size());
    if (n < 0 && errno != EINTR) return false;
    if (n > 0) content.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

} // namespace

result<std::string> read_file(const std::string& path, std::size_t max_bytes) {
  const unique_fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return system_failure("cannot read", path);
  std::string out;
  std::array<char, 4096> buffer{};
  for (;;) {
    const ssize_t n = ::read(fd.get(), buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return system_failure("cannot read", path);
    if (n == 0) return out;
    out.append(buffer.data(), static_cast<std::size_t>(n));
    if (out.size() > max_bytes) {
      return fail(error{errc::internal, "cannot read " + path + ": larger than " +
                                            std::to_string(max_bytes) + " bytes"});
    }
  }
}

result<unit> write_file_atomically(const std::string& path, std::string_view content, mode_t mode) {
  const std::string folder = folder_of(path);
  const std::string temporary = path + "." + uuid_v4() + ".tmp";
  {
    const unique_fd fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
    if (!fd) return system_failure("cannot write", path);
    // fchmod, because open() leaves the umask's bits out of `mode`.
    if (::fchmod(fd.get(), mode) != 0 || !write_all(fd.get(), content) || ::fsync(fd.get()) != 0) {
      auto failed = system_failure("cannot write", path);
      ::unlink(temporary.c_str());
      return failed;
    }
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0) {
    auto failed = system_failure("cannot write", path);
    ::unlink(temporary.c_str());
    return failed;
  }
  const unique_fd directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory || ::fsync(directory.get()) != 0) return system_failure("cannot sync", folder);
  return unit{};
}

result<unit> make_private_directory(const std::string& path) {
  if (path.empty()) return fail(error{errc::internal, "cannot make a directory without a name"});
  for (std::size_t at = path.find('/', 1); at != std::string::npos; at = path.find('/', at + 1)) {
    if (at + 1 == path.size()) break; // a trailing slash: the last folder is made below
    if (::mkdir(path.substr(0, at).c_str(), 0755) != 0 && errno != EEXIST) {
      return system_failure("cannot make the directory", path.substr(0, at));
    }
  }
  if (::mkdir(path.c_str(), 0700) == 0) return unit{};
  if (errno != EEXIST) return system_failure("cannot make the directory", path);
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return system_failure("cannot look at", path);
  if (!S_ISDIR(info.st_mode)) {
    errno = ENOTDIR;
    return system_failure("cannot use as a directory", path);
  }
  return unit{};
}

result<unique_fd> lock_file(const std::string& path) {
  unique_fd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!fd) return system_failure("cannot lock", path);
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) {
      return fail(error{errc::conflict, "another process holds " + path});
    }
    return system_failure("cannot lock", path);
  }
  return fd;
}

bool open_to_others(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && (info.st_mode & (S_IRWXG | S_IRWXO)) != 0;
}

} // namespace dockhost::platform
