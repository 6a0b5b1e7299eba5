// SPDX-License-Identifier: MIT
// Child processes of a test, known by pid, that never outlive it.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dockhost::e2e {

using std::chrono::milliseconds;

struct process_options {
  std::vector<std::string> argv;                                ///< found by PATH
  std::vector<std::pair<std::string, std::string>> environment; ///< added to ours
  std::vector<std::string> without;                             ///< variables the child doesn't get
  std::filesystem::path log; ///< stderr (and stdout, unless piped) go to its end
  bool control = false;      ///< stdin and stdout are pipes of lines
};

/// Killed (SIGKILL) and reaped by the destructor; the kernel kills it when the test's process dies.
class child_process {
public:
  explicit child_process(const process_options& options); ///< throws std::runtime_error
  ~child_process();
  child_process(const child_process&) = delete;
  child_process& operator=(const child_process&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] bool running();
  /// Whether it has been halted (SIGSTOP) and not yet told to go on.
  [[nodiscard]] bool stopped() const;
  void signal(int number) const; ///< nothing when it has ended
  /// The exit status (128 + signal when one ended it), or nothing when the deadline came first.
  std::optional<int> wait(milliseconds timeout);

  /// With `control` only. False when the child reads no more.
  bool write_line(std::string_view line);
  /// The next line of stdout without its newline; nothing at the deadline or the end of output.
  std::optional<std::string> read_line(milliseconds timeout);

private:
  void reap(int status);

  pid_t pid_ = -1;
  int in_ = -1;
  int out_ = -1;
  std::string buffer_;
  std::optional<int> status_;
};

struct run_result {
  int status = -1; ///< as child_process::wait; -1: the deadline ended it
  std::string out;
  std::string err;
};

/// Runs a program to its end, without a shell.
run_result run(std::vector<std::string> argv, milliseconds timeout = milliseconds(30'000));

/// The same; throws with the program's stderr unless it exits with 0. Gives stdout without the
/// last newline.
std::string run_ok(std::vector<std::string> argv, milliseconds timeout = milliseconds(30'000));

} // namespace dockhost::e2e
