// SPDX-License-Identifier: MIT
#include "platform/random.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstdlib>
#include <string_view>

#include <sys/random.h>

namespace dockhost::platform {

void random_bytes(std::span<std::uint8_t> out) {
  while (!out.empty()) {
    const ssize_t n = ::getrandom(out.data(), out.size(), 0);
    if (n < 0 && errno != EINTR) std::abort();
    if (n > 0) out = out.subspan(static_cast<std::size_t>(n));
  }
}

double uniform() {
  std::array<std::uint8_t, 8> bytes{};
  random_bytes(bytes);
  const auto bits = std::bit_cast<std::uint64_t>(bytes);
  return static_cast<double>(bits >> 11) * 0x1.0p-53;
}

std::string format_uuid(std::span<const std::uint8_t, 16> bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::array<std::uint8_t, 16> b{};
  std::copy(bytes.begin(), bytes.end(), b.begin());
  b[6] = static_cast<std::uint8_t>((b[6] & 0x0F) | 0x40);
  b[8] = static_cast<std::uint8_t>((b[8] & 0x3F) | 0x80);
  std::string out;
  out.reserve(36);
  for (std::size_t i = 0; i < b.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) out.push_back('-');
    out.push_back(digits[b[i] >> 4]);
    out.push_back(digits[b[i] & 15]);
  }
  return out;
}

std::string uuid_v4() {
  std::array<std::uint8_t, 16> bytes{};
  random_bytes(bytes);
  return format_uuid(bytes);
}

} // namespace dockhost::platform
