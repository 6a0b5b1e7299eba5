// SPDX-License-Identifier: MIT
#include "docker/cli_process.hpp"

#include <boost/asio/dispatch.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/process/args.hpp>
#include <boost/process/child.hpp>
#include <boost/process/env.hpp>
#include <boost/process/environment.hpp>
#include <boost/process/error.hpp>
#include <boost/process/exe.hpp>
#include <boost/process/extend.hpp>
#include <boost/process/posix.hpp>
#include <boost/process/search_path.hpp>

#include <fcntl.h>
#include <linux/close_range.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <deque>
#include <future>
#include <set>
#include <thread>

namespace dockhost::docker {
namespace {

namespace asio = boost::asio;
namespace bp = boost::process;
using boost::system::error_code;
using stream = asio::posix::stream_descriptor;

constexpr std::size_t most_at_once = 16;
constexpr std::size_t most_waiting = 4096;
constexpr std::size_t max_stderr = 64 * 1024;
/// Output that comes after the exit, from a grandchild that still holds the pipe.
constexpr std::chrono::seconds drain_time{1};

/// A descriptor that no child inherits by accident, and that is none of 0, 1, 2.
class fd_holder {
public:
  explicit fd_holder(int fd) {
    fd_ = fd >= 0 && fd < 3 ? ::fcntl(fd, F_DUPFD_CLOEXEC, 3) : fd;
    if (fd_ != fd) ::close(fd);
  }
  ~fd_holder() {
    if (fd_ >= 0) ::close(fd_);
  }
  fd_holder(const fd_holder&) = delete;
  fd_holder& operator=(const fd_holder&) = delete;
  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] int release() { return std::exchange(fd_, -1); }

private:
  int fd_ = -1;
};

struct pipe_ends {
  explicit pipe_ends(std::array<int, 2> fds) : read(fds[0]), write(fds[1]) {}
  static std::array<int, 2> open() {
    std::array<int, 2> fds{-1, -1};
    if (::pipe2(fds.data(), O_CLOEXEC) != 0) fds = {-1, -1};
    return fds;
  }
  [[nodiscard]] bool ok() const { return read.get() >= 0 && write.get() >= 0; }
  fd_holder read;
  fd_holder write;
};

/// In the child, between fork and exec: only calls that are safe there.
void prepare_child() {
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  for (int signal = 1; signal < NSIG; ++signal)
    if (signal != SIGKILL && signal != SIGSTOP) ::signal(signal, SIG_DFL);
  ::setpgid(0, 0);                    // a Ctrl-C at our terminal is ours to handle
  ::prctl(PR_SET_PDEATHSIG, SIGKILL); // nobody reads the answer any more
  ::syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC);
}

engine_error failed(std::string message) {
  return {engine_errc::failed, std::move(message)};
}

} // namespace

struct process_runner::impl {
  impl(std::string program, std::vector<std::string> common_args,
       const std::vector<std::string>& hidden)
      : program_name(std::move(program)), common(std::move(common_args)),
        environment(boost::this_process::environment()), guard(asio::make_work_guard(io)) {
    for (const auto& name : hidden)
      environment.erase(name);
  }

  struct job;

  void submit(std::shared_ptr<job> work);
  void next();
  void gone(const std::shared_ptr<job>& work);
  void shut();
  [[nodiscard]] std::string path() const {
    if (program_name.find('/') != program_name.npos) return program_name;
    return bp::search_path(program_name).string();
  }

  const std::string program_name;
  const std::vector<std::string> common;
  bp::environment environment;
  asio::io_context io{1};
  asio::executor_work_guard<asio::io_context::executor_type> guard;
  std::thread thread;
  std::promise<void> finished;
  // Of the thread alone:
  std::deque<std::shared_ptr<job>> waiting;
  std::set<std::shared_ptr<job>> running;
  std::size_t counted = 0; ///< running ones that take a place
  bool closing = false;
};

struct process_runner::impl::job : std::enable_shared_from_this<job> {
  job(impl& runner, process_request what, process_done fn)
      : owner(runner), request(std::move(what)), done(std::move(fn)), in(runner.io), out(runner.io),
        err(runner.io), exit(runner.io), deadline(runner.io), stall(runner.io), drain(runner.io) {}

  void start();
  bool spawn(std::string& problem);
  void read_out();
  void read_err();
  void pause(bool on);
  void await_exit();
  void await_drain();
  void await_deadline();
  void moved();
  void write_input();
  void check_done();
  /// Answers, and ends the process if it still runs.
  void end(std::optional<engine_error> verdict);
  void answer(engine_result<process_result> what) {
    if (auto fn = std::exchange(done, nullptr)) fn(std::move(what));
  }

  impl& owner;
  process_request request;
  process_done done;
  stream in, out, err, exit;
  asio::steady_timer deadline, stall, drain;
  std::array<char, 16 * 1024> out_buffer;
  std::array<char, 4 * 1024> err_buffer;
  process_result result;
  ::pid_t pid = -1;
  bool exited = false;
  bool out_open = false;
  bool err_open = false;
  bool takes_place = false;
  bool over = false;
  bool paused = false;
  bool out_waits = false; ///< to be read when the pause is over
  bool err_waits = false;
};

namespace {

/// Ends the job when nobody holds it any more.
template <class Runner, class Job>
class job_holder final : public held_process {
public:
  job_holder(std::weak_ptr<Runner> runner, std::weak_ptr<Job> job)
      : runner_(std::move(runner)), job_(std::move(job)) {}
  ~job_holder() override {
    on_runner([](Job& job) {
      job.done = nullptr;
      job.end(engine_error{engine_errc::unreachable, "nobody listens any more"});
    });
  }
  job_holder(const job_holder&) = delete;
  job_holder& operator=(const job_holder&) = delete;
  void pause(bool on) override {
    on_runner([on](Job& job) { job.pause(on); });
  }

private:
  template <class Fn>
  void on_runner(Fn fn) {
    const auto runner = runner_.lock(); // it may be gone before the holder is
    if (!runner) return;
    asio::dispatch(runner->io, [weak = job_, fn] {
      if (const auto still = weak.lock()) fn(*still);
    });
  }

  std::weak_ptr<Runner> runner_;
  std::weak_ptr<Job> job_;
};

} // namespace

bool process_runner::impl::job::spawn(std::string& problem) {
  const auto path = owner.path();
  if (path.empty()) {
    problem = "the program \"" + owner.program_name + "\" was not found";
    return false;
  }
  pipe_ends to_in(pipe_ends::open()), from_out(pipe_ends::open()), from_err(pipe_ends::open());
  fd_holder null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (!to_in.ok() || !from_out.ok() || !from_err.ok() || null.get() < 0) {
    problem = "no file descriptor left for the docker program";
    return false;
  }
  auto args = owner.common;
  args.insert(args.end(), request.args.begin(), request.args.end());
  std::error_code error;
  const int stdin_fd = request.input.empty() ? null.get() : to_in.read.get();
  bp::child child(
      bp::exe = path, bp::args = args, owner.environment,
      bp::posix::fd.bind(STDIN_FILENO, stdin_fd),
      bp::posix::fd.bind(STDOUT_FILENO, from_out.write.get()),
      bp::posix::fd.bind(STDERR_FILENO, from_err.write.get()),
      bp::extend::on_exec_setup = [](auto&) { prepare_child(); }, error);
  if (error) {
    problem = path + " could not be started: " + error.message();
    return false;
  }
  pid = child.id();
  child.detach(); // waited for here, by its pid
  out.assign(from_out.read.release());
  err.assign(from_err.read.release());
  if (!request.input.empty()) in.assign(to_in.write.release());
  const int pidfd = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0U));
  if (pidfd < 0) {
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    exited = true;
    problem = "this kernel has no pidfd_open";
    return false;
  }
  exit.assign(pidfd);
  return true;
}

void process_runner::impl::job::start() {
  if (!done) return owner.gone(shared_from_this());
  std::string problem;
  if (!spawn(problem)) {
    over = true;
    answer(fail(engine_error{engine_errc::unreachable, std::move(problem)}));
    return owner.gone(shared_from_this());
  }
  out_open = err_open = true;
  read_out();
  read_err();
  await_exit();
  moved();
  if (!request.input.empty()) write_input();
}

void process_runner::impl::job::await_deadline() {
  if (!request.deadline) return;
  deadline.expires_at(*request.deadline);
  deadline.async_wait([self = shared_from_this()](error_code ec) {
    if (!ec)
      self->end(engine_error{engine_errc::timeout, "the docker program did not end in time"});
  });
}

void process_runner::impl::job::moved() {
  if (request.stall.count() == 0) return;
  stall.expires_after(request.stall);
  stall.async_wait([self = shared_from_this()](error_code ec) {
    if (!ec)
      self->end(engine_error{engine_errc::timeout, "the docker program made no progress for " +
                                                       std::to_string(self->request.stall.count()) +
                                                       " ms"});
  });
}

void process_runner::impl::job::pause(bool on) {
  paused = on;
  if (on) return;
  if (std::exchange(out_waits, false)) read_out();
  if (std::exchange(err_waits, false)) read_err();
}

void process_runner::impl::job::read_out() {
  if (paused) {
    out_waits = true;
    return;
  }
  out.async_read_some(asio::buffer(out_buffer),
                      [self = shared_from_this()](error_code ec, std::size_t n) {
                        if (ec) {
                          self->out_open = false;
                          return self->check_done();
                        }
                        self->moved();
                        const std::string_view bytes(self->out_buffer.data(), n);
                        if (self->request.on_output) {
                          if (self->done) self->request.on_output(bytes);
                        } else if (self->result.out.size() + n > self->request.max_output) {
                          self->end(failed("the docker program wrote more than " +
                                           std::to_string(self->request.max_output) + " bytes"));
                        } else {
                          self->result.out.append(bytes);
                        }
                        self->read_out();
                      });
}

void process_runner::impl::job::read_err() {
  if (paused) {
    err_waits = true;
    return;
  }
  err.async_read_some(asio::buffer(err_buffer),
                      [self = shared_from_this()](error_code ec, std::size_t n) {
                        if (ec) {
                          self->err_open = false;
                          return self->check_done();
                        }
                        const std::string_view bytes(self->err_buffer.data(), n);
                        if (self->request.on_error_output) {
                          if (self->done) self->request.on_error_output(bytes);
                        } else {
                          const auto room = max_stderr - self->result.err.size();
                          self->result.err.append(bytes.substr(0, room));
                        }
                        self->read_err();
                      });
}

void process_runner::impl::job::write_input() {
  asio::async_write(in, asio::buffer(request.input),
                    [self = shared_from_this()](error_code, std::size_t) {
                      error_code ignored; // a program that did not read to the end says why itself
                      self->in.close(ignored);
                    });
}

void process_runner::impl::job::await_exit() {
  exit.async_wait(stream::wait_read, [self = shared_from_this()](error_code ec) {
    if (ec) return;
    int status = 0;
    const auto waited = ::waitpid(self->pid, &status, WNOHANG);
    if (waited == 0) return self->await_exit();
    self->exited = true;
    self->result.exit_code = waited < 0            ? 255
                             : WIFSIGNALED(status) ? 128 + WTERMSIG(status)
                                                   : WEXITSTATUS(status);
    self->await_drain();
    self->check_done();
  });
}

void process_runner::impl::job::await_drain() {
  drain.expires_after(drain_time);
  drain.async_wait([self = shared_from_this()](error_code late) {
    if (late) return;
    if (self->paused) return self->await_drain(); // what is there is still to be read
    self->out_open = self->err_open = false;
    self->check_done();
  });
}

void process_runner::impl::job::check_done() {
  if (exited && !out_open && !err_open) end(std::nullopt);
}

void process_runner::impl::job::end(std::optional<engine_error> verdict) {
  const auto self = shared_from_this();
  deadline.cancel();
  stall.cancel();
  if (verdict) {
    answer(fail(*std::move(verdict)));
    if (pid < 0) {
      over = true; // it had not begun
    } else if (!exited) {
      ::kill(pid, SIGKILL); // not reaped yet, so the pid is still this process
      return;               // await_exit reaps it
    }
  }
  if (pid >= 0 && !exited) return;
  if (std::exchange(over, true) && pid >= 0) return;
  drain.cancel();
  error_code ignored;
  for (auto* each : {&in, &out, &err, &exit})
    each->close(ignored);
  answer(std::move(result));
  owner.gone(self);
}

// --- the runner
// ---------------------------------------------------------------------------------------

void process_runner::impl::submit(std::shared_ptr<job> work) {
  if (closing)
    return work->answer(
        fail(engine_error{engine_errc::unreachable, "the engine's client was closed"}));
  if (work->request.on_output) {
    running.insert(work);
    work->await_deadline();
    return work->start();
  }
  if (waiting.size() >= most_waiting)
    return work->answer(fail(failed("too many calls wait for the docker program")));
  work->await_deadline(); // waiting counts
  waiting.push_back(std::move(work));
  next();
}

void process_runner::impl::next() {
  while (!waiting.empty() && counted < most_at_once) {
    auto work = std::move(waiting.front());
    waiting.pop_front();
    if (!work->done) continue; // its deadline passed while it waited
    work->takes_place = true;
    ++counted;
    running.insert(work);
    work->start();
  }
}

void process_runner::impl::gone(const std::shared_ptr<job>& work) {
  if (running.erase(work) == 0) return;
  work->deadline.cancel();
  work->stall.cancel();
  if (work->takes_place) --counted;
  // Not from within start(), which next() may be in the middle of.
  if (!waiting.empty()) asio::post(io, [this] { next(); });
}

void process_runner::impl::shut() {
  closing = true;
  const engine_error reason{engine_errc::unreachable, "the engine's client was closed"};
  for (const auto& work : std::exchange(waiting, {}))
    work->end(reason);
  for (const auto& work : std::set(running))
    work->end(reason);
  guard.reset();
}

process_runner::process_runner(std::string program, std::vector<std::string> common,
                               std::vector<std::string> hidden)
    : impl_(std::make_shared<impl>(std::move(program), std::move(common), hidden)) {
  // The thread gets no signal, SIGPIPE of a child that stopped reading included.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  impl_->thread = std::thread([state = impl_] {
    state->io.run();
    state->finished.set_value();
  });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

process_runner::~process_runner() {
  asio::post(impl_->io, [state = impl_.get()] { state->shut(); });
  if (impl_->thread.get_id() == std::this_thread::get_id()) {
    impl_->thread.detach(); // destroyed in a callback: the thread ends by itself
    return;
  }
  constexpr std::chrono::seconds patience{3};
  if (impl_->finished.get_future().wait_for(patience) != std::future_status::ready)
    impl_->io.stop(); // a process that even SIGKILL does not end at once
  impl_->thread.join();
}

void process_runner::run(process_request request, process_done fn) {
  auto work = std::make_shared<impl::job>(*impl_, std::move(request), std::move(fn));
  asio::post(impl_->io, [state = impl_.get(), work = std::move(work)] { state->submit(work); });
}

std::shared_ptr<held_process> process_runner::run_held(process_request request, process_done fn) {
  auto work = std::make_shared<impl::job>(*impl_, std::move(request), std::move(fn));
  asio::post(impl_->io, [state = impl_.get(), work] { state->submit(work); });
  return std::make_shared<job_holder<impl, impl::job>>(impl_, work);
}

void process_runner::post(std::function<void()> fn) {
  asio::post(impl_->io, std::move(fn));
}

} // namespace dockhost::docker
