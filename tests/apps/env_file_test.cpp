// SPDX-License-Identifier: MIT
#include "apps/config_env.hpp"
#include "apps/env_file.hpp"
#include "platform/file.hpp"

#include <string>

#include <gtest/gtest.h>

namespace dockhost::apps {
namespace {

/// "NAME=value" of each line, "!LINE" of each error.
std::vector<std::string> parsed(std::string_view text) {
  const auto content = parse_env_file(text);
  std::vector<std::string> out;
  for (const auto& each : content.lines) {
    out.push_back(each.name + "=" + each.value);
  }
  for (const auto& [line, message] : content.errors) {
    out.push_back("!" + std::to_string(line));
  }
  return out;
}

using lines = std::vector<std::string>;

TEST(env_file, plain_lines) {
  EXPECT_EQ(parsed("A=1\nB = two words  \r\n\n  # comment\nexport C=3\nD=\n"),
            (lines{"A=1", "B=two words", "C=3", "D="}));
  EXPECT_EQ(parsed("\xef\xbb\xbf"
                   "A=1"),
            (lines{"A=1"}));
  EXPECT_EQ(parsed("export=1"), (lines{"export=1"}));
}

TEST(env_file, comments_in_values_need_a_blank_before) {
  EXPECT_EQ(parsed("A=x # c\nB=x#y\nC=# c\nD=\"x # y\" # c\nE='x' #\n"),
            (lines{"A=x", "B=x#y", "C=", "D=x # y", "E=x"}));
}

TEST(env_file, quotes) {
  EXPECT_EQ(parsed(R"(A='$HOME \n "x"')"), (lines{R"(A=$HOME \n "x")"}));
  EXPECT_EQ(parsed(R"(A="a\nb\t\"\\\$x\q")"), (lines{"A=a\nb\t\"\\$x\\q"}));
}

TEST(env_file, nothing_is_expanded) {
  EXPECT_EQ(parsed("A=$HOME\nB=\"${HOME} `id` $(id)\"\n"),
            (lines{"A=$HOME", "B=${HOME} `id` $(id)"}));
}

TEST(env_file, errors_have_their_line) {
  EXPECT_EQ(parsed("A=1\nnonsense\n=2\n1A=3\nB=\"open\nC='x' y\nexport\nD=4\n"),
            (lines{"A=1", "D=4", "!2", "!3", "!4", "!5", "!6", "!7"}));
}

TEST(env_file, example_is_sound_and_names_the_documented_variables) {
  const auto text = platform::read_file(DOCKHOST_SOURCE_DIR "/conf/.env.example");
  ASSERT_TRUE(text);
  const auto content = parse_env_file(*text);
  EXPECT_TRUE(content.errors.empty());
  std::vector<std::string> names;
  for (const auto& each : content.lines) {
    names.push_back(each.name);
  }
  EXPECT_EQ(names, (lines{"DOCKHOST_API_KEY", "MAIN_SERVER_BACKEND_URL"}));
}

} // namespace
} // namespace dockhost::apps
