// SPDX-License-Identifier: MIT
#include "tests/support/child_process.hpp"

#include "tests/support/await.hpp"

#include <array>
#include <cerrno>
#include <csignal>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace dockhost::test {

child_process::child_process(std::vector<std::string> args,
                             const std::vector<std::string>& more_environment) {
  std::array<int, 2> pipe{-1, -1};
  if (::pipe2(pipe.data(), O_CLOEXEC) != 0) throw std::runtime_error("pipe");
  std::vector<char*> argv;
  for (auto& arg : args)
    argv.push_back(arg.data());
  argv.push_back(nullptr);
  auto extra = more_environment;
  std::vector<char*> environment;
  for (auto& one : extra) // the first of two entries of one name counts
    environment.push_back(one.data());
  for (char** one = environ; *one != nullptr; ++one)
    environment.push_back(*one);
  environment.push_back(nullptr);
  ::posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&actions, pipe[1], 1);
  ::posix_spawn_file_actions_adddup2(&actions, pipe[1], 2);
  const int error =
      ::posix_spawnp(&pid_, argv[0], &actions, nullptr, argv.data(), environment.data());
  ::posix_spawn_file_actions_destroy(&actions);
  ::close(pipe[1]);
  out_ = pipe[0];
  ::fcntl(out_, F_SETFL, O_NONBLOCK);
  if (error != 0) {
    pid_ = -1;
    status_ = 127;
    output_ = args.front() + " could not be started";
  }
}

child_process::~child_process() {
  if (!status_ && pid_ > 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  ::close(out_);
}

void child_process::signal(int number) {
  if (!status_ && pid_ > 0) ::kill(pid_, number);
}

void child_process::drain() {
  std::array<char, 4096> buffer;
  for (;;) {
    const auto n = ::read(out_, buffer.data(), buffer.size());
    if (n <= 0) return;
    output_.append(buffer.data(), static_cast<std::size_t>(n));
  }
}

std::optional<int> child_process::wait(std::chrono::milliseconds limit) {
  eventually(
      [&] {
        drain();
        if (status_) return true;
        int status = 0;
        if (::waitpid(pid_, &status, WNOHANG) != pid_) return false;
        status_ = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
        drain();
        return true;
      },
      limit);
  return status_;
}

std::string child_process::output() {
  drain();
  return output_;
}

finished run_program(std::vector<std::string> args, std::chrono::milliseconds limit) {
  const auto name = args.front();
  child_process child(std::move(args));
  const auto status = child.wait(limit);
  if (!status) throw std::runtime_error(name + " did not end in time: " + child.output());
  return {*status, child.output()};
}

} // namespace dockhost::test
