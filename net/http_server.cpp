// SPDX-License-Identifier: MIT
#include "net/http_server.hpp"

#include "net/detail/server_core.hpp"
#include "net/detail/server_listener.hpp"

#include <future>
#include <mutex>
#include <vector>

namespace dockhost::net {

namespace {

/// The io thread never blocks, so this is only met when a callback breaks that rule.
constexpr std::chrono::seconds shutdown_limit{5};

} // namespace

struct http_server::impl {
  impl(io_thread::impl& thread, http_server_limits limits, http_server_handlers handlers)
      : io(thread),
        core(std::make_shared<detail::server_core>(thread, limits, std::move(handlers))) {}

  io_thread::impl& io;
  std::shared_ptr<detail::server_core> core;
  std::mutex mutex; // guards the rest
  std::vector<std::shared_ptr<detail::server_listener>> listeners;
  bool stopped = false;

  /// On the io thread.
  void stop_listening() {
    const std::scoped_lock lock(mutex);
    stopped = true;
    for (const auto& listener : listeners)
      listener->stop();
    listeners.clear();
  }
};

http_server::http_server(io_thread& io, http_server_limits limits, http_server_handlers handlers)
    : impl_(std::make_shared<impl>(io.internals(), limits, std::move(handlers))) {}

http_server::~http_server() {
  const auto drop = [i = impl_] {
    i->stop_listening();
    i->core->drop_all();
  };
  if (impl_->io.exclusive()) {
    drop();
    return;
  }
  const auto down = std::make_shared<std::promise<void>>();
  auto is_down = down->get_future();
  boost::asio::post(impl_->io.ctx, [drop, down] {
    drop();
    down->set_value();
  });
  is_down.wait_for(shutdown_limit);
}

basic_result<std::uint16_t, std::string> http_server::listen(const listen_options& options) {
  auto opened = detail::server_listener::open(impl_->core, options);
  if (!opened) return fail(std::move(opened).err());
  const auto listener = std::move(opened).value();
  {
    const std::scoped_lock lock(impl_->mutex);
    if (impl_->stopped) return fail(std::string("the server has been stopped"));
    impl_->listeners.push_back(listener);
  }
  detail::run_on(impl_->io, [listener] { listener->start(); });
  return listener->port();
}

basic_result<unit, std::string> http_server::reload_tls() {
  const std::scoped_lock lock(impl_->mutex);
  std::vector<std::pair<std::shared_ptr<detail::server_listener>, detail::server_tls>> fresh;
  for (const auto& listener : impl_->listeners) {
    if (!listener->options().tls) continue;
    auto made = detail::make_server_tls(*listener->options().tls);
    if (!made) return fail(std::move(made).err());
    fresh.emplace_back(listener, std::move(made).value());
  }
  detail::run_on(impl_->io, [f = std::move(fresh)] {
    for (const auto& [listener, tls] : f)
      listener->use(tls);
  });
  return unit{};
}

void http_server::stop(std::function<void()> done) {
  detail::run_on(impl_->io, [i = impl_, d = std::move(done)]() mutable {
    i->stop_listening();
    i->core->stop(std::move(d));
  });
}

http_server_stats http_server::stats() const {
  const detail::server_counters& c = impl_->core->counters;
  http_server_stats out;
  out.connections = c.connections;
  out.websockets = c.websockets;
  out.bytes_queued = c.queued;
  out.bytes_input = c.input;
  out.accepted = c.accepted;
  out.refused = c.refused;
  out.requests = c.requests;
  return out;
}

} // namespace dockhost::net
