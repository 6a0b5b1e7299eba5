// SPDX-License-Identifier: MIT
// Asio's types bound to the io context's own executor: the default, any_io_executor, costs an
// indirect call per operation and compiles slower.
#pragma once

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/system/error_code.hpp>

#include <chrono>

namespace dockhost::net::detail {

namespace asio = boost::asio;
using boost::system::error_code;

using io_context = asio::io_context;
using io_executor = io_context::executor_type;
using io_timer =
    asio::basic_waitable_timer<std::chrono::steady_clock,
                               asio::wait_traits<std::chrono::steady_clock>, io_executor>;
/// One type for TCP and unix sockets.
using io_socket = asio::basic_stream_socket<asio::generic::stream_protocol, io_executor>;

} // namespace dockhost::net::detail
