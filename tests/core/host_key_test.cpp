// SPDX-License-Identifier: MIT
#include "core/base64.hpp"
#include "core/host_key.hpp"

#include "tests/core/sample_keys.hpp"

#include <gtest/gtest.h>

namespace dockhost {
namespace {

ed25519_bytes from_hex(std::string_view hex) {
  const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  ed25519_bytes out{};
  for (std::size_t i = 0; i < out.size(); ++i)
    out[i] = static_cast<std::uint8_t>(digit(hex[2 * i]) * 16 + digit(hex[2 * i + 1]));
  return out;
}

const auto seed = from_hex("6467a8f646bf1310f3a93905d898dcd63f060769e0a592cd82d05e4bfd30b84a");
const auto public_key =
    from_hex("6a8f90709cf8217fc7dbfbc82fd33e0b5e2febba13cd94e7c5f2b1fe343c0043");

TEST(host_key, private_key_file_is_the_one_that_ssh_keygen_writes) {
  // ssh-keygen -t ed25519 -N '' -C u@h; seed, public key and check number read from it.
  const std::string expected = R"(-----BEGIN OPENSSH PRIVATE KEY-----
b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW
QyNTUxOQAAACBqj5BwnPghf8fb+8gv0z4LXi/ruhPNlOfF8rH+NDwAQwAAAIiHKCmEhygp
hAAAAAtzc2gtZWQyNTUxOQAAACBqj5BwnPghf8fb+8gv0z4LXi/ruhPNlOfF8rH+NDwAQw
AAAEBkZ6j2Rr8TEPOpOQXYmNzWPwYHaeClks2C0F5L/TC4SmqPkHCc+CF/x9v7yC/TPgte
L+u6E82U58Xysf40PABDAAAAA3VAaAEC
-----END OPENSSH PRIVATE KEY-----
)";
  EXPECT_EQ(openssh_private_key(seed, public_key, 0x87282984, "u@h"), expected);
}

TEST(host_key, padding_fits_every_comment_length) {
  for (std::size_t n = 0; n < 20; ++n) {
    const auto pem = openssh_private_key(seed, public_key, 1, std::string(n, 'c'));
    std::string text;
    for (std::size_t at = pem.find('\n') + 1; pem[at] != '-'; at = pem.find('\n', at) + 1) {
      const auto line = pem.substr(at, pem.find('\n', at) - at);
      EXPECT_LE(line.size(), 70U);
      text += line;
    }
    const auto blob = base64_decode(text);
    ASSERT_TRUE(blob);
    // 15 magic, 8 + 8 + 4 + 4 header, 4 + 51 public blob, 4 length of the padded rest
    EXPECT_EQ((blob->size() - 98) % 8, 0U) << n;
  }
}

TEST(host_key, public_line) {
  EXPECT_EQ(openssh_public_line(public_key, "u@h"), "ssh-ed25519 " + test::ed25519_data + " u@h");
  EXPECT_EQ(openssh_public_line(public_key, ""), "ssh-ed25519 " + test::ed25519_data);
}

TEST(host_key, fingerprint_is_the_one_that_ssh_keygen_shows) {
  const auto sha256 = [](std::string_view blob) {
    EXPECT_EQ(base64_encode(blob), test::ed25519_data);
    return from_hex("599550916c15b24746358d91b1f51844f119aeec02f52b8a8d0e762f3b9de491");
  };
  EXPECT_EQ(fingerprint(public_key, sha256), "SHA256:WZVQkWwVskdGNY2RsfUYRPEZruwC9SuKjQ52Lzud5JE");
}

} // namespace
} // namespace dockhost
