// SPDX-License-Identifier: MIT
#include "net/http_client.hpp"

#include "net/detail/guard.hpp"
#include "net/detail/response_stream.hpp"
#include "net/detail/unary_pool.hpp"

#include <future>

namespace dockhost::net {

namespace {

/// The io thread never blocks, so this is only met when a callback breaks that rule.
constexpr std::chrono::seconds shutdown_limit{5};

class stream_handle final : public http_stream {
public:
  explicit stream_handle(std::shared_ptr<detail::response_stream> stream)
      : stream_(std::move(stream)) {}
  ~stream_handle() override { on_io(&detail::response_stream::drop); }
  stream_handle(const stream_handle&) = delete;
  stream_handle& operator=(const stream_handle&) = delete;

  void pause() override { on_io(&detail::response_stream::pause); }
  void resume() override { on_io(&detail::response_stream::resume); }

private:
  void on_io(void (detail::response_stream::*what)()) {
    detail::run_on(stream_->io(), [s = stream_, what] { (*s.*what)(); });
  }

  std::shared_ptr<detail::response_stream> stream_;
};

} // namespace

struct http_client::impl {
  io_thread::impl& io;
  std::shared_ptr<detail::remote> to;
  http_client_options options;
  std::shared_ptr<detail::unary_pool> pool;
};

std::string_view http_response::header(std::string_view name) const {
  for (const auto& [n, value] : headers)
    if (detail::same_header(n, name)) return value;
  return {};
}

http_client::http_client(io_thread& io, endpoint where, http_client_options options) {
  auto to = std::make_shared<detail::remote>(std::move(where));
  auto pool = std::make_shared<detail::unary_pool>(io.internals(), to, options);
  impl_ = std::make_shared<impl>(impl{io.internals(), std::move(to), options, std::move(pool)});
}

http_client::~http_client() {
  const auto pool = impl_->pool;
  if (impl_->io.exclusive()) {
    pool->shutdown();
    return;
  }
  const auto down = std::make_shared<std::promise<void>>();
  auto is_down = down->get_future();
  boost::asio::post(impl_->io.ctx, [pool, down] {
    pool->shutdown();
    down->set_value();
  });
  is_down.wait_for(shutdown_limit);
}

void http_client::send(http_request request, std::chrono::milliseconds timeout,
                       std::function<void(net_result<http_response>)> done) {
  auto text = detail::make_request_text(std::move(request), impl_->to->host_header());
  if (!text) {
    boost::asio::post(impl_->io.ctx, [d = std::move(done), e = std::move(text).err()]() mutable {
      detail::guarded(d, net_result<http_response>(fail(std::move(e))));
    });
    return;
  }
  auto call = std::make_shared<detail::unary_call>(impl_->io, std::move(text).value(), timeout,
                                                   std::move(done));
  detail::run_on(impl_->io, [pool = impl_->pool, c = std::move(call)]() mutable {
    pool->submit(std::move(c));
  });
}

std::unique_ptr<http_stream> http_client::open(http_request request,
                                               http_stream_handlers handlers) {
  auto stream =
      std::make_shared<detail::response_stream>(impl_->io, impl_->to, std::move(handlers));
  auto text = detail::make_request_text(std::move(request), impl_->to->host_header());
  detail::run_on(impl_->io,
                 [stream, t = std::move(text), timeout = impl_->options.connect_timeout]() mutable {
                   stream->start(std::move(t), timeout);
                 });
  return std::make_unique<stream_handle>(std::move(stream));
}

} // namespace dockhost::net
