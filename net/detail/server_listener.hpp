// SPDX-License-Identifier: MIT
#pragma once

#include "core/result.hpp"
#include "net/detail/server_core.hpp"
#include "net/detail/server_tls.hpp"

#include <boost/asio/posix/basic_stream_descriptor.hpp>

#include <cstdint>
#include <memory>
#include <string>

namespace dockhost::net::detail {

/// A bound and listening socket that accepts for a server_core.
class server_listener : public std::enable_shared_from_this<server_listener> {
public:
  /// Binds; doesn't accept yet. On any thread. An error is in words for a person.
  [[nodiscard]] static basic_result<std::shared_ptr<server_listener>, std::string>
  open(std::shared_ptr<server_core> core, const listen_options& options);

  server_listener(std::shared_ptr<server_core> core, listen_options options, server_tls tls);
  ~server_listener();
  server_listener(const server_listener&) = delete;
  server_listener& operator=(const server_listener&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] const listen_options& options() const { return options_; }

  // On the io thread.
  void start();
  void stop();
  void use(server_tls tls) { tls_ = std::move(tls); }

private:
  [[nodiscard]] std::string bind();
  void wait();
  void accept_some();
  void take(int fd, const sockaddr_storage& from);
  void pause(int why);

  std::shared_ptr<server_core> core_;
  listen_options options_;
  server_tls tls_;
  int fd_ = -1; // until start()
  std::uint16_t port_ = 0;
  asio::posix::basic_stream_descriptor<io_executor> socket_;
  io_timer pause_;
  bool stopped_ = false;
};

} // namespace dockhost::net::detail
