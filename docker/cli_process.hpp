// SPDX-License-Identifier: MIT
// Runs the docker program: an argument vector and never a shell, bounded output, a deadline that
// ends the process by its pid.
#pragma once

#include "docker/engine.hpp"

#include <optional>

namespace dockhost::docker {

struct process_request {
  std::vector<std::string> args;
  std::string input;                                      ///< its stdin; empty: /dev/null
  std::size_t max_output = std::size_t{64} * 1024 * 1024; ///< of stdout; more ends it: `failed`
  /// Gets stdout as it comes, instead of `process_result::out`.
  std::function<void(std::string_view)> on_output;
  /// The same for stderr, instead of `process_result::err`.
  std::function<void(std::string_view)> on_error_output;
  /// When it is to be ended; none: never.
  std::optional<std::chrono::steady_clock::time_point> deadline;
  /// Ended when it has written nothing for so long; zero: never.
  std::chrono::milliseconds stall{0};
};

struct process_result {
  int exit_code = 0; ///< 128 + n when a signal n ended it
  std::string out;
  std::string err; ///< the first 64 KiB
};

/// unreachable: the program is missing. timeout. failed: too much output, too many waiting.
using process_done = std::function<void(engine_result<process_result>)>;

/// Destroying it ends the process, whose `fn` is not called then.
class held_process {
public:
  virtual ~held_process() = default;
  /// Reads no more of its output, or goes on; the process itself then waits in its writes. Safe
  /// from any thread.
  virtual void pause(bool on) = 0;
};

class process_runner {
public:
  /// `program` is looked up in PATH when it has no slash. `common` stands before the arguments of
  /// every request. Of this process's environment, `hidden` variables are not passed on.
  process_runner(std::string program, std::vector<std::string> common,
                 std::vector<std::string> hidden);
  /// Ends every process and its callbacks.
  ~process_runner();
  process_runner(const process_runner&) = delete;
  process_runner& operator=(const process_runner&) = delete;

  /// `fn` runs once, on the runner's thread. At most 16 processes run at once (those with
  /// `on_output` don't count), more wait in order.
  void run(process_request request, process_done fn);
  /// The same, as long as somebody holds what it returns.
  [[nodiscard]] std::shared_ptr<held_process> run_held(process_request request, process_done fn);

  /// Runs `fn` on the runner's thread.
  void post(std::function<void()> fn);

private:
  struct impl;
  std::shared_ptr<impl> impl_;
};

} // namespace dockhost::docker
