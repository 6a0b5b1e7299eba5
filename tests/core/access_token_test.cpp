// SPDX-License-Identifier: MIT
#include "core/access_token.hpp"
#include "core/rate_limit.hpp"
#include "core/web_origin.hpp"

#include <gtest/gtest.h>

namespace dockhost {
namespace {

using namespace std::chrono_literals;

const std::string hex(64, 'a');

token_digest digest_of(std::uint8_t byte) {
  token_digest out;
  out.fill(byte);
  return out;
}

TEST(access_token, is_read_and_written_alike) {
  for (const auto& line : {"ops operator sha256:" + hex, "tv viewer sha256:" + hex,
                           "a.b-c_9 viewer sha256:" + hex + " 2026-12-31T23:59:59Z"}) {
    const auto token = parse_access_token(line);
    ASSERT_TRUE(token) << line << ": " << token.err();
    EXPECT_EQ(format_access_token(*token), line);
  }
  EXPECT_EQ(parse_access_token("  tv   viewer  sha256:" + hex + "  ")->name, "tv");
  EXPECT_EQ(parse_access_token("tv viewer sha256:" + hex)->digest, digest_of(0xaa));
}

TEST(access_token, says_what_is_wrong) {
  for (const auto& [line, why] : std::initializer_list<std::pair<std::string, std::string>>{
           {"", "name"},
           {"two\"words viewer sha256:" + hex, "name"},
           {std::string(65, 'n') + " viewer sha256:" + hex, "name"},
           {"tv", "role"},
           {"tv root sha256:" + hex, "role"},
           {"tv viewer", "sha256:"},
           {"tv viewer " + hex, "sha256:"},
           {"tv viewer sha256:" + hex.substr(1), "64 hex"},
           {"tv viewer sha256:" + hex.substr(1) + "g", "64 hex"},
           {"tv viewer sha256:" + hex + " tomorrow", "2026-12-31"},
           {"tv viewer sha256:" + hex + " 2026-02-30T00:00:00Z", "2026-12-31"},
           {"tv viewer sha256:" + hex + " 2026-12-31T23:59:59Z more", "too many"}}) {
    const auto token = parse_access_token(line);
    ASSERT_FALSE(token) << line;
    EXPECT_NE(token.err().find(why), std::string::npos) << token.err();
  }
}

TEST(access_token, is_found_by_its_digest_until_it_ends) {
  std::vector<access_token> tokens(2);
  tokens[0].name = "a";
  tokens[0].digest = digest_of(1);
  tokens[1].name = "b";
  tokens[1].digest = digest_of(2);
  tokens[1].expires = 1'000;
  EXPECT_EQ(match_token(tokens, digest_of(1), 5'000).token, &tokens[0]);
  EXPECT_EQ(match_token(tokens, digest_of(3), 0).verdict, token_verdict::unknown);
  EXPECT_EQ(match_token(tokens, digest_of(3), 0).token, nullptr);
  EXPECT_EQ(match_token(tokens, digest_of(2), 999).verdict, token_verdict::good);
  EXPECT_EQ(match_token(tokens, digest_of(2), 1'000).verdict, token_verdict::expired);
  auto near = digest_of(1);
  near[31] ^= 1;
  EXPECT_EQ(match_token(tokens, near, 0).verdict, token_verdict::unknown);
}

TEST(access_token, times_are_utc) {
  EXPECT_EQ(utc_time(0), "1970-01-01T00:00:00Z");
  EXPECT_EQ(parse_utc_time("2026-12-31T23:59:59Z"), 1'798'761'599);
  EXPECT_EQ(utc_time(1'798'761'599), "2026-12-31T23:59:59Z");
  EXPECT_EQ(parse_utc_time("2026-12-31T24:00:00Z"), std::nullopt);
  EXPECT_EQ(parse_utc_time("2026-12-31 23:59:59Z"), std::nullopt);
}

bool allowed(std::string_view origin, std::string_view host, bool tls = false,
             const std::vector<std::string>& listed = {}) {
  return origin_allowed({origin, host, tls}, listed);
}

TEST(web_origin, own_pages_and_listed_ones_are_welcome) {
  EXPECT_TRUE(allowed("", "node:4180"));
  EXPECT_TRUE(allowed("http://node:4180", "node:4180"));
  EXPECT_TRUE(allowed("http://NODE:4180", "node:4180"));
  EXPECT_TRUE(allowed("https://node", "node:443", true));
  EXPECT_TRUE(allowed("http://node", "node"));
  EXPECT_FALSE(allowed("https://node:4180", "node:4180"));
  EXPECT_FALSE(allowed("http://node:4181", "node:4180"));
  EXPECT_FALSE(allowed("http://evil.example", "node:4180"));
  EXPECT_FALSE(allowed("null", "node:4180"));
  EXPECT_FALSE(allowed("http://", ""));
  EXPECT_TRUE(allowed("https://panel.example", "node:4180", false, {"https://panel.example"}));
  EXPECT_FALSE(allowed("https://panel.example.evil", "node", false, {"https://panel.example"}));
  EXPECT_TRUE(allowed("http://any", "node", false, {"*"}));
}

TEST(web_origin, knows_this_machine) {
  for (const auto* host :
       {"localhost", "LocalHost:4180", "127.0.0.1:4180", "127.1.2.3", "[::1]", "[::1]:4180"}) {
    EXPECT_TRUE(is_local_host(host)) << host;
  }
  for (const auto* host : {"", "evil.example", "localhost.evil.example", "127.0.0.1.evil.example",
                           "10.0.0.1", "[::2]:80", "127.evil.0.1"}) {
    EXPECT_FALSE(is_local_host(host)) << host;
  }
}

TEST(web_origin, has_a_form) {
  EXPECT_TRUE(is_origin("https://a.example:8443"));
  for (const auto* text : {"a.example", "https://", "https://a/", "://a", "https://a b", ""})
    EXPECT_FALSE(is_origin(text)) << text;
}

TEST(rate_limit, lets_bursts_through_and_then_the_rate) {
  std::chrono::steady_clock::time_point now{};
  rate_limit limit(2, 3, now);
  EXPECT_TRUE(limit.take(now));
  EXPECT_TRUE(limit.take(now));
  EXPECT_TRUE(limit.take(now));
  EXPECT_FALSE(limit.take(now));
  now += 500ms;
  EXPECT_TRUE(limit.take(now));
  EXPECT_FALSE(limit.take(now));
  now += 1h;
  for (int n = 0; n < 3; ++n)
    EXPECT_TRUE(limit.take(now));
  EXPECT_FALSE(limit.take(now));
}

} // namespace
} // namespace dockhost
