// SPDX-License-Identifier: MIT
#pragma once

#include "net/http_client.hpp"
#include "net/io_thread.hpp"
#include "tests/net/raw_server.hpp"

#include <gtest/gtest.h>

#include <future>
#include <optional>

namespace dockhost::net::test {

using namespace std::chrono_literals;

inline std::string answer(std::string_view body, std::string_view more = {}) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         std::string(more) + "\r\n" + std::string(body);
}

/// Answers every request on a connection with its own target.
inline void echo_targets(peer& p, int) {
  for (;;) {
    const std::string request = p.read_request();
    if (request.empty()) return;
    const auto from = request.find(' ') + 1;
    p.send(answer(request.substr(from, request.find(' ', from) - from)));
  }
}

inline http_request get(std::string target = "/") {
  http_request r;
  r.target = std::move(target);
  return r;
}

inline http_request post(std::string body) {
  http_request r;
  r.method = "POST";
  r.body = std::move(body);
  return r;
}

/// Sends and waits for the answer.
inline net_result<http_response> ask(http_client& client, http_request request,
                                     std::chrono::milliseconds timeout = 10s) {
  auto got = std::make_shared<std::promise<net_result<http_response>>>();
  auto answer = got->get_future();
  client.send(std::move(request), timeout,
              [got](net_result<http_response> r) { got->set_value(std::move(r)); });
  if (answer.wait_for(20s) != std::future_status::ready)
    return fail(net_error{net_errc::protocol, "the callback never came"});
  return answer.get();
}

/// Runs on the io thread and waits for it.
inline void on_io(io_thread& io, const std::function<void()>& fn) {
  std::promise<void> done;
  io.post([&] {
    fn();
    done.set_value();
  });
  done.get_future().wait();
}

/// "ok" or the error, for readable expectations.
template <class T>
std::string text_of(const net_result<T>& r) {
  return r ? "ok" : std::string(to_string(r.err().code)) + ": " + r.err().message;
}

} // namespace dockhost::net::test
