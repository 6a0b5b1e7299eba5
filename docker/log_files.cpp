// SPDX-License-Identifier: MIT
#include "docker/log_files.hpp"

#include <charconv>
#include <cstdint>
#include <string_view>

namespace dockhost::docker {
namespace {

constexpr log_rotation engines_copy{20'000'000, 5};

/// A whole number of bytes, or one with k, m, g or t behind it ("10m", "1kb"); 0: it is none.
std::int64_t bytes_of(std::string_view text) {
  constexpr std::int64_t most = std::int64_t{1} << 40;
  std::int64_t out = 0;
  const auto* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, out);
  if (read.ec != std::errc() || out < 0 || out > most) return 0;
  std::int64_t unit = 1;
  if (read.ptr != end) {
    constexpr std::string_view units = "bkmgt";
    const auto power = units.find(static_cast<char>(*read.ptr | 0x20));
    if (power == units.npos) return 0;
    for (std::size_t n = 0; n < power; ++n)
      unit *= 1'000;
  }
  return out > most / unit ? most : out * unit;
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
