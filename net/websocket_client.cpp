// SPDX-License-Identifier: MIT
#include "net/websocket_client.hpp"

#include "net/detail/client_socket.hpp"

namespace dockhost::net {

websocket_client::websocket_client(io_thread& io, endpoint where, websocket_options options,
                                   websocket_handlers handlers)
    : impl_(std::make_shared<impl>(io.internals(), std::move(where), std::move(options),
                                   std::move(handlers))) {
  detail::run_on(impl_->io, [i = impl_] { i->start(); });
}

websocket_client::~websocket_client() {
  impl_->refuse();
  detail::run_on(impl_->io, [i = impl_] { i->drop(); });
}

bool websocket_client::send_text(std::string message) {
  return impl_->take(std::move(message), false);
}

bool websocket_client::send_binary(std::string message) {
  return impl_->take(std::move(message), true);
}

void websocket_client::close() {
  impl_->refuse();
  detail::run_on(impl_->io, [i = impl_] { i->close(); });
}

} // namespace dockhost::net
