// SPDX-License-Identifier: MIT
#include "core/username.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

namespace dockhost {
namespace {

/// Not SHA-256, but as different for different names as these tests need (FNV-1a, stretched).
std::array<std::uint8_t, 32> fake_hash(std::string_view text) {
  std::array<std::uint8_t, 32> out{};
  std::uint64_t h = 14695981039346656037ULL;
  for (const char c : text)
    h = (h ^ static_cast<std::uint8_t>(c)) * 1099511628211ULL;
  for (auto& byte : out) {
    h = (h ^ (h >> 29)) * 0xbf58476d1ce4e5b9ULL;
    byte = static_cast<std::uint8_t>(h >> 56);
  }
  return out;
}

std::string name_of(std::string_view username, std::string_view prefix = "dockhost-") {
  return container_name(prefix, username, fake_hash);
}

bool engine_takes(std::string_view name) {
  const auto alnum = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  };
  if (name.size() < 2 || !alnum(name.front())) return false;
  for (const char c : name)
    if (!alnum(c) && c != '_' && c != '.' && c != '-') return false;
  return true;
}

bool ends_mapped(std::string_view name) {
  return name.size() > 9 && name[name.size() - 9] == '-' &&
         name.substr(name.size() - 8).find_first_not_of("0123456789abcdef") == name.npos;
}

TEST(username, trouble_row_username) {
  const std::string smiley = "\xf0\x9f\x98\x80";
  std::string sixty_four_smileys;
  for (int i = 0; i < 64; ++i)
    sixty_four_smileys += smiley;
  struct row {
    std::string name;
    bool valid;
  };
  const std::vector<row> rows = {
      {"alice", true},
      {"$(reboot)", true},
      {"; rm -rf / #", true},
      {"`id`|cat>x&", true},
      {"..", true},
      {"../../etc/passwd", true},
      {"a/b", true},
      {"with some spaces", true},
      {"--help", true},
      {"-v", true},
      {"a", true},
      {"j\xc3\xbcrgen", true},
      {"\xe5\xb1\xb1\xe7\x94\xb0", true},
      {smiley, true},
      {"__proto__", true},
      {"constructor", true},
      {std::string(63, 'x'), true},
      {std::string(64, 'x'), true},
      {sixty_four_smileys, true},
      {"", false},
      {std::string(65, 'x'), false},
      {std::string(300, 'x'), false},
      {std::string(200 * 1024, 'x'), false},
      {sixty_four_smileys + "x", false},
      {std::string("a\0b", 3), false},
      {std::string("\0", 1), false},
      {"a\nb", false},
      {"a\tb", false},
      {"a\x7f", false},
      {"a\xc2\x85z", false},       // U+0085
      {"\xff\xfe", false},         // no UTF-8
      {"\xc0\xaf", false},         // overlong
      {"\xed\xa0\x80", false},     // a surrogate
      {"\xf4\x90\x80\x80", false}, // beyond U+10FFFF
      {"cut\xe5\xb1", false},      // cut in two
  };
  for (const auto& r : rows) {
    const auto checked = check_username(r.name);
    EXPECT_EQ(checked.ok(), r.valid) << r.name.substr(0, 80);
    if (!checked.ok()) {
      EXPECT_EQ(checked.err().code, errc::invalid_username);
      EXPECT_LT(checked.err().message.size(), 100U);
      continue;
    }
    for (const char* prefix : {"dockhost-", "x", ""}) {
      const auto name = container_name(prefix, r.name, fake_hash);
      EXPECT_TRUE(engine_takes(name)) << name;
      EXPECT_LE(name.size(), std::string_view(prefix).size() + 63) << name;
      EXPECT_TRUE(name.starts_with(prefix));
    }
  }
}

TEST(username, plain_names_are_used_as_they_are) {
  for (const char* plain : {"alice", "Bob.Smith_2-x", "0", "a.-_", "a-1234567", "a-123456789",
                            "a-1234ABCD", "1234abcd"})
    EXPECT_EQ(name_of(plain), std::string("dockhost-") + plain);
  EXPECT_EQ(name_of(std::string(63, 'x')), "dockhost-" + std::string(63, 'x'));
}

TEST(username, others_are_mapped_readably) {
  EXPECT_TRUE(name_of("a b").starts_with("dockhost-a-b-"));
  EXPECT_TRUE(ends_mapped(name_of("a b")));
  EXPECT_TRUE(name_of("j\xc3\xbcrgen").starts_with("dockhost-j-rgen-"));
  EXPECT_TRUE(name_of("_x").starts_with("dockhost-_x-"));
  EXPECT_TRUE(name_of("--help", "").starts_with("u--help-"));
  EXPECT_EQ(name_of(std::string(64, 'x')).substr(0, 9 + 55),
            "dockhost-" + std::string(54, 'x') + "-");
}

TEST(username, one_letter_with_an_empty_prefix_is_mapped) {
  EXPECT_EQ(name_of("a"), "dockhost-a");
  EXPECT_TRUE(name_of("a", "").starts_with("a-"));
  EXPECT_TRUE(ends_mapped(name_of("a", "")));
  EXPECT_EQ(name_of("ab", ""), "ab");
}

TEST(username, nobody_can_choose_the_name_another_is_mapped_to) {
  for (const char* prefix : {"dockhost-", ""})
    for (const std::string victim : {"a b", "j\xc3\xbcrgen", "x", "--help", "..", "a-b-1234abcd"}) {
      const auto taken = container_name(prefix, victim, fake_hash);
      const auto chosen = taken.substr(std::string_view(prefix).size());
      if (chosen == victim) continue; // a plain name
      EXPECT_NE(container_name(prefix, chosen, fake_hash), taken) << chosen;
    }
  EXPECT_NE(name_of("a-b-1234abcd"), "dockhost-a-b-1234abcd");
}

TEST(username, different_users_never_share_a_container_name) {
  // Every name of up to four characters from an alphabet chosen to clash.
  const std::vector<std::string> letters = {"a", "-", " ", "/", ".", "\xc3\xbc", "_", "1"};
  std::vector<std::string> names = {""};
  for (std::size_t from = 0, round = 0; round < 4; ++round) {
    const auto to = names.size();
    for (; from < to; ++from)
      for (const auto& letter : letters)
        names.push_back(names[from] + letter);
  }
  for (const char* prefix : {"dockhost-", ""}) {
    std::map<std::string, std::string> seen;
    for (const auto& name : names) {
      if (name.empty()) continue;
      const auto [it, fresh] = seen.emplace(container_name(prefix, name, fake_hash), name);
      EXPECT_TRUE(fresh) << name << " and " << it->second;
    }
    EXPECT_EQ(seen.size(), 8U + 64U + 512U + 4096U);
  }
}

TEST(username, trouble_row_reserved_event_names) {
  for (const char* reserved : {"connect",
                               "connect_error",
                               "disconnect",
                               "disconnecting",
                               "newListener",
                               "removeListener",
                               "node-hello",
                               "initial_state",
                               "container_state_change",
                               "container_state_changed",
                               "container_state_changes",
                               "log_update",
                               "log_stream_stopped",
                               "log_gap",
                               "stats_update",
                               "node_state",
                               "heartbeat",
                               "token_expiring",
                               "error",
                               "connection_established",
                               "create-container-response",
                               "start-container-response",
                               "stop-container-response",
                               "delete-container-response",
                               "list-containers-response"})
    EXPECT_TRUE(is_reserved_event(reserved)) << reserved;
  for (const char* free : {"alice", "Connect", "__proto__", "", "start_container", "connecting"})
    EXPECT_FALSE(is_reserved_event(free)) << free;
}

} // namespace
} // namespace dockhost
