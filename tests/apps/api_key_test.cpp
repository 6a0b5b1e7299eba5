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

TEST(key_expiry_watch, warns_three_days_ahead_at_the_end_and_each_day) {
  using word = key_expiry_watch::word;
  constexpr std::int64_t hour = 3600, day = 24 * hour, end = 1'800'000'000;
  const auto key = token(R"({"exp":1800000000})");
  key_expiry_watch watch;
  std::vector<std::pair<std::int64_t, word>> said; // hours before the end
  for (auto now = end - 30 * day; now < end + 2 * day; now += 10) {
    if (const auto due = watch.look(key, now)) {
      EXPECT_EQ(due->left, end - now);
      said.emplace_back(due->left / hour, due->what);
    }
  }
  // 71 and 47: each begins in the last ten seconds of the hour before.
  EXPECT_EQ(said, (std::vector<std::pair<std::int64_t, word>>{{71, word::expiring},
                                                              {47, word::expiring},
                                                              {23, word::expiring},
                                                              {0, word::expired},
                                                              {-24, word::expired}}));
  // Another key, at once; one without an end, never.
  EXPECT_TRUE(watch.look(token(R"({"exp":1800000001})"), end + 2 * day));
  EXPECT_FALSE(watch.look("plain-key", end + 9 * day));
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
