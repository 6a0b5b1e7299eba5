// SPDX-License-Identifier: MIT
// Signals, the service manager's socket, small files.
#include "platform/file.hpp"
#include "platform/notify.hpp"
#include "platform/signals.hpp"
#include "platform/unique_fd.hpp"

#include "tests/support/temp_folder.hpp"

#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

namespace dockhost::platform {
namespace {

using namespace std::chrono_literals;
using test::temp_folder;

/// Runs `body` in a process of its own, so that masks and signals stay there.
int in_child(int (*body)()) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(body());
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

TEST(signals, are_waited_for_in_any_thread) {
  EXPECT_EQ(in_child([] {
              block_signals();
              std::thread other([] { ::kill(::getpid(), SIGTERM); });
              const auto got = wait_for_signal(5s);
              other.join();
              return got == SIGTERM ? 0 : 1;
            }),
            0);
}

TEST(signals, that_came_before_are_not_lost) {
  EXPECT_EQ(in_child([] {
              block_signals();
              ::raise(SIGHUP);
              ::raise(SIGINT);
              const auto first = wait_for_signal(0ms);
              const auto second = wait_for_signal(0ms);
              const bool both =
                  (first == SIGHUP && second == SIGINT) || (first == SIGINT && second == SIGHUP);
              return both && !wait_for_signal(1ms) ? 0 : 1;
            }),
            0);
}

TEST(signals, the_wait_ends) {
  EXPECT_EQ(in_child([] {
              block_signals();
              const auto begin = std::chrono::steady_clock::now();
              const auto got = wait_for_signal(30ms);
              return !got && std::chrono::steady_clock::now() - begin >= 30ms ? 0 : 1;
            }),
            0);
}

TEST(signals, a_broken_pipe_is_no_end) {
  EXPECT_EQ(in_child([] {
              block_signals();
              ::raise(SIGPIPE);
              return 0;
            }),
            0);
}

TEST(signals, a_child_can_undo_it) {
  EXPECT_EQ(in_child([] {
              block_signals();
              reset_signals_in_child();
              ::raise(SIGTERM);
              return 0;
            }),
            128 + SIGTERM);
}

class notify_socket : public ::testing::Test {
protected:
  void SetUp() override {
    fd_ = unique_fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const auto path = folder_.file("notify");
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    ASSERT_EQ(::bind(fd_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
  }
  void TearDown() override {
    ::unsetenv("NOTIFY_SOCKET");
    ::unsetenv("WATCHDOG_USEC");
    ::unsetenv("WATCHDOG_PID");
  }

  std::string received() {
    pollfd ready{fd_.get(), POLLIN, 0};
    if (::poll(&ready, 1, 0) != 1) return "nothing";
    std::array<char, 1024> buffer{};
    const auto n = ::recv(fd_.get(), buffer.data(), buffer.size(), 0);
    return {buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(n, 0))};
  }

  temp_folder folder_;
  unique_fd fd_;
};

TEST_F(notify_socket, hears_the_states) {
  notify_ready();
  EXPECT_EQ(received(), "READY=1");
  notify_status("3 containers\nSTOPPING=1");
  EXPECT_EQ(received(), "STATUS=3 containers");
  notify_watchdog();
  EXPECT_EQ(received(), "WATCHDOG=1");
  notify_extend_timeout(2s);
  EXPECT_EQ(received(), "EXTEND_TIMEOUT_USEC=2000000");
  notify_stopping();
  EXPECT_EQ(received(), "STOPPING=1");
  EXPECT_EQ(received(), "nothing");
}

TEST_F(notify_socket, may_be_missing) {
  ::unsetenv("NOTIFY_SOCKET");
  notify_ready();
  EXPECT_EQ(received(), "nothing");
}

TEST_F(notify_socket, watchdog_interval_is_the_managers) {
  EXPECT_EQ(watchdog_interval(), std::nullopt);
  ::setenv("WATCHDOG_USEC", "30000000", 1);
  ::setenv("WATCHDOG_PID", std::to_string(::getpid()).c_str(), 1);
  EXPECT_EQ(watchdog_interval(), std::optional<std::chrono::microseconds>(30s));
  ::setenv("WATCHDOG_PID", "1", 1); // meant for another process
  EXPECT_EQ(watchdog_interval(), std::nullopt);
}

mode_t mode_of(const std::string& path) {
  struct stat info {};
  ::stat(path.c_str(), &info);
  return info.st_mode & 07777;
}

TEST(file, is_replaced_whole) {
  const temp_folder folder;
  const auto path = folder.file("key");
  ASSERT_TRUE(write_file_atomically(path, "one", 0600));
  ASSERT_TRUE(write_file_atomically(path, "two", 0640));
  EXPECT_EQ(*read_file(path), "two");
  EXPECT_EQ(mode_of(path), 0640U);
  int entries = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    entries += entry.exists() ? 1 : 0;
  }
  EXPECT_EQ(entries, 1) << "no temporary file is left";
}

TEST(file, errors_name_the_path_and_the_reason) {
  const temp_folder folder;
  const auto missing = read_file(folder.file("missing"));
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.err().message,
            "cannot read " + folder.file("missing") + ": No such file or directory");
  EXPECT_FALSE(write_file_atomically(folder.file("no/such/folder"), "x", 0600));
  EXPECT_FALSE(read_file(folder.write("big", std::string(100, 'x')), 99));
  EXPECT_TRUE(read_file(folder.file("big"), 100));
  EXPECT_FALSE(read_file(folder.path())) << "a folder is no file";
}

TEST(file, private_directory_is_made_with_its_parents) {
  const temp_folder folder;
  const auto path = folder.file("a/b/c/");
  ASSERT_TRUE(make_private_directory(path));
  EXPECT_EQ(mode_of(path), 0700U);
  EXPECT_TRUE(make_private_directory(path)) << "there already: fine";
  folder.write("plain", "");
  EXPECT_FALSE(make_private_directory(folder.file("plain")));
  EXPECT_FALSE(make_private_directory(folder.file("plain/below")));
  EXPECT_FALSE(make_private_directory(""));
}

TEST(file, a_lock_is_held_until_the_end_of_its_holder) {
  const temp_folder folder;
  const auto path = folder.file("lock");
  {
    const auto first = lock_file(path);
    ASSERT_TRUE(first);
    const auto second = lock_file(path);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.err().code, errc::conflict);
  }
  EXPECT_TRUE(lock_file(path));
  EXPECT_EQ(lock_file(folder.file("no/lock")).err().code, errc::internal);
}

TEST(file, open_to_others_looks_at_group_and_world) {
  const temp_folder folder;
  const auto path = folder.write("key", "k");
  ::chmod(path.c_str(), 0600);
  EXPECT_FALSE(open_to_others(path));
  ::chmod(path.c_str(), 0640);
  EXPECT_TRUE(open_to_others(path));
  EXPECT_FALSE(open_to_others(folder.file("missing")));
}

} // namespace
} // namespace dockhost::platform
