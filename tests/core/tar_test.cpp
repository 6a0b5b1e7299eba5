// SPDX-License-Identifier: MIT
#include "core/tar.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <random>
#include <string>
#include <vector>

namespace dockhost {
namespace {

constexpr std::size_t block = 512;

/// Puts the right checksum into the header at `at`, so that a test can change one field of it.
void seal(std::string& archive, std::size_t at = 0) {
  for (std::size_t i = 148; i < 156; ++i)
    archive[at + i] = ' ';
  unsigned sum = 0;
  for (std::size_t i = 0; i < block; ++i)
    sum += static_cast<std::uint8_t>(archive[at + i]);
  std::snprintf(&archive[at + 148], 8, "%06o", sum);
}

std::string one_file(std::string_view name, std::string_view content) {
  tar_writer out(7);
  EXPECT_TRUE(out.add_file(name, 0644, content));
  return out.finish();
}

/// An entry whose type flag the writer does not make.
std::string entry_of_type(char flag, std::string_view content) {
  auto archive = one_file("x", content);
  archive[156] = flag;
  seal(archive);
  archive.resize(archive.size() - 2 * block);
  return archive;
}

TEST(tar, what_is_written_is_read_again) {
  tar_writer out(1'700'000'000);
  EXPECT_TRUE(out.add_directory("root/.ssh", 0700));
  EXPECT_TRUE(out.add_file("root/.ssh/authorized_keys", 0600, "one line\n"));
  EXPECT_TRUE(out.add_file("empty", 0644, ""));
  EXPECT_TRUE(out.add_file("exact", 0755, std::string(block, 'e')));
  const auto archive = out.finish();
  EXPECT_EQ(archive.size() % block, 0U);

  tar_reader in(archive);
  auto entry = in.next();
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->name, "root/.ssh");
  EXPECT_EQ(entry->type, tar_type::directory);
  EXPECT_EQ(entry->mode, 0700U);
  entry = in.next();
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->name, "root/.ssh/authorized_keys");
  EXPECT_EQ(entry->type, tar_type::file);
  EXPECT_EQ(entry->mode, 0600U);
  EXPECT_EQ(entry->uid, 0U);
  EXPECT_EQ(entry->gid, 0U);
  EXPECT_EQ(entry->mtime, 1'700'000'000);
  EXPECT_EQ(entry->content, "one line\n");
  EXPECT_EQ(in.next()->content, "");
  EXPECT_EQ(in.next()->content, std::string(block, 'e'));
  EXPECT_FALSE(in.next());
  EXPECT_FALSE(in.next());
  EXPECT_EQ(find_file(archive, "/root/.ssh/authorized_keys"), "one line\n");
  EXPECT_FALSE(find_file(archive, "authorized_keys"));
  EXPECT_FALSE(find_file(archive, "root/.ssh"));
}

TEST(tar, long_paths_use_the_prefix_or_are_refused) {
  const std::string folder(120, 'd');
  const std::string name(90, 'n');
  const auto archive = one_file(folder + "/" + name, "long");
  EXPECT_EQ(find_file(archive, folder + "/" + name), "long");
  EXPECT_TRUE(tar_writer(0).add_file(std::string(100, 'n'), 0644, ""));
  EXPECT_FALSE(tar_writer(0).add_file(std::string(101, 'n'), 0644, ""));
  EXPECT_FALSE(
      tar_writer(0).add_file(std::string(156, 'd') + "/x" + std::string(99, 'n'), 0644, ""));
  EXPECT_FALSE(tar_writer(0).add_file("", 0644, ""));
  EXPECT_FALSE(tar_writer(0).add_file(std::string_view("a\0b", 3), 0644, ""));
  EXPECT_FALSE(tar_writer(0).add_file("folder/", 0644, ""));
}

TEST(tar, reads_pax_and_gnu_headers) {
  const auto plain = one_file("short", "content");
  EXPECT_EQ(find_file(entry_of_type('x', "22 path=etc/from-pax\n") + plain, "etc/from-pax"),
            std::nullopt);
  EXPECT_EQ(find_file(entry_of_type('x', "21 path=etc/from-pax\n") + plain, "etc/from-pax"),
            "content");
  EXPECT_EQ(find_file(entry_of_type('x', "11 size=3\n") + plain, "short"), std::nullopt);
  EXPECT_EQ(find_file(entry_of_type('x', "10 size=3\n") + plain, "short"), "con");
  EXPECT_EQ(find_file(entry_of_type('g', "comment") + plain, "short"), "content");
  EXPECT_EQ(find_file(entry_of_type('L', std::string("a/gnu/name\0", 11)) + plain, "a/gnu/name"),
            "content");
  auto dotted = one_file("./etc/ssh/sshd_config", "Port 22\n");
  EXPECT_EQ(find_file(dotted, "etc/ssh/sshd_config"), "Port 22\n");
  auto base256 = plain;
  for (std::size_t i = 124; i < 136; ++i)
    base256[i] = '\0';
  base256[124] = '\x80';
  base256[135] = '\x07';
  seal(base256);
  EXPECT_EQ(find_file(base256, "short"), "content");
}

TEST(tar, a_symlink_is_no_file) {
  auto archive = one_file("sshd_config", "");
  archive[156] = '2';
  archive.replace(157, 11, "/etc/shadow");
  seal(archive);
  EXPECT_FALSE(find_file(archive, "sshd_config"));
  tar_reader in(archive);
  const auto entry = in.next();
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->type, tar_type::symlink);
  EXPECT_EQ(entry->link_target, "/etc/shadow");
}

TEST(tar, hostile_archives_end_the_walk) {
  const auto good = one_file("f", "content");
  EXPECT_FALSE(find_file("", "f"));
  EXPECT_FALSE(find_file(good.substr(0, block - 1), "f"));
  EXPECT_FALSE(find_file(good.substr(0, block + 3), "f"));         // content cut short
  EXPECT_EQ(find_file(good.substr(0, block + 7), "f"), "content"); // only the padding is missing
  auto wrong_sum = good;
  wrong_sum[0] = 'g';
  EXPECT_FALSE(find_file(wrong_sum, "g"));
  const auto with_size = [&](std::string_view size) {
    auto archive = good;
    archive.replace(124, 12, std::string(size) + std::string(12 - size.size(), '\0'));
    seal(archive);
    return archive;
  };
  EXPECT_FALSE(find_file(with_size("77777777777"), "f"));
  EXPECT_FALSE(find_file(with_size("777777777777"), "f"));
  EXPECT_FALSE(find_file(with_size("9"), "f"));
  EXPECT_FALSE(find_file(with_size("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"), "f"));
  EXPECT_FALSE(find_file(with_size("\x80\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"), "f"));
  for (const char* pax :
       {"0 a=b\n", "4\n", "999999999999999999 a=b\n", "99999999999999999999 a=b\n", "6 a=bc",
        "-1 a=b\n", "7 size=\n", "x", " =\n", "2 \n", "28 size=18446744073709551615\n"})
    EXPECT_FALSE(find_file(entry_of_type('x', pax) + good, "f")) << pax;
}

TEST(tar, random_damage_never_reads_out_of_bounds) {
  const auto seed = std::random_device{}();
  RecordProperty("seed", std::to_string(seed));
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  const auto good = entry_of_type('x', "21 path=etc/from-pax\n") + one_file("f", "content");
  for (int round = 0; round < 20'000; ++round) {
    auto damaged = good.substr(0, random() % (good.size() + 1));
    for (int i = 0; i < 3 && !damaged.empty(); ++i)
      damaged[random() % damaged.size()] = static_cast<char>(random());
    for (const std::size_t at : {std::size_t{0}, 2 * block})
      if (round % 2 == 0 && damaged.size() >= at + block) seal(damaged, at);
    // A copy of exact size, so that a sanitizer sees one byte too many.
    const std::vector<char> exact(damaged.begin(), damaged.end());
    const std::string_view view(exact.data(), exact.size());
    tar_reader in(view);
    int entries = 0;
    while (const auto entry = in.next()) {
      ++entries;
      if (!entry->content.empty()) {
        EXPECT_GE(entry->content.data(), view.data());
        EXPECT_LE(entry->content.data() + entry->content.size(), view.data() + view.size());
      }
    }
    EXPECT_LE(entries, 5);
  }
}

} // namespace
} // namespace dockhost
