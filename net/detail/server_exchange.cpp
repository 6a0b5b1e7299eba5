// SPDX-License-Identifier: MIT
#include "net/detail/server_exchange.hpp"

namespace dockhost::net {

namespace detail {

namespace {

class stream_writer final : public body_writer {
public:
  stream_writer(std::shared_ptr<http_session> session, std::uint64_t number)
      : session_(std::move(session)), number_(number) {}
  ~stream_writer() override {
    if (!finished_) session_->abort(number_);
  }
  stream_writer(const stream_writer&) = delete;
  stream_writer& operator=(const stream_writer&) = delete;

  bool write(shared_bytes bytes) override { return session_->write(number_, std::move(bytes)); }
  [[nodiscard]] std::size_t bytes_queued() const override { return session_->queued(number_); }
  void on_drained(std::size_t mark, std::function<void()> fn) override {
    session_->on_drained(number_, mark, std::move(fn));
  }
  void finish() override {
    finished_ = true;
    session_->finish_stream(number_);
  }
  void abort() override {
    if (!finished_) session_->abort(number_);
    finished_ = true;
  }

private:
  std::shared_ptr<http_session> session_;
  std::uint64_t number_;
  bool finished_ = false;
};

} // namespace

std::shared_ptr<body_writer> server_exchange::respond_streaming(int status, header_list headers) {
  if (!session_->begin_stream(number_, status, std::move(headers))) return nullptr;
  return std::make_shared<stream_writer>(session_, number_);
}

} // namespace detail

} // namespace dockhost::net
