// SPDX-License-Identifier: MIT
#include "apps/api_key.hpp"

#include "core/base64.hpp"
#include "tests/support/temp_folder.hpp"

#include <string>

#include <gtest/gtest.h>

namespace dockhost::apps {
namespace {

using test::temp_folder;

std::string token(std::string_view claims) {
  auto payload = base64_encode(claims, base64_padding::unpadded);
  for (char& c : payload) {
    c = c == '+' ? '-' : c == '/' ? '_' : c;
  }
  return "eyJhbGciOiJIUzI1NiJ9." + payload + ".c2lnbmF0dXJl";
}

TEST(jwt_expiry, reads_exp) {
  // {"sub":"node","exp":1735689600} between a header and a signature.
  EXPECT_EQ(jwt_expiry("eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
                       "eyJzdWIiOiJub2RlIiwiZXhwIjoxNzM1Njg5NjAwfQ.x-Y_z"),
            1735689600);
  EXPECT_EQ(jwt_expiry(token(R"({"exp":1735689600.75})")), 1735689600);
  EXPECT_EQ(jwt_expiry(token(R"({"name":"ÿþ>>??","exp":1})")), 1) << "url-safe letters";
}

TEST(jwt_expiry, is_nothing_for_other_keys) {
  for (const auto& key :
       {std::string(), std::string("plain-key"), std::string("a.b"), std::string("a.b.c"),
        std::string("a.b.c.d"), std::string(".."), token("{}"), token(R"({"exp":"soon"})"),
        token(R"({"exp":-1})"), token(R"({"exp":1e300})"), token("[1]"), token("not json"),
        token(std::string(100'000, '[')), std::string(1'000'000, '.')}) {
    EXPECT_EQ(jwt_expiry(key), std::nullopt) << key.substr(0, 60);
  }
}

TEST(read_api_key, takes_one_line) {
  const temp_folder folder;
  EXPECT_EQ(read_api_key(folder.write("k", "\n  abc.def \r\n\n")).value(), "abc.def");
  EXPECT_FALSE(read_api_key(folder.write("two", "secret-a\nsecret-b\n")));
  EXPECT_FALSE(read_api_key(folder.write("empty", " \n")));
  EXPECT_FALSE(read_api_key(folder.write("nul", std::string("sec\0ret", 7))));
  EXPECT_FALSE(read_api_key(folder.file("missing")));
  EXPECT_EQ(read_api_key(folder.file("two")).err().message.find("secret"), std::string::npos);
}

} // namespace
} // namespace dockhost::apps
