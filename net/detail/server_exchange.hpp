// SPDX-License-Identifier: MIT
// What the application holds of a request: a number in a session that may be over by now.
#pragma once

#include "net/detail/http_session.hpp"

namespace dockhost::net::detail {

class server_exchange final : public http_exchange {
public:
  server_exchange(std::shared_ptr<http_session> session, std::uint64_t number,
                  server_request request)
      : session_(std::move(session)), number_(number), request_(std::move(request)) {}
  ~server_exchange() override { session_->forsaken(number_); }
  server_exchange(const server_exchange&) = delete;
  server_exchange& operator=(const server_exchange&) = delete;

  [[nodiscard]] const server_request& request() const override { return request_; }
  void read_body(std::size_t max, std::function<void(body_outcome, std::string)> done) override {
    session_->read_body(number_, max, std::move(done));
  }
  [[nodiscard]] bool gone() const override { return session_->lost(number_); }
  void on_gone(std::function<void()> fn) override { session_->on_gone(number_, std::move(fn)); }
  bool respond(server_response response) override {
    return session_->respond(number_, std::move(response));
  }
  [[nodiscard]] std::shared_ptr<body_writer> respond_streaming(int status,
                                                               header_list headers) override;
  [[nodiscard]] std::shared_ptr<server_websocket>
  accept_websocket(const websocket_accept& how,
                   std::shared_ptr<websocket_listener> listener) override {
    return session_->accept_websocket(number_, request_, how, std::move(listener));
  }
  void abort() override { session_->abort(number_); }

private:
  std::shared_ptr<http_session> session_;
  std::uint64_t number_;
  server_request request_;
};

} // namespace dockhost::net::detail
