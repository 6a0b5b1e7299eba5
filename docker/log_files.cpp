// SPDX-License-Identifier: MIT
#include "docker/log_files.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <string_view>

namespace dockhost::docker {
namespace {

constexpr log_rotation engines_copy{20'000'000, 5};

/// A number of bytes, or one with k, m, g, t or p behind it ("10m", "1kb", "1.5 g"); 0: it is none.
std::int64_t bytes_of(std::string_view text) {
  constexpr auto most = static_cast<double>(std::int64_t{1} << 40);
  if (text.empty() || text.front() < '0' || text.front() > '9') return 0;
  double out = 0;
  const auto* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, out, std::chars_format::fixed);
  if (read.ec != std::errc() || out > most) return 0;
  std::string_view rest(read.ptr, static_cast<std::size_t>(end - read.ptr));
  rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  if (!rest.empty()) {
    constexpr std::string_view units = "bkmgtp";
    const auto power = units.find(static_cast<char>(rest.front() | 0x20));
    if (power == units.npos) return 0;
    for (std::size_t n = 0; n < power; ++n)
      out *= 1'000;
  }
  return static_cast<std::int64_t>(std::min(out, most));
}

std::string_view option(const std::map<std::string, std::string>& options, const char* name) {
  const auto it = options.find(name);
  return it == options.end() ? std::string_view() : std::string_view(it->second);
}

std::int64_t files_of(std::string_view text, std::int64_t usual) {
  std::int64_t out = usual;
  std::from_chars(text.data(), text.data() + text.size(), out);
  return out > 0 ? out : usual;
}

} // namespace

log_rotation rotation_of(const std::string& driver,
                         const std::map<std::string, std::string>& options) {
  if (driver == "journald" || driver == "none" || driver.empty()) return {};
  const bool json = driver == "json-file";
  if (!json && driver != "local") return engines_copy;
  log_rotation out = json ? log_rotation{} : engines_copy;
  if (const auto size = option(options, "max-size"); !size.empty()) out.file_bytes = bytes_of(size);
  out.files = files_of(option(options, "max-file"), out.files);
  return out;
}

} // namespace dockhost::docker
