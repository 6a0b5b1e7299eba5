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

struct orders {
  const char* kill = nullptr;
  const char* stop = nullptr;
};

/// Passes points in a process of its own.
template <class Body>
pid_t start_child(const std::string& trace, const orders& given, Body body) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::setenv("DOCKHOST_FAULT_TRACE", trace.c_str(), 1);
    if (given.kill != nullptr) ::setenv("DOCKHOST_FAULT_KILL", given.kill, 1);
    if (given.stop != nullptr) ::setenv("DOCKHOST_FAULT_STOP", given.stop, 1);
    body();
    ::_exit(0);
  }
  return child;
}

/// The same to its end; gives its wait status.
template <class Body>
int in_child(const std::string& trace, const orders& given, Body body) {
  const pid_t child = start_child(trace, given, body);
  int status = 0;
  ::waitpid(child, &status, 0);
  return status;
}

std::string content(const std::string& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

void four_points() {
  fault_point(fault_call::engine_create, fault_side::before);
  fault_point(fault_call::journal_begin, fault_side::before);
  fault_point(fault_call::engine_create, fault_side::after);
  fault_point(fault_call::engine_create, fault_side::before);
}

constexpr auto to_the_second_create = "engine.create.before:1\njournal.begin.before:1\n"
                                      "engine.create.after:1\nengine.create.before:2\n";

TEST(fault_point, traces_each_pass) {
  const temp_folder folder;
  EXPECT_EQ(in_child(folder.file("t"), {}, four_points), 0);
  EXPECT_EQ(content(folder.file("t")), to_the_second_create);
}

TEST(fault_point, kills_at_the_pass) {
  const temp_folder folder;
  const int status = in_child(folder.file("t"), {"engine.create.after:1"}, four_points);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
  EXPECT_EQ(content(folder.file("t")),
            "engine.create.before:1\njournal.begin.before:1\nengine.create.after:1\n");
  EXPECT_EQ(in_child(folder.file("u"), {"engine.create.before:3"}, four_points), 0)
      << "past the end: nothing";
}

TEST(fault_point, halts_at_the_pass_until_it_is_told_to_go_on) {
  const temp_folder folder;
  const pid_t child =
      start_child(folder.file("t"), {nullptr, "journal.begin.before:1"}, four_points);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, WUNTRACED), child);
  EXPECT_TRUE(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
  EXPECT_EQ(content(folder.file("t")), "engine.create.before:1\njournal.begin.before:1\n");
  ::kill(child, SIGCONT);
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(content(folder.file("t")), to_the_second_create);
}

TEST(fault_point, numbers_are_in_order_over_threads) {
  const temp_folder folder;
  EXPECT_EQ(in_child(folder.file("t"), {},
                     [] {
                       std::vector<std::thread> threads;
                       for (int t = 0; t < 4; ++t) {
                         threads.emplace_back([] {
                           for (int i = 0; i < 100; ++i) {
                             fault_point(fault_call::engine_list, fault_side::after);
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
    expected += "engine.list.after:" + std::to_string(i) + "\n";
  }
  EXPECT_EQ(content(folder.file("t")), expected);
}

TEST(fault_point, is_found_by_the_parts_of_its_name) {
  for (std::size_t i = 0; i < fault_call_names.size(); ++i) {
    const auto name = fault_call_names[i];
    const auto dot = name.find('.');
    EXPECT_EQ(fault_call_named(name.substr(0, dot), name.substr(dot + 1)),
              static_cast<fault_call>(i));
  }
  EXPECT_EQ(fault_call_named("engine", "begin"), std::nullopt);
  EXPECT_EQ(fault_call_named("engine", "star"), std::nullopt);
  EXPECT_EQ(fault_call_named("", "engine.start"), std::nullopt);
}

} // namespace
} // namespace dockhost::platform
