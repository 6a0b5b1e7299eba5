// SPDX-License-Identifier: MIT
#include "platform/ed25519.hpp"
#include "platform/random.hpp"
#include "platform/sha256.hpp"

#include <array>
#include <memory>
#include <set>
#include <string>

#include <gtest/gtest.h>
#include <openssl/evp.h>

namespace dockhost::platform {
namespace {

TEST(sha256, known_answers) { // FIPS 180-4 examples
  EXPECT_EQ(to_hex(sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(to_hex(sha256("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(sha256, hmac_known_answers) { // RFC 4231, cases 2 and 6 (a key longer than a block)
  EXPECT_EQ(to_hex(hmac_sha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(to_hex(hmac_sha256(std::string(131, '\xaa'),
                               "Test Using Larger Than Block-Size Key - Hash Key First")),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(ed25519, public_key_belongs_to_the_seed) {
  const auto key = generate_ed25519();
  ASSERT_TRUE(key);
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> pair(
      EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, key->seed.data(), key->seed.size()),
      &EVP_PKEY_free);
  std::array<std::uint8_t, 32> derived{};
  std::size_t size = derived.size();
  ASSERT_EQ(EVP_PKEY_get_raw_public_key(pair.get(), derived.data(), &size), 1);
  EXPECT_EQ(derived, key->public_key);
}

TEST(ed25519, each_key_is_another) {
  EXPECT_NE(generate_ed25519().value().seed, generate_ed25519().value().seed);
}

TEST(random, uniform_covers_its_interval) {
  constexpr int draws = 100'000;
  double sum = 0;
  std::array<int, 10> buckets{};
  for (int i = 0; i < draws; ++i) {
    const double u = uniform();
    ASSERT_GE(u, 0.0);
    ASSERT_LT(u, 1.0);
    sum += u;
    ++buckets[static_cast<std::size_t>(u * 10)];
  }
  EXPECT_NEAR(sum / draws, 0.5, 0.01); // ten standard deviations
  for (const int n : buckets) {
    EXPECT_NEAR(n, draws / 10, 1000);
  }
}

TEST(random, uuid_has_the_form_of_version_4) {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const auto id = uuid_v4();
    std::string form = id;
    for (char& c : form) {
      const bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
      c = hex ? 'x' : c;
    }
    EXPECT_EQ(form, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx");
    EXPECT_EQ(id[14], '4');
    EXPECT_NE(std::string("89ab").find(id[19]), std::string::npos);
    seen.insert(id);
  }
  EXPECT_EQ(seen.size(), 1000U);
}

TEST(random, bytes_fill_the_whole_span) {
  std::array<std::uint8_t, 4096> bytes{};
  random_bytes(bytes);
  EXPECT_EQ((std::set<std::uint8_t>(bytes.begin(), bytes.end()).size()), 256U);
  EXPECT_NE(bytes.back() + bytes[4094] + bytes[4093] + bytes[4092], 0);
}

} // namespace
} // namespace dockhost::platform
