// SPDX-License-Identifier: MIT
#include "net/ssh_probe.hpp"

#include "net/detail/connector.hpp"
#include "net/detail/deadline.hpp"
#include "net/detail/errors.hpp"
#include "net/detail/guard.hpp"

namespace dockhost::net {

namespace {

using detail::error_code;

constexpr std::size_t longest_line = 1024;
constexpr int most_lines = 32;

class probe : public std::enable_shared_from_this<probe> {
public:
  using done_fn = std::function<void(net_result<std::string>)>;

  probe(io_thread::impl& io, endpoint where, std::chrono::milliseconds timeout, done_fn done)
      : io_(io), to_(std::make_shared<detail::remote>(std::move(where))),
        deadline_(detail::deadline_after(timeout)), timer_(io.ctx), done_(std::move(done)) {}

  void start() {
    const auto connecting = std::make_shared<detail::connector>(
        io_, to_, deadline_,
        [self = shared_from_this()](net_result<std::shared_ptr<detail::transport>> outcome) {
          if (!outcome) return self->finish(fail(std::move(outcome).err()));
          self->stream_ = std::move(outcome).value();
          self->listen();
        });
    connecting->start();
  }

private:
  void listen() {
    timer_.expires_at(deadline_);
    timer_.async_wait([self = shared_from_this()](error_code ec) {
      if (!ec)
        self->finish(fail(net_error{net_errc::timeout, "no SSH banner from " + self->to_->name()}));
    });
    read();
  }

  void read() {
    const std::array<boost::asio::mutable_buffer, 1> room{boost::asio::buffer(piece_)};
    stream_->read_some(
        detail::few_buffers<boost::asio::mutable_buffer>(room),
        detail::io_handler([self = shared_from_this()](error_code ec, std::size_t n) {
          if (self->done_) self->got(ec, n);
        }));
  }

  void got(error_code ec, std::size_t n) {
    for (const char c : std::string_view(piece_.data(), n)) {
      if (c != '\n') {
        line_ += c;
        if (line_.size() > longest_line) return refuse();
        continue;
      }
      if (!line_.empty() && line_.back() == '\r') line_.pop_back();
      if (line_.starts_with("SSH-")) return finish(std::move(line_));
      if (++lines_ > most_lines) return refuse();
      line_.clear();
    }
    if (!ec) return read();
    net_error error = detail::to_net_error(ec, detail::operation::read, to_->name());
    if (error.code == net_errc::closed)
      error.message = to_->name() + " closed the connection without an SSH banner";
    finish(fail(std::move(error)));
  }

  void refuse() { finish(fail(net_error{net_errc::protocol, to_->name() + " speaks no SSH"})); }

  void finish(net_result<std::string> outcome) {
    if (!done_) return;
    const auto done = std::move(done_);
    done_ = nullptr;
    timer_.cancel();
    if (stream_) stream_->close();
    detail::guarded(done, std::move(outcome));
  }

  io_thread::impl& io_;
  std::shared_ptr<detail::remote> to_;
  std::chrono::steady_clock::time_point deadline_;
  detail::io_timer timer_;
  done_fn done_;
  std::shared_ptr<detail::transport> stream_;
  std::array<char, 512> piece_{};
  std::string line_;
  int lines_ = 0;
};

} // namespace

void probe_ssh_banner(io_thread& io, endpoint where, std::chrono::milliseconds timeout,
                      std::function<void(net_result<std::string>)> done) {
  auto p = std::make_shared<probe>(io.internals(), std::move(where), timeout, std::move(done));
  detail::run_on(io.internals(), [p = std::move(p)] { p->start(); });
}

} // namespace dockhost::net
