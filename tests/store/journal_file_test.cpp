// SPDX-License-Identifier: MIT
// The journal's file: crashes, damage, full disks, older schemas.
#include "store/journal.hpp"

#include <array>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace dockhost::store {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

journal_entry entry(int number) {
  journal_entry e;
  e.op_id = "op-" + std::to_string(number);
  e.event = "create-container";
  e.username = "user";
  e.payload = R"({"username":"user","sshPublicKey":"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI"})";
  e.begun_ms = number;
  return e;
}

class journal_file : public ::testing::Test {
protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "dockhost-journal-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    path_ = folder_ / "journal.db";
  }
  void TearDown() override {
    fs::permissions(folder_, fs::perms::owner_all);
    fs::remove_all(folder_);
  }

  std::unique_ptr<journal> open(const journal_limits& limits = {}) {
    auto opened = journal::open(path_, limits);
    EXPECT_TRUE(opened) << opened.err().message;
    return opened ? std::move(opened).value() : nullptr;
  }
  void sql(const char* text) {
    sqlite3* db = nullptr;
    ASSERT_EQ(sqlite3_open(path_.c_str(), &db), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(db, text, nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(db);
    sqlite3_close(db);
  }
  void overwrite(std::streamoff offset, const std::string& bytes) {
    std::fstream file(path_, std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(offset);
    file << bytes;
  }
  [[nodiscard]] std::vector<fs::path> set_aside() const {
    std::vector<fs::path> out;
    for (const auto& each : fs::directory_iterator(folder_)) {
      if (each.path().filename().string().starts_with("journal.db.corrupt-")) {
        out.push_back(each.path());
      }
    }
    return out;
  }

  fs::path folder_;
  std::string path_;
};

TEST_F(journal_file, is_kept_over_a_reopen) {
  {
    auto j = open();
    ASSERT_TRUE(j->begin(entry(1)));
    ASSERT_TRUE(j->set_quarantine(3000, 5));
  }
  auto j = open();
  EXPECT_EQ(j->load()->size(), 1U);
  EXPECT_EQ(j->quarantines()->size(), 1U);
  EXPECT_EQ(j->note(), "");
}

TEST_F(journal_file, is_readable_by_its_owner_alone) {
  auto j = open();
  ASSERT_TRUE(j->begin(entry(1)));
  for (const char* suffix : {"", "-wal", "-shm"}) {
    struct stat info {};
    ASSERT_EQ(::stat((path_ + suffix).c_str(), &info), 0) << suffix;
    EXPECT_EQ(info.st_mode & 0777, 0600U) << suffix;
  }
}

TEST_F(journal_file, every_confirmed_write_survives_a_killed_writer) {
  for (int round = 0; round < 5; ++round) {
    std::array<int, 2> ends{};
    ASSERT_EQ(::pipe(ends.data()), 0);
    const pid_t child = ::fork();
    if (child == 0) {
      auto j = journal::open(path_);
      for (int i = 0;; ++i) {
        const bool ok = j && (*j)->begin(entry(round * 1'000'000 + i)) &&
                        (*j)->answer(entry(round * 1'000'000 + i).op_id, "{}", true, i);
        const char byte = ok ? 'y' : 'n';
        if (::write(ends[1], &byte, 1) != 1) ::_exit(1);
      }
    }
    ::close(ends[1]);
    std::string confirmed;
    while (confirmed.size() < 50U + static_cast<unsigned>(round) * 37U) {
      std::array<char, 16> bytes{};
      const auto n = ::read(ends[0], bytes.data(), bytes.size());
      ASSERT_GT(n, 0);
      confirmed.append(bytes.data(), static_cast<std::size_t>(n));
    }
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    std::array<char, 4096> rest{};
    for (ssize_t n = 0; (n = ::read(ends[0], rest.data(), rest.size())) > 0;) {
      confirmed.append(rest.data(), static_cast<std::size_t>(n));
    }
    ::close(ends[0]);
    ASSERT_EQ(confirmed.find('n'), std::string::npos);

    auto j = open();
    EXPECT_EQ(j->note(), "");
    std::size_t answered = 0;
    const auto all = j->load();
    for (const auto& e : all.value()) {
      answered += e.begun_ms >= round * 1'000'000 && !e.answer.empty() ? 1U : 0U;
    }
    EXPECT_GE(answered, confirmed.size());
  }
}

TEST_F(journal_file, garbage_is_set_aside) {
  std::ofstream(path_) << "this is no database at all, but long enough to look at, as they say";
  auto j = open();
  EXPECT_THAT(j->note(), HasSubstr("set aside as " + path_ + ".corrupt-"));
  ASSERT_EQ(set_aside().size(), 1U);
  EXPECT_TRUE(j->begin(entry(1)));
}

TEST_F(journal_file, a_damaged_page_is_set_aside) {
  {
    auto j = open();
    for (int i = 0; i < 500; ++i) {
      ASSERT_TRUE(j->begin(entry(i)));
    }
  }
  overwrite(2 * 4096, std::string(8 * 4096, '\x5a'));
  auto j = open();
  EXPECT_THAT(j->note(), HasSubstr("corrupt-"));
  EXPECT_EQ(j->load()->size(), 0U);
  j.reset();
  EXPECT_EQ(open()->note(), "") << "the new file is sound";
}

TEST_F(journal_file, a_second_damaged_file_does_not_replace_the_first) {
  for (int i = 0; i < 2; ++i) {
    std::ofstream(path_) << std::string(5000, 'x');
    EXPECT_NE(open()->note(), "");
    for (const char* suffix : {"", "-wal", "-shm"}) {
      fs::remove(path_ + suffix);
    }
  }
  EXPECT_EQ(set_aside().size(), 2U);
}

TEST_F(journal_file, an_older_schema_is_brought_up_to_date) {
  { open(); }
  sql("DROP TABLE quarantine; PRAGMA user_version=1;"
      "INSERT INTO requests (op_id, request_id, event, username, payload_digest, payload, dialect,"
      " wants_ack, answer, undelivered, begun_ms, answered_ms)"
      " VALUES ('old','','e','u','','{}','v2',0,'',0,1,0)");
  auto j = open();
  EXPECT_EQ(j->note(), "");
  EXPECT_EQ(j->load()->at(0).op_id, "old");
  EXPECT_TRUE(j->set_quarantine(3000, 1));
  j.reset();
  EXPECT_EQ(open()->quarantines()->size(), 1U);
}

TEST_F(journal_file, a_newer_schema_is_left_alone) {
  { open(); }
  sql("PRAGMA user_version=99");
  const auto opened = journal::open(path_);
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.err().message, HasSubstr("newer version"));
  EXPECT_TRUE(set_aside().empty());
}

TEST_F(journal_file, a_full_disk_is_an_error_and_mends_itself) {
  auto j = open({.max_bytes = 30 * 4096});
  int written = 0;
  result<unit> last = unit{};
  while (written < 100'000 && (last = j->begin(entry(written)))) {
    ++written;
  }
  ASSERT_FALSE(last);
  EXPECT_THAT(last.err().message, HasSubstr("full"));
  EXPECT_EQ(j->load()->size(), static_cast<std::size_t>(written));
  for (int i = 0; i < written; ++i) {
    ASSERT_TRUE(j->forget(entry(i).op_id)) << "deletes must work on a full disk";
  }
  EXPECT_TRUE(j->begin(entry(0)));
}

TEST_F(journal_file, a_folder_that_cannot_be_written_is_an_error) {
  const auto missing = journal::open((folder_ / "no" / "journal.db").string());
  ASSERT_FALSE(missing);
  EXPECT_THAT(missing.err().message, HasSubstr("unable to open"));
  EXPECT_FALSE(journal::open("/proc/journal.db"));
}

TEST_F(journal_file, a_read_only_folder_is_an_error) {
  const pid_t child = ::fork();
  if (child == 0) { // root may write anywhere: try as somebody else
    ::chmod(folder_.c_str(), 0555);
    if (::geteuid() == 0 && ::setuid(65534) != 0) ::_exit(2);
    ::_exit(journal::open(path_) ? 1 : 0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
}

TEST_F(journal_file, ten_thousand_entries_are_no_burden) {
  auto j = open();
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < 10'000; ++i) {
    ASSERT_TRUE(j->begin(entry(i)));
    ASSERT_TRUE(j->answer(entry(i).op_id, "{}", false, i));
  }
  j = nullptr;
  j = open();
  ASSERT_EQ(j->load()->size(), 10'000U);
  ASSERT_TRUE(j->purge(5'000));
  EXPECT_EQ(j->load()->size(), 5'000U);
  // A wide bound: it fails for a write that waits for the disk each time, not for a busy machine.
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(60));
}

} // namespace
} // namespace dockhost::store
