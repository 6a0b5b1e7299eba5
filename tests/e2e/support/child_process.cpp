// SPDX-License-Identifier: MIT
#include "tests/e2e/support/child_process.hpp"

#include "tests/e2e/support/eventually.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <stdexcept>

namespace dockhost::e2e {
namespace {

using clock = std::chrono::steady_clock;

int left_ms(clock::time_point end) {
  const auto left = std::chrono::duration_cast<milliseconds>(end - clock::now()).count();
  return static_cast<int>(std::clamp<long long>(left, 0, 60'000));
}

void close_fd(int& fd) {
  if (fd >= 0) ::close(fd);
  fd = -1;
}

std::array<int, 2> make_pipe() {
  std::array<int, 2> ends{-1, -1};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("pipe2 failed");
  return ends;
}

std::vector<std::string> child_environment(const process_options& options) {
  std::vector<std::string> result;
  const auto replaced = [&](std::string_view entry) {
    const std::string_view name = entry.substr(0, entry.find('='));
    return std::ranges::find(options.without, name) != options.without.end() ||
           std::ranges::any_of(options.environment, [&](const auto& e) { return e.first == name; });
  };
  for (char** entry = environ; *entry != nullptr; ++entry)
    if (!replaced(*entry)) result.emplace_back(*entry);
  for (const auto& [name, value] : options.environment)
    result.push_back(name + "=" + value);
  return result;
}

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> result;
  for (auto& s : strings)
    result.push_back(s.data());
  result.push_back(nullptr);
  return result;
}

/// Reads what is there; false at the end of the stream.
bool read_some(int fd, std::string& into) {
  std::array<char, 65536> bytes{};
  const ssize_t n = ::read(fd, bytes.data(), bytes.size());
  if (n > 0) into.append(bytes.data(), static_cast<std::size_t>(n));
  return n > 0 || (n < 0 && errno == EINTR);
}

} // namespace

child_process::child_process(const process_options& options) {
  std::signal(SIGPIPE, SIG_IGN); // a child that has ended must not end the test
  auto argv = options.argv;
  auto environment = child_environment(options);
  auto argv_pointers = pointers(argv);
  auto environment_pointers = pointers(environment);
  const std::string log = options.log.empty() ? "/dev/null" : options.log.string();
  int log_fd = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  int null_fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  std::array<int, 2> in{-1, -1};
  std::array<int, 2> out{-1, -1};
  if (options.control) {
    in = make_pipe();
    out = make_pipe();
  }
  const pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(127);
    std::signal(SIGPIPE, SIG_DFL);
    ::dup2(options.control ? in[0] : null_fd, 0);
    ::dup2(options.control ? out[1] : log_fd, 1);
    ::dup2(log_fd, 2);
    ::execvpe(argv_pointers[0], argv_pointers.data(), environment_pointers.data());
    ::_exit(127);
  }
  close_fd(log_fd);
  close_fd(null_fd);
  close_fd(in[0]);
  close_fd(out[1]);
  in_ = in[1];
  out_ = out[0];
  if (pid_ < 0) throw std::runtime_error("fork failed");
}

child_process::~child_process() {
  signal(SIGKILL);
  wait(milliseconds(10'000));
  close_fd(in_);
  close_fd(out_);
}

void child_process::reap(int status) {
  status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

bool child_process::running() {
  int status = 0;
  if (!status_ && ::waitpid(pid_, &status, WNOHANG) == pid_) reap(status);
  return !status_;
}

bool child_process::stopped() const {
  std::ifstream file("/proc/" + std::to_string(pid_) + "/stat");
  std::string line;
  std::getline(file, line);
  // The third field, behind the name in brackets.
  const auto name_end = line.rfind(')');
  return name_end != std::string::npos && line.substr(name_end, 3) == ") T";
}

void child_process::signal(int number) const {
  if (!status_) ::kill(pid_, number);
}

std::optional<int> child_process::wait(milliseconds timeout) {
  eventually([&] { return !running(); }, timeout, milliseconds(5));
  return status_;
}

bool child_process::write_line(std::string_view line) {
  std::string text(line);
  text += '\n';
  std::string_view rest = text;
  while (!rest.empty()) {
    const ssize_t n = ::write(in_, rest.data(), rest.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return false;
    rest.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

std::optional<std::string> child_process::read_line(milliseconds timeout) {
  const auto end = clock::now() + timeout;
  for (;;) {
    if (const auto newline = buffer_.find('\n'); newline != std::string::npos) {
      std::string line = buffer_.substr(0, newline);
      buffer_.erase(0, newline + 1);
      return line;
    }
    pollfd ready{.fd = out_, .events = POLLIN, .revents = 0};
    const int n = ::poll(&ready, 1, left_ms(end));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0 || !read_some(out_, buffer_)) return std::nullopt;
  }
}

run_result run(std::vector<std::string> argv, milliseconds timeout) {
  // stderr goes through a file without a name: one pipe is enough, and nothing can block.
  std::string name = "/tmp/dockhost-run-XXXXXX";
  int err_fd = ::mkostemp(name.data(), O_CLOEXEC);
  run_result result;
  {
    child_process child(
        {.argv = std::move(argv), .environment = {}, .without = {}, .log = name, .control = true});
    const auto end = clock::now() + timeout;
    while (auto line = child.read_line(milliseconds(left_ms(end)))) {
      result.out += *line;
      result.out += '\n';
    }
    if (const auto status = child.wait(milliseconds(left_ms(end)))) result.status = *status;
  }
  while (read_some(err_fd, result.err)) {
  }
  close_fd(err_fd);
  ::unlink(name.c_str());
  return result;
}

std::string run_ok(std::vector<std::string> argv, milliseconds timeout) {
  std::string words;
  for (const auto& word : argv)
    words += word + " ";
  run_result result = run(std::move(argv), timeout);
  if (result.status != 0)
    throw std::runtime_error(words + "ended with " + std::to_string(result.status) + ": " +
                             result.err + result.out);
  if (!result.out.empty()) result.out.pop_back();
  return result.out;
}

} // namespace dockhost::e2e
