// SPDX-License-Identifier: MIT
#include "docker/log_sink.hpp"

#include <algorithm>
#include <utility>

namespace dockhost::docker {
namespace {

constexpr std::chrono::milliseconds gather_time{1};
constexpr std::size_t full_batch = 64 * 1024;

class sink_log_stream final : public log_stream {
public:
  explicit sink_log_stream(std::shared_ptr<log_sink> sink) : sink_(std::move(sink)) {}
  ~sink_log_stream() override { sink_->detach(); }
  sink_log_stream(const sink_log_stream&) = delete;
  sink_log_stream& operator=(const sink_log_stream&) = delete;
  void consumed(std::size_t bytes) override { sink_->consumed(bytes); }

private:
  std::shared_ptr<log_sink> sink_;
};

} // namespace

log_sink::log_sink(const log_request& request, log_handlers handlers, executor* gather)
    : window_(std::max<std::size_t>(request.window, 1)), handlers_(std::move(handlers)),
      gather_(gather) {}

bool log_sink::feed(log_demux& demux, std::string_view bytes) {
  const std::lock_guard lock(mutex_);
  if (over_) return true;
  if (!gathered_) {
    gathered_ = std::make_shared<log_batch>();
    if (gather_) gathered_->bytes.reserve(full_batch + full_batch / 4);
  }
  const bool sound = demux.feed(bytes, *gathered_);
  if (gathered_->bytes.empty()) return sound;
  if (!gather_ || gathered_->bytes.size() >= full_batch) {
    flush();
    return sound;
  }
  if (timer_) return sound;
  const auto now = gather_->now();
  if (now - given_at_ >= gather_time) {
    flush();
    given_at_ = now;
    return sound;
  }
  timer_ = gather_->after(given_at_ + gather_time - now, [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self) return;
    const std::lock_guard timer_lock(self->mutex_);
    self->flush();
    self->given_at_ = self->over_ ? self->given_at_ : self->gather_->now();
  });
  return sound;
}

void log_sink::deliver(shared_log_batch batch) {
  const std::lock_guard lock(mutex_);
  if (!over_) give(std::move(batch));
}

void log_sink::flush() {
  timer_.reset();
  const auto batch = std::exchange(gathered_, nullptr);
  if (!over_ && batch && !batch->bytes.empty()) give(batch);
}

void log_sink::give(shared_log_batch batch) {
  outstanding_ += batch->bytes.size();
  steer();
  if (handlers_.on_data) handlers_.on_data(std::move(batch));
}

void log_sink::steer() {
  const bool stop = stopped_ ? outstanding_ > window_ / 2 : outstanding_ >= window_;
  if (stop == std::exchange(stopped_, stop)) return;
  if (flow_) flow_(stop);
}

void log_sink::end(std::optional<engine_error> why) {
  const std::lock_guard lock(mutex_);
  const auto keep = shared_from_this();
  flush();
  if (std::exchange(over_, true)) return;
  if (handlers_.on_end) handlers_.on_end(std::move(why));
}

bool log_sink::hold(std::shared_ptr<void> upstream, std::function<void(bool)> flow) {
  const std::lock_guard lock(mutex_);
  if (detached_) return false;
  upstream_ = std::move(upstream);
  flow_ = std::move(flow);
  if (stopped_ && flow_) flow_(true);
  return true;
}

std::size_t log_sink::room() const {
  const std::lock_guard lock(mutex_);
  return stopped_ || outstanding_ >= window_ ? 0 : window_ - outstanding_;
}

void log_sink::consumed(std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  outstanding_ -= std::min(bytes, outstanding_);
  if (!over_) steer();
}

void log_sink::detach() {
  std::shared_ptr<void> upstream; // destroyed after the lock: it may wait for its own callbacks
  std::function<void(bool)> flow;
  const std::lock_guard lock(mutex_);
  over_ = true;
  detached_ = true;
  timer_.reset();
  upstream = std::move(upstream_);
  flow = std::exchange(flow_, nullptr);
}

std::unique_ptr<log_stream> make_log_stream(std::shared_ptr<log_sink> sink) {
  return std::make_unique<sink_log_stream>(std::move(sink));
}

} // namespace dockhost::docker
