// SPDX-License-Identifier: MIT
#include "bench/peers/sha1.hpp"

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace dockhost::bench {

namespace {

constexpr std::size_t block_size = 64;

using state = std::array<std::uint32_t, 5>;

template <class Integer>
void append_big_endian(std::string& out, Integer n) {
  for (std::size_t i = sizeof n; i-- > 0;)
    out += static_cast<char>((n >> (8 * i)) & 0xff);
}

std::array<std::uint32_t, 80> schedule(std::string_view block) {
  std::array<std::uint32_t, 80> words{};
  for (std::size_t i = 0; i < block_size; ++i)
    words[i / 4] = words[i / 4] << 8 | static_cast<unsigned char>(block[i]);
  for (std::size_t i = 16; i < words.size(); ++i)
    words[i] = std::rotl(words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16], 1);
  return words;
}

void digest(state& h, std::string_view block) {
  const auto words = schedule(block);
  auto [a, b, c, d, e] = h;
  for (std::size_t i = 0; i < words.size(); ++i) {
    std::uint32_t mixed = b ^ c ^ d;
    std::uint32_t constant = i < 40 ? 0x6ed9eba1U : 0xca62c1d6U;
    if (i < 20) {
      mixed = (b & c) | (~b & d);
      constant = 0x5a827999U;
    } else if (i >= 40 && i < 60) {
      mixed = (b & c) | (b & d) | (c & d);
      constant = 0x8f1bbcdcU;
    }
    const std::uint32_t next = std::rotl(a, 5) + mixed + e + constant + words[i];
    e = d;
    d = c;
    c = std::rotl(b, 30);
    b = a;
    a = next;
  }
  h[0] += a;
  h[1] += b;
  h[2] += c;
  h[3] += d;
  h[4] += e;
}

} // namespace

std::string sha1(std::string_view text) {
  std::string padded(text);
  padded += '\x80';
  while (padded.size() % block_size != block_size - sizeof(std::uint64_t))
    padded += '\0';
  append_big_endian(padded, std::uint64_t{text.size()} * 8);
  state h{0x67452301U, 0xefcdab89U, 0x98badcfeU, 0x10325476U, 0xc3d2e1f0U};
  for (std::size_t at = 0; at < padded.size(); at += block_size)
    digest(h, std::string_view(padded).substr(at, block_size));
  std::string out;
  for (const auto word : h)
    append_big_endian(out, word);
  return out;
}

} // namespace dockhost::bench
