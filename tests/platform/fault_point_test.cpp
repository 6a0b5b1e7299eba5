// SPDX-License-Identifier: MIT
#include "platform/fault_point.hpp"

#include "tests/support/temp_folder.hpp"

#include <csignal>
#include <cstdlib>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

namespace dockhost::platform {
namespace {

using test::temp_folder;

/// Passes points in a process of its own; gives its wait status.
template <class Body>
int in_child(const std::string& trace, const char* kill_at, Body body) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::setenv("DOCKHOST_FAULT_TRACE", trace.c_str(), 1);
    if (kill_at != nullptr) ::setenv("DOCKHOST_FAULT_KILL", kill_at, 1);
    body();
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return status;
}

std::string content(const std::string& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

void three_points() {
  fault_point("engine.create");
  fault_point("journal.begin");
  fault_point("engine.create");
}

TEST(fault_point, traces_each_pass) {
  const temp_folder folder;
  EXPECT_EQ(in_child(folder.file("t"), nullptr, three_points), 0);
  EXPECT_EQ(content(folder.file("t")), "1 engine.create\n2 journal.begin\n3 engine.create\n");
}

TEST(fault_point, kills_at_the_nth_pass) {
  const temp_folder folder;
  const int status = in_child(folder.file("t"), "2", three_points);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
  EXPECT_EQ(content(folder.file("t")), "1 engine.create\n2 journal.begin\n");
  EXPECT_EQ(in_child(folder.file("u"), "4", three_points), 0) << "past the end: nothing";
}

TEST(fault_point, numbers_are_in_order_over_threads) {
  const temp_folder folder;
  EXPECT_EQ(in_child(folder.file("t"), nullptr,
                     [] {
                       std::vector<std::thread> threads;
                       for (int t = 0; t < 4; ++t) {
                         threads.emplace_back([] {
                           for (int i = 0; i < 100; ++i) {
                             fault_point("p");
                           }
                         });
                       }
                       for (auto& each : threads) {
                         each.join();
                       }
                     }),
            0);
  std::string expected;
  for (int i = 1; i <= 400; ++i) {
    expected += std::to_string(i) + " p\n";
  }
  EXPECT_EQ(content(folder.file("t")), expected);
}

} // namespace
} // namespace dockhost::platform
