// SPDX-License-Identifier: MIT
#include "platform/log.hpp"
#include "platform/log_text.hpp"

#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace dockhost::platform {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class logging : public ::testing::Test {
protected:
  void SetUp() override {
    set_log_level(log_level::info);
    set_log_folding(5s, [this] { return now_; });
    set_log_sink([this](const log_record& r) {
      std::string line = r.message;
      for (const auto& [key, value] : r.fields) {
        line += " " + key + "=" + value;
      }
      if (r.repeated > 0) line += " x" + std::to_string(r.repeated);
      lines_.push_back(line);
    });
  }
  void TearDown() override {
    set_log_sink({});
    set_log_debug("");
    set_log_folding(5s, [] { return std::chrono::steady_clock::now(); });
  }

  std::chrono::steady_clock::time_point now_;
  std::vector<std::string> lines_;
};

TEST_F(logging, levels_below_are_dropped) {
  log(log_level::debug, "connection", "e", "quiet");
  log(log_level::info, "connection", "e", "loud");
  set_log_level(log_level::off);
  log(log_level::error, "connection", "e", "nothing at all");
  EXPECT_THAT(lines_, ElementsAre("loud"));
}

TEST_F(logging, without_a_sink_nothing_happens) {
  set_log_sink({});
  EXPECT_FALSE(log_enabled(log_level::error, "connection"));
  log(log_level::error, "connection", "e", "unheard");
  EXPECT_THAT(lines_, ElementsAre());
}

TEST_F(logging, debug_variable_raises_named_components) {
  set_log_debug("dockhost:connection");
  log(log_level::debug, "connection", "e", "seen");
  log(log_level::debug, "router", "e", "unseen");
  log(log_level::trace, "connection", "e", "too fine");
  set_log_level(log_level::error);
  log(log_level::info, "connection", "e", "seen too");
  EXPECT_THAT(lines_, ElementsAre("seen", "seen too"));
}

TEST(debug_pattern, matches_as_the_original_reads_it) {
  EXPECT_TRUE(debug_matches("dockhost:*", "router"));
  EXPECT_TRUE(debug_matches("*", "router"));
  EXPECT_TRUE(debug_matches("engine dockhost:router", "router"));
  EXPECT_TRUE(debug_matches("dockhost:a,dockhost:rou*", "router"));
  EXPECT_FALSE(debug_matches("dockhost:*,-dockhost:router", "router"));
  EXPECT_FALSE(debug_matches("-dockhost:router,dockhost:*", "router"));
  EXPECT_FALSE(debug_matches("dockhost:rout", "router"));
  EXPECT_FALSE(debug_matches("socket.io:*", "router"));
  EXPECT_FALSE(debug_matches("", "router"));
  EXPECT_FALSE(debug_matches(",, -", "router"));
}

TEST_F(logging, repeated_lines_become_a_count) {
  for (int i = 0; i < 100; ++i) {
    log(log_level::info, "net", "net.refused", "refused", {{"host", "h"}});
  }
  EXPECT_THAT(lines_, ElementsAre("refused host=h"));
  now_ += 5s;
  log(log_level::info, "net", "other", "other");
  EXPECT_THAT(lines_, ElementsAre("refused host=h", "refused host=h x99", "other"));
}

TEST_F(logging, lines_that_differ_in_a_field_are_not_repeated) {
  log(log_level::info, "fleet", "container.created", "created", {{"user", "alice"}});
  log(log_level::info, "fleet", "container.created", "created", {{"user", "bob"}});
  EXPECT_THAT(lines_, ElementsAre("created user=alice", "created user=bob"));
}

TEST_F(logging, a_tick_writes_the_counts_that_are_due) {
  log(log_level::info, "net", "e", "a");
  log(log_level::info, "net", "e", "a");
  flush_log();
  EXPECT_THAT(lines_, ElementsAre("a"));
  now_ += 5s;
  flush_log();
  flush_log();
  EXPECT_THAT(lines_, ElementsAre("a", "a x1"));
}

TEST_F(logging, counts_come_before_the_last_line) {
  log(log_level::info, "net", "e", "a");
  log(log_level::info, "net", "e", "a");
  flush_log(log_counts::all);
  log(log_level::info, "node", "node.stopped", "stopped");
  set_log_sink({});
  EXPECT_THAT(lines_, ElementsAre("a", "a x1", "stopped"));
}

TEST_F(logging, the_end_writes_all_counts) {
  log(log_level::info, "net", "e", "a");
  log(log_level::info, "net", "e", "a");
  set_log_sink({});
  EXPECT_THAT(lines_, ElementsAre("a", "a x1"));
}

TEST_F(logging, the_memory_for_repeats_is_bounded_and_loses_no_count) {
  log(log_level::info, "net", "e", "first");
  log(log_level::info, "net", "e", "first");
  for (int i = 0; i < 100; ++i) {
    log(log_level::info, "net", "e", std::to_string(i));
  }
  EXPECT_EQ(lines_.size(), 102U);
  EXPECT_THAT(lines_, ::testing::Contains("first x1"));
}

TEST_F(logging, the_api_key_never_appears) {
  const std::string key = "eyJhbGciOiJIUzI1NiJ9.e30.c2VjcmV0+/=";
  add_secret(key);
  log(log_level::info, "connection", "e", "refused " + key,
      {{"url", "ws://h/?key=eyJhbGciOiJIUzI1NiJ9.e30.c2VjcmV0%2B%2F%3D"},
       {"lower", "eyJhbGciOiJIUzI1NiJ9.e30.c2VjcmV0%2b%2f%3d"},
       {"twice", key + key},
       {"payload", "{\"DOCKHOST_API_KEY\":\"" + key + "\"}"}});
  ASSERT_EQ(lines_.size(), 1U);
  EXPECT_THAT(lines_[0], Not(HasSubstr("c2VjcmV0")));
  EXPECT_THAT(lines_[0], HasSubstr("refused *** url=ws://h/?key=*** lower=*** twice=******"));
  EXPECT_EQ(redact("the " + key), "the ***");
}

TEST_F(logging, a_secret_cut_by_the_length_limit_stays_hidden) {
  const std::string key = "0123456789-secret-0123456789";
  add_secret(key);
  log(log_level::info, "connection", "e", std::string(2040, 'x') + key);
  EXPECT_THAT(lines_.at(0), Not(HasSubstr("01234567")));
}

TEST(secrets, longer_ones_go_first_and_short_ones_are_words) {
  secret_list secrets;
  EXPECT_FALSE(secrets.add("info"));
  EXPECT_TRUE(secrets.add("abcdefgh"));
  EXPECT_TRUE(secrets.add("abcdefgh-and-more"));
  EXPECT_EQ(secrets.redact("info abcdefgh-and-more abcdefgh"), "info *** ***");
}

TEST_F(logging, control_characters_are_escaped) {
  log(log_level::info, "router", "e", "bad\nname", {{"user", std::string("a\0b\x1b[31m\x7f", 9)}});
  EXPECT_THAT(lines_, ElementsAre("bad\\nname user=a\\x00b\\x1b[31m\\x7f"));
}

TEST(printable, keeps_text_and_escapes_the_rest) {
  EXPECT_EQ(printable("Zoë 日本 🐳", 100), "Zoë 日本 🐳");
  EXPECT_EQ(printable("\xff\xc0\xaf", 100), "\\xff\\xc0\\xaf");
  EXPECT_EQ(printable("\xed\xa0\x80", 100), "\\xed\\xa0\\x80") << "a lone surrogate";
  EXPECT_EQ(printable("\xc2\x9b", 100), "\\x9b") << "a C1 control is a terminal's CSI";
  EXPECT_EQ(printable("\xe2\x80\xae", 100), "\\u202e") << "right-to-left override";
  EXPECT_EQ(printable("\xe6\x97", 100), "\\xe6\\x97") << "cut in the middle";
}

TEST(printable, cuts_between_characters) {
  EXPECT_EQ(printable("日本", 4), "日... (6 bytes)");
  EXPECT_EQ(printable("abc", 3), "abc");
  EXPECT_EQ(printable(std::string(200'000, 'x'), 3), "xxx... (200000 bytes)");
}

TEST_F(logging, many_threads_lose_nothing) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([t] {
      for (int i = 0; i < 250; ++i) {
        log(log_level::info, "net", "e", std::to_string(t * 1000 + i));
      }
    });
  }
  for (auto& each : threads) {
    each.join();
  }
  EXPECT_EQ(lines_.size(), 1000U);
}

TEST(log_level, words) {
  log_level level = log_level::off;
  EXPECT_TRUE(parse_log_level("warn", level));
  EXPECT_EQ(level, log_level::warn);
  EXPECT_FALSE(parse_log_level("warning", level));
  EXPECT_FALSE(parse_log_level("", level));
  EXPECT_EQ(to_string(log_level::trace), "trace");
}

} // namespace
} // namespace dockhost::platform
