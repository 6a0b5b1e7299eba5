// SPDX-License-Identifier: MIT
#include "core/base64.hpp"
#include "core/public_key.hpp"

#include "tests/core/sample_keys.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace dockhost {
namespace {

using namespace test;

std::string u32(std::size_t n) {
  std::string out;
  for (int shift = 24; shift >= 0; shift -= 8)
    out += static_cast<char>((n >> shift) & 0xff);
  return out;
}

std::string field(const std::string& s) {
  return u32(s.size()) + s;
}

std::string line(const std::string& type, const std::string& blob) {
  return type + " " + base64_encode(blob);
}

std::string ed25519_line(const std::string& comment = {}) {
  return "ssh-ed25519 " + ed25519_data + (comment.empty() ? "" : " " + comment);
}

TEST(public_key, accepts_every_known_type) {
  for (const auto& key : std::vector<std::string>{
           "ssh-ed25519 " + ed25519_data,
           "ssh-rsa " + rsa2048_data + " somebody@somewhere",
           "ecdsa-sha2-nistp256 " + ecdsa256_data,
           "ecdsa-sha2-nistp384 " + ecdsa384_data,
           "ecdsa-sha2-nistp521 " + ecdsa521_data,
           "sk-ssh-ed25519@openssh.com " + sk_ed25519_data,
           "sk-ecdsa-sha2-nistp256@openssh.com " + sk_ecdsa_data,
       }) {
    const auto got = normalise_public_key(key);
    ASSERT_TRUE(got.ok()) << key.substr(0, 40) << ": " << got.err().message;
    EXPECT_EQ(*got, key);
  }
}

TEST(public_key, gives_one_line_in_one_form) {
  const std::vector<std::pair<std::string, std::string>> rows = {
      {ed25519_line() + "\n", ed25519_line()},
      {ed25519_line() + "\r\n", ed25519_line()},
      {"  \t" + ed25519_line() + " \n", ed25519_line()},
      {"ssh-ed25519 \t " + ed25519_data + "   me  and you ", ed25519_line("me  and you")},
      {ed25519_line("j\xc3\xbcrgen"), ed25519_line("j\xc3\xbcrgen")},
      {ed25519_line("bad\xff utf8"), ed25519_line()},
      {ed25519_line("c1\xc2\x85"), ed25519_line()},
      {ed25519_line("sep\xe2\x80\xa8x"), ed25519_line()},
      {ed25519_line("a\tb"), ed25519_line()},
      {ed25519_line("$(reboot) `id`"), ed25519_line("$(reboot) `id`")},
  };
  for (const auto& [in, out] : rows) {
    const auto got = normalise_public_key(in);
    ASSERT_TRUE(got.ok()) << got.err().message;
    EXPECT_EQ(*got, out);
    EXPECT_EQ(*normalise_public_key(*got), out);
  }
}

TEST(public_key, trouble_row_public_key) {
  const std::string good = ed25519_line();
  const auto ed_blob = *base64_decode(ed25519_data);
  const auto ec_blob = *base64_decode(ecdsa256_data);
  const std::string rsa_e = field(std::string("\x01\x00\x01", 3));
  const auto modulus = [](std::size_t bytes) {
    return field(std::string(1, '\0') + std::string(bytes, '\xc1'));
  };
  struct row {
    const char* what;
    std::string text;
    const char* reason;
  };
  const std::vector<row> rows = {
      {"empty", "", "empty"},
      {"blanks", "  \t \n", "empty"},
      {"no data", "ssh-ed25519", "missing"},
      {"no type", ed25519_data, "not known"},
      {"unknown type", "ssh-ed448 " + ed25519_data, "not known"},
      {"another case", "SSH-ED25519 " + ed25519_data, "not known"},
      {"dsa", "ssh-dss " + dsa_data, "DSA"},
      {"certificate", "ecdsa-sha2-nistp256-cert-v01@openssh.com " + certificate_data,
       "certificates"},
      {"certificate in disguise", "ecdsa-sha2-nistp256 " + certificate_data, "another type"},
      {"private key", "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n", "PEM"},
      {"command option", "command=\"/bin/sh\" " + good, "options"},
      {"option with blanks", "command=\"a b\",no-pty " + good, "options"},
      {"bare option", "restrict " + good, "options"},
      {"authority", "cert-authority " + good, "options"},
      {"option, no key", "environment=\"A=b\"", "options"},
      {"two lines", good + "\n" + good, "more than one line"},
      {"two newlines", good + "\n\n", "more than one line"},
      {"newline in front", "\n" + good, "more than one line"},
      {"newline in the comment", ed25519_line("x\ncommand=\"sh\" ") + good, "more than one line"},
      {"carriage return", ed25519_line("x\ry"), "more than one line"},
      {"newline after the type", "ssh-ed25519\n" + ed25519_data, "more than one line"},
      {"NUL", good + std::string("\0x", 2), "control"},
      {"escape", ed25519_line("\x1b[2J"), "control"},
      {"vertical tab", "ssh-ed25519\v" + ed25519_data, "control"},
      {"delete", ed25519_line("\x7f"), "control"},
      {"over 16 KiB", ed25519_line(std::string(16 * 1024, 'c')), "16 KiB"},
      {"not base64", "ssh-ed25519 %%%%", "base64"},
      {"url alphabet", "ssh-ed25519 AAAA-___", "base64"},
      {"cut padding",
       "sk-ssh-ed25519@openssh.com " + sk_ed25519_data.substr(0, sk_ed25519_data.size() - 1),
       "base64"},
      {"text after padding", "sk-ssh-ed25519@openssh.com " + sk_ed25519_data + "AAAA", "base64"},
      {"types differ", "ssh-rsa " + ed25519_data, "another type"},
      {"short blob", line("ssh-ed25519", ed_blob.substr(0, ed_blob.size() - 1)), "structure"},
      {"trailing bytes", line("ssh-ed25519", ed_blob + "x"), "trailing"},
      {"empty blob field", line("ssh-ed25519", u32(0)), "another type"},
      {"two bytes", line("ssh-ed25519", "ab"), "structure"},
      {"huge length",
       line("ssh-ed25519", "\xff\xff\xff\xff"
                           "abc"),
       "structure"},
      {"short point", line("ssh-ed25519", field("ssh-ed25519") + field(std::string(31, 'k'))),
       "structure"},
      {"other curve",
       line("ecdsa-sha2-nistp384", field("ecdsa-sha2-nistp384") + ec_blob.substr(23)), "structure"},
      {"compressed point",
       line("ecdsa-sha2-nistp256", field("ecdsa-sha2-nistp256") + field("nistp256") +
                                       field("\x02" + std::string(32, 'x'))),
       "structure"},
      {"rsa 1024", "ssh-rsa " + rsa1024_data, "2048"},
      {"rsa 2047",
       line("ssh-rsa", field("ssh-rsa") + rsa_e + field("\x7f" + std::string(255, 'm'))), "2048"},
      {"rsa padded up",
       line("ssh-rsa",
            field("ssh-rsa") + rsa_e + field(std::string(200, '\0') + std::string(128, '\xc1'))),
       "structure"},
      {"rsa negative", line("ssh-rsa", field("ssh-rsa") + rsa_e + field(std::string(256, '\xc1'))),
       "structure"},
      {"rsa exponent 1", line("ssh-rsa", field("ssh-rsa") + field("\x01") + modulus(256)),
       "structure"},
      {"rsa beyond 16384", line("ssh-rsa", field("ssh-rsa") + rsa_e + modulus(2049)), "16384"},
      {"rsa without modulus", line("ssh-rsa", field("ssh-rsa") + rsa_e), "structure"},
      {"sk without application",
       line("sk-ssh-ed25519@openssh.com",
            field("sk-ssh-ed25519@openssh.com") + field(std::string(32, 'k'))),
       "structure"},
  };
  for (const auto& r : rows) {
    const auto got = normalise_public_key(r.text);
    ASSERT_FALSE(got.ok()) << r.what;
    EXPECT_EQ(got.err().code, errc::invalid_key) << r.what;
    EXPECT_NE(got.err().message.find(r.reason), std::string::npos)
        << r.what << ": " << got.err().message;
  }
}

TEST(base64, round_trips_and_is_strict) {
  for (const auto& [plain, coded] : std::vector<std::pair<std::string, std::string>>{
           {"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}}) {
    EXPECT_EQ(base64_encode(plain), coded);
    EXPECT_EQ(base64_decode(coded), plain);
  }
  EXPECT_EQ(base64_encode("fo", base64_padding::unpadded), "Zm8");
  for (const char* bad :
       {"Z", "Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "Z=g=", "Zm 9", "====", "=", "Zm9v\n"})
    EXPECT_FALSE(base64_decode(bad)) << bad;
}

} // namespace
} // namespace dockhost
