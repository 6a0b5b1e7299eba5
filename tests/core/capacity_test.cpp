// SPDX-License-Identifier: MIT
#include "core/capacity.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace dockhost {
namespace {

constexpr std::int64_t mib = 1024 * 1024;
constexpr std::int64_t gb = 1'000'000'000;
constexpr capacity_limits limits{3, 1024 * mib, 256 * mib};

TEST(capacity, admits_or_says_what_is_short) {
  const struct {
    capacity_readings now;
    std::int64_t memory;
    const char* reason; ///< nullptr: admitted
  } rows[] = {
      {{0, {}, {}}, 512 * mib, nullptr},
      {{2, 1024 * mib, 768 * mib}, 512 * mib, nullptr},
      {{3, {}, {}}, 0, "3 of at most 3 containers"},
      {{9, {}, {}}, 0, "9 of at most 3 containers"},
      {{0, 1024 * mib - 1, {}}, 0, "disk space is short: 1023 MiB free, 1024 MiB must stay"},
      {{0, 0, {}}, 0, "disk"},
      {{0, {}, 768 * mib - 1}, 512 * mib, "memory is short: 767 MiB free, 512 MiB asked for"},
      {{0, {}, 256 * mib}, 0, nullptr},
      {{0, {}, 255 * mib}, 0, "memory"},
      {{0, {}, 255 * mib}, -512 * mib, "memory"},
      {{0, {}, 64000 * mib}, std::numeric_limits<std::int64_t>::max(), "memory"},
  };
  for (const auto& r : rows) {
    const auto got = admit(r.now, limits, r.memory);
    ASSERT_EQ(got.ok(), r.reason == nullptr) << (r.reason ? r.reason : "");
    if (r.reason == nullptr) continue;
    EXPECT_EQ(got.err().code, errc::capacity);
    EXPECT_NE(got.err().message.find(r.reason), std::string::npos) << got.err().message;
  }
}

TEST(capacity, warns_of_a_small_machine) {
  EXPECT_TRUE(resource_warnings({2 * gb, 10 * gb, 2}).empty());
  EXPECT_TRUE(resource_warnings({{}, {}, {}}).empty());
  const auto all = resource_warnings({2 * gb - 1, 9'990'000'000, 1});
  ASSERT_EQ(all.size(), 3U);
  EXPECT_NE(all[0].find("1.9 GB of memory"), std::string::npos);
  EXPECT_NE(all[1].find("9.9 GB of free disk"), std::string::npos);
  EXPECT_NE(all[2].find("1 CPU core"), std::string::npos);
}

} // namespace
} // namespace dockhost
