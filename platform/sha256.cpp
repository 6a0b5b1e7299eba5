// SPDX-License-Identifier: MIT
#include "platform/sha256.hpp"

#include <algorithm>

#include <openssl/sha.h>

namespace dockhost::platform {

sha256_digest sha256(std::string_view data) {
  sha256_digest out{};
  SHA256(reinterpret_cast<const unsigned char*>(data.data()), data.size(), out.data());
  return out;
}

sha256_digest hmac_sha256(std::string_view key, std::string_view data) {
  constexpr std::size_t block = 64; // bytes, of SHA-256
  std::string padded(block, '\0');
  if (key.size() > block) {
    const auto digest = sha256(key);
    std::copy(digest.begin(), digest.end(), padded.begin());
  } else {
    std::copy(key.begin(), key.end(), padded.begin());
  }
  auto with_pad = [&](unsigned char pad) {
    std::string out = padded;
    for (char& c : out) {
      c = static_cast<char>(static_cast<unsigned char>(c) ^ pad);
    }
    return out;
  };
  const auto inner = sha256(with_pad(0x36).append(data));
  return sha256(with_pad(0x5c).append(reinterpret_cast<const char*>(inner.data()), inner.size()));
}

std::string to_hex(const sha256_digest& digest) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  out.reserve(digest.size() * 2);
  for (const std::uint8_t byte : digest) {
    out.push_back(digits[byte >> 4]);
    out.push_back(digits[byte & 15]);
  }
  return out;
}

} // namespace dockhost::platform
