// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace dockhost::test {

/// A program that the test runs, found in PATH; its stdout and stderr are collected. Signals go to
/// its pid, and it is killed and reaped at the end of this object.
class child_process {
public:
  explicit child_process(std::vector<std::string> args,
                         const std::vector<std::string>& more_environment = {});
  ~child_process();
  child_process(const child_process&) = delete;
  child_process& operator=(const child_process&) = delete;

  [[nodiscard]] ::pid_t pid() const { return pid_; }
  void signal(int number);
  /// Its exit status (128 + n after signal n), or nullopt when it still runs then.
  std::optional<int> wait(std::chrono::milliseconds limit);
  /// What it has written, whole once it was waited for.
  [[nodiscard]] std::string output();

private:
  void drain();

  ::pid_t pid_ = -1;
  int out_ = -1;
  std::string output_;
  std::optional<int> status_;
};

struct finished {
  int status = -1;
  std::string output;
};
/// Runs a program to its end; throws when it takes longer than `limit`.
finished run_program(std::vector<std::string> args,
                     std::chrono::milliseconds limit = std::chrono::seconds(60));

} // namespace dockhost::test
