// SPDX-License-Identifier: MIT
#include "platform/pattern.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace dockhost::platform {
namespace {

TEST(pattern, occurs_anywhere) {
  const auto p = pattern::compile("err(or)?:\\s+\\d+");
  ASSERT_TRUE(p.ok());
  EXPECT_TRUE(p->occurs_in("some err: 42 here"));
  EXPECT_FALSE(p->occurs_in("some err: none"));
  EXPECT_TRUE(pattern::compile("(?i)PANIC")->occurs_in("a panic"));
  EXPECT_TRUE(pattern::compile("b")->occurs_in(std::string_view("a\0\xff b", 5)));
  EXPECT_FALSE(pattern::compile("b")->occurs_in(""));
}

TEST(pattern, refuses_what_is_none_or_too_much) {
  for (const auto* bad : {"(", "[a", "a**", "\\1", "(?=x)", "\xff"})
    EXPECT_FALSE(pattern::compile(bad).ok()) << bad;
  EXPECT_FALSE(pattern::compile(std::string(1'025, 'a')).ok());
  EXPECT_FALSE(pattern::compile("((a{100}){100}){100}").ok());
  EXPECT_FALSE(pattern::compile("(\\pL{900}){9}").ok());
}

TEST(pattern, only_the_beginning_of_a_long_text_is_searched) {
  const auto p = pattern::compile("x");
  EXPECT_TRUE(p->occurs_in(std::string(pattern::max_searched - 1, 'a') + "x"));
  EXPECT_FALSE(p->occurs_in(std::string(pattern::max_searched, 'a') + "x"));
}

TEST(pattern, no_pattern_hangs_it) {
  const std::string text(1024 * 1024, 'a');
  for (const auto* hostile :
       {"(a+)+$b", "(a|aa)+$b", "(.*)*x", "(a?){100}a{100}$b", "(a?){500}a{500}$b"}) {
    const auto p = pattern::compile(hostile);
    if (!p) continue;
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_FALSE(p->occurs_in(text)) << hostile;
    // Far above what it takes, far below the seconds of the whole text.
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(1)) << hostile;
  }
}

} // namespace
} // namespace dockhost::platform
