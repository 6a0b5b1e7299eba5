// SPDX-License-Identifier: MIT
#include "net/detail/errors.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/ssl/error.hpp>

#include <cerrno>
#include <cstring>

namespace dockhost::net::detail {

namespace {

std::string_view verb(operation op) {
  switch (op) {
  case operation::connect: return "connect";
  case operation::read: return "read";
  case operation::write: return "write";
  }
  return "read";
}

net_errc code_of(int number, operation op) {
  if (op != operation::connect) return net_errc::closed;
  switch (number) {
  case ECONNREFUSED:
  case ENOENT: return net_errc::refused;
  case ETIMEDOUT: return net_errc::timeout;
  default: return net_errc::connect;
  }
}

} // namespace

std::string errno_name(int number) {
  const char* name = strerrorname_np(number);
  return name ? name : "errno " + std::to_string(number);
}

net_error hang_up() {
  return {net_errc::closed, "socket hang up"};
}

net_error to_net_error(error_code ec, operation op, std::string_view where) {
  if (ec == asio::error::operation_aborted) return {net_errc::cancelled, "cancelled"};
  // A TLS peer that goes without close_notify: the same to us as a peer that just goes.
  if (ec == asio::error::eof || ec == asio::ssl::error::stream_truncated) return hang_up();
  if (ec.category() == asio::error::get_ssl_category() ||
      ec.category() == asio::ssl::error::get_stream_category())
    return {net_errc::tls, "TLS with " + std::string(where) + ": " + ec.message()};
  if (ec.category() != boost::system::system_category())
    return {op == operation::connect ? net_errc::connect : net_errc::closed, ec.message()};
  std::string text = std::string(verb(op)) + " " + errno_name(ec.value());
  if (op == operation::connect) text.append(" ").append(where);
  return {code_of(ec.value(), op), std::move(text)};
}

} // namespace dockhost::net::detail
